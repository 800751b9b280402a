package dev.millrace.protocol.operation;

import org.jspecify.annotations.Nullable;

/** Asks for the card that an authenticated client may see. */
public record GetExtendedAgentCardRequest(@Nullable String tenant) {}
