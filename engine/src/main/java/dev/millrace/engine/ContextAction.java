package dev.millrace.engine;

/** What can happen to a conversation. Where it may happen, and what may come of it, is {@link ContextTable}. */
public enum ContextAction {
    /** The first message makes it. */
    CREATE,
    /** A message is sent, to be worked on in its turn. */
    SEND,
    /** A message is sent, and what is under way is stopped for what waits. */
    SEND_INTERRUPTING,
    /** A message answers the question that its agent asked. */
    ANSWER,
    /** A message that was worked on is replaced; it and all after it are no longer part of the conversation. */
    EDIT,
    /** A message that waits is replaced where it stands. */
    EDIT_QUEUED,
    /** A message that waits is taken back. */
    DELETE_QUEUED,
    /** A message that waits becomes the next one, at once. */
    PROMOTE,
    /** The messages that wait are put in another order. */
    REORDER,
    /** What is under way is stopped; what was made of it stays. */
    INTERRUPT,
    /** The last message, whose task did not succeed, is worked on once more. */
    RETRY,
    /** What was said so far is not told to the agent any more. */
    CLEAR,
    /** It is put away. */
    ARCHIVE,
    /** It is taken out again. */
    UNARCHIVE,
    /** A new conversation is made of what was said in it. */
    FORK,
    /** Its title, labels, pin or read mark change. */
    ARRANGE,
    /** It goes, with all that was said. */
    DELETE
}
