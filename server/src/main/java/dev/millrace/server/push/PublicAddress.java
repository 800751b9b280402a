package dev.millrace.server.push;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;

/**
 * Which addresses are anybody's on the internet. Everything else (this machine, private networks, what is reserved, what
 * wraps an IPv4 address) is not to be reached by a URL of a client's making (IANA's special-purpose registries, RFC 6890).
 */
final class PublicAddress {
    /** Each as the first address and the length of the prefix. */
    private static final int[][] SPECIAL_V4 = {
        {0x00000000, 8}, // this network
        {0x0A000000, 8}, // private
        {0x64400000, 10}, // shared, between carriers and their customers
        {0x7F000000, 8}, // loopback
        {0xA9FE0000, 16}, // link-local, where clouds keep their secrets
        {0xAC100000, 12}, // private
        {0xC0000000, 24}, // protocol assignments
        {0xC0000200, 24}, // documentation
        {0xC0586300, 24}, // 6to4 relays
        {0xC0A80000, 16}, // private
        {0xC6120000, 15}, // benchmarks
        {0xC6336400, 24}, // documentation
        {0xCB007100, 24}, // documentation
        {0xE0000000, 4}, // multicast
        {0xF0000000, 4}, // reserved, and broadcast
    };

    private PublicAddress() {}

    static boolean is(InetAddress address) {
        return switch (address) {
            case Inet4Address four -> isV4(four.getAddress());
            case Inet6Address six -> isV6(six.getAddress());
            default -> false;
        };
    }

    private static boolean isV4(byte[] bytes) {
        int address = (bytes[0] & 255) << 24 | (bytes[1] & 255) << 16 | (bytes[2] & 255) << 8 | (bytes[3] & 255);
        for (int[] special : SPECIAL_V4) {
            if ((address ^ special[0]) >>> (32 - special[1]) == 0) {
                return false;
            }
        }
        return true;
    }

    /** Global unicast is 2000::/3 (RFC 4291, 2.4); that leaves out loopback, mapped, NAT64, unique-local, link-local. */
    private static boolean isV6(byte[] bytes) {
        int first = (bytes[0] & 255) << 8 | (bytes[1] & 255);
        int second = (bytes[2] & 255) << 8 | (bytes[3] & 255);
        if (first >>> 13 != 1) {
            return false;
        }
        boolean assignments = first == 0x2001 && second < 0x0200; // Teredo, ORCHID and others
        boolean documentation = (first == 0x2001 && second == 0x0DB8) || (first == 0x3FFF && second < 0x1000);
        boolean sixToFour = first == 0x2002; // wraps any IPv4 address
        return !assignments && !documentation && !sixToFour;
    }
}
