package dev.millrace.server.http;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.Objects;

/** Addresses that begin with the same bits: one, or a network of IPv4 or IPv6. */
final class Network {
    private final byte[] address;
    private final int bits;

    private Network(byte[] address, int bits) {
        this.address = address;
        this.bits = bits;
    }

    /**
     * @param text {@code 10.1.2.3}, {@code 10.0.0.0/8}, {@code fd00::/8}
     * @throws IllegalArgumentException if it is nothing like that
     */
    static Network parse(String text) {
        int slash = text.indexOf('/');
        try {
            byte[] address = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash))
                    .getAddress();
            int all = 8 * address.length;
            int bits = slash < 0 ? all : Integer.parseInt(text.substring(slash + 1));
            if (bits >= 0 && bits <= all) {
                return new Network(address, bits);
            }
        } catch (IllegalArgumentException e) {
            // told below
        }
        throw new IllegalArgumentException(
                "\"" + text + "\" is neither an address nor a network such as 10.0.0.0/8 or fd00::/8");
    }

    boolean holds(InetAddress other) {
        byte[] theirs = other.getAddress();
        if (theirs.length != address.length) {
            return false;
        }
        int whole = bits / 8;
        int rest = bits % 8;
        return Arrays.equals(theirs, 0, whole, address, 0, whole)
                && (rest == 0 || ((theirs[whole] ^ address[whole]) & 0xff) >>> (8 - rest) == 0);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Network that && bits == that.bits && Arrays.equals(address, that.address);
    }

    @Override
    public int hashCode() {
        return Objects.hash(bits, Arrays.hashCode(address));
    }

    @Override
    public String toString() {
        return Arrays.toString(address) + "/" + bits;
    }
}
