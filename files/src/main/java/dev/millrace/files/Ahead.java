package dev.millrace.files;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The blocks that were asked for and that the reader has not taken whole, in their order, and how far the reader is.
 * Guarded by the lock of the {@link PrefetchReader} that it belongs to.
 */
final class Ahead {
    private final ArrayDeque<Filling> fillings = new ArrayDeque<>();
    private long delivered;
    private int taken;

    void add(Filling last) {
        fillings.addLast(last);
    }

    /** What the reader takes from; null if nothing was asked for. */
    @Nullable Filling first() {
        return fillings.peekFirst();
    }

    /** The first block was delivered whole. */
    Filling removeFirst() {
        Filling first = fillings.removeFirst();
        delivered += first.block.length();
        taken = 0;
        return first;
    }

    /** How much of the first block the reader has taken, in bytes. */
    int taken() {
        return taken;
    }

    void taken(int bytes) {
        taken = bytes;
    }

    /** Bytes of the blocks that were delivered whole. */
    long delivered() {
        return delivered;
    }

    /** Bytes that the reader has taken in all. */
    long read() {
        return delivered + taken;
    }

    boolean isEmpty() {
        return fillings.isEmpty();
    }

    int size() {
        return fillings.size();
    }

    /** Bytes that the reader has not taken. */
    long bytes() {
        long bytes = -taken;
        for (Filling filling : fillings) {
            bytes += filling.block.length();
        }
        return bytes;
    }

    /** Bytes that are still on their way. */
    long missing() {
        long missing = 0;
        for (Filling filling : fillings) {
            missing += filling.missing();
        }
        return missing;
    }

    /** Bytes of blocks of which something is on its way, all of it. */
    long asked() {
        long asked = 0;
        for (Filling filling : fillings) {
            asked += filling.isSettled() ? 0 : filling.block.length();
        }
        return asked;
    }

    /** Blocks that a run is to bring. */
    int byRun() {
        int byRun = 0;
        for (Filling filling : fillings) {
            byRun += filling.turn != null && !filling.isSettled() ? 1 : 0;
        }
        return byRun;
    }

    /** The room of all blocks whose fetch has not begun, which then never does. */
    List<ByteBudget.Reservation> takeRooms() {
        List<ByteBudget.Reservation> rooms = new ArrayList<>();
        for (Filling filling : fillings) {
            ByteBudget.Reservation room = filling.takeRoom();
            if (room != null) {
                rooms.add(room);
            }
        }
        return rooms;
    }
}
