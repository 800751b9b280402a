package dev.millrace.protocol;

/** Who wrote a message. On the wire {@code ROLE_USER} and {@code ROLE_AGENT}. */
public enum Role {
    USER(1),
    AGENT(2);

    private final int number;

    Role(int number) {
        this.number = number;
    }

    /** The value's number in A2A's protocol buffer. */
    public int number() {
        return number;
    }

    /** The name on the wire, such as {@code ROLE_USER}. */
    public String wireName() {
        return "ROLE_" + name();
    }
}
