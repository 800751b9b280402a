package dev.millrace.engine;

import dev.millrace.protocol.TaskState;

/**
 * How many tasks of one owner and one agent stand in one state that is no end; never none.
 *
 * @param state SUBMITTED = they wait for their turn
 */
public record OpenTasks(String owner, String agent, TaskState state, long tasks) {}
