package dev.millrace.server.auth;

/** What the name of an owner may be, whoever gives it. */
final class Owners {
    /** Owners are keys in the store, and stand there with every context. */
    static final int LONGEST = 200;

    private Owners() {}
}
