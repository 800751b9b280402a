/**
 * The chat API: contexts and their messages as plain JSON under {@code /api/v1}, and each chat's journal as a stream of
 * Server-Sent Events or WebSocket messages. It translates and decides nothing: the engine does what is asked, the edge
 * carries it. {@code docs/api/chat.md} is its page for callers.
 */
@NullMarked
package dev.millrace.server.chat;

import org.jspecify.annotations.NullMarked;
