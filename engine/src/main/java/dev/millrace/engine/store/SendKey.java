package dev.millrace.engine.store;

import dev.millrace.engine.Sent;
import org.jspecify.annotations.Nullable;

/**
 * Remembers a send within its context, so that the same one gets the first one's answer again.
 *
 * @param print what the key stands for; null = not compared
 */
public record SendKey(String key, @Nullable String print, Sent answer) {}
