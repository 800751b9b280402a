package dev.millrace.protocol.error;

/**
 * Which edition of A2A's table of errors holds: v1.0.1 (26 May 2026) gave six of nine errors another gRPC or HTTP status
 * than v1.0.0, and peers and test kits of either edition are about.
 */
public enum ErrorTable {
    /** The current one, and the default. */
    V1_0_1,
    /** The first one, which the conformance kit still checks. */
    V1_0_0
}
