package dev.millrace.protocol.rpc;

import java.util.Arrays;

/** Puts an object's last value in its place, without parsing it. */
final class Envelope {
    static final byte[] END = {'}'};

    private Envelope() {}

    static byte[] around(byte[] head, byte[] value) {
        byte[] whole = Arrays.copyOf(head, head.length + value.length + 1);
        System.arraycopy(value, 0, whole, head.length, value.length);
        whole[whole.length - 1] = '}';
        return whole;
    }
}
