package dev.millrace.server.a2a;

import dev.millrace.protocol.StreamResponse;

/**
 * What a stream begins with where that is no event of the journal: the task as it is, or the message that is the whole
 * answer.
 *
 * @param offset what the event stands for: everything up to here is in it
 */
record Opening(StreamResponse event, long offset) {}
