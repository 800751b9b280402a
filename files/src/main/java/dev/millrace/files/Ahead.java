package dev.millrace.files;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The blocks that were asked for and that the reader has not taken whole, in their order. Guarded by the lock of the
 * {@link PrefetchReader} that it belongs to.
 */
final class Ahead {
    private final ArrayDeque<Filling> fillings = new ArrayDeque<>();

    void add(Filling last) {
        fillings.addLast(last);
    }

    /** What the reader takes from; null if nothing was asked for. */
    @Nullable Filling first() {
        return fillings.peekFirst();
    }

    Filling removeFirst() {
        return fillings.removeFirst();
    }

    boolean isEmpty() {
        return fillings.isEmpty();
    }

    int size() {
        return fillings.size();
    }

    /**
     * Bytes that the reader has not taken.
     *
     * @param taken of the first block
     */
    long bytes(int taken) {
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
