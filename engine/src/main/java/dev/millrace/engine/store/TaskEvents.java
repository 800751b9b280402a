package dev.millrace.engine.store;

import dev.millrace.core.Journal;
import dev.millrace.engine.Event;
import java.util.List;

/** A task and those of its events that are part of the conversation, in order. */
public record TaskEvents(TaskRecord task, List<Journal.Entry<Event>> events) {}
