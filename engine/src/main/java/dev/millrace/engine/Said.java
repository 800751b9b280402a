package dev.millrace.engine;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.TaskState;

/**
 * One message of a conversation.
 *
 * @param taskId the task in which it was said
 * @param state that task's state
 * @param offset the event with which it was complete, so far
 */
public record Said(String taskId, TaskState state, long offset, Message message) {}
