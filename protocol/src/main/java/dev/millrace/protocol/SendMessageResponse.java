package dev.millrace.protocol;

/** What sending a message gives: a task, or a message where the agent answered without one. */
public sealed interface SendMessageResponse permits Task, Message {}
