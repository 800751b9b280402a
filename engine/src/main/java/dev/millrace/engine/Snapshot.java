package dev.millrace.engine;

import dev.millrace.protocol.Task;

/** A task as it was when the journal stood at {@code offset}: read on after it and nothing is missed or repeated. */
public record Snapshot(Task task, long offset) {}
