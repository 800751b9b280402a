package dev.millrace.engine;

/** What can happen to a task. Which states it may happen in, and what comes of it, is {@link TaskTable}. */
public enum Transition {
    /** A message makes the task. */
    SEND,
    /** The message of a task that nobody has worked on yet is replaced by another. */
    EDIT,
    /** A worker takes the task's lease. */
    ACQUIRE,
    /** The agent emits; the state stays. */
    EMIT,
    /** The agent returned after a question to the user. */
    ASK,
    /** The agent returned after a request for credentials. */
    ASK_AUTH,
    /** A message answers the question. */
    ANSWER,
    /** The agent returned. */
    FINISH,
    /** The agent threw, or was lost too often. */
    FAIL,
    /** The agent refused the task. */
    REJECT,
    /** Somebody cancelled or interrupted the task. */
    CANCEL,
    /** The worker that held the lease is gone, or gives it back. */
    RECOVER
}
