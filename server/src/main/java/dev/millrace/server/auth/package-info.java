/**
 * Who asks, from where, and how often: every request passes {@link dev.millrace.server.auth.FrontGate} before it is run,
 * whatever it speaks, and each protocol learns from {@link dev.millrace.server.auth.Identity} whose it is.
 *
 * <p>Secrets are compared in constant time, kept as hashes where they are kept at all, and never logged or told back.
 */
@NullMarked
package dev.millrace.server.auth;

import org.jspecify.annotations.NullMarked;
