package dev.millrace.bench.simulate;

import dev.millrace.core.Doorbell;
import dev.millrace.engine.store.StoreFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One process's way to the database. It takes time, and can be cut: then a call that is under way may or may not have
 * reached the database, and its caller does not know.
 */
final class Wire {
    /** The connection was lost before the answer came. */
    static final class Cut extends Exception {
        private static final long serialVersionUID = 1L;

        private final boolean sent;

        Cut(boolean sent) {
            super("the connection to the database was lost");
            this.sent = sent;
        }

        /** False if it is certain that nothing was asked. */
        boolean sent() {
            return sent;
        }
    }

    private static final Duration CONNECT = Duration.ofMillis(50);
    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    private final class Call<R> {
        private final Doorbell bell = new Doorbell(host);
        private @Nullable Supplier<R> answer;
        private boolean broken;

        private void arrive(Supplier<R> question) {
            if (broken) {
                return;
            }
            Supplier<R> made = answer(question);
            scheduler.after(latency(), () -> {
                if (!broken) {
                    answer = made;
                    bell.ring();
                }
            });
        }
    }

    private final Scheduler scheduler;
    private final Host host;
    private final long usual;
    private final List<Call<?>> open = new ArrayList<>();
    private boolean cut;
    private long slow;

    /** @param usual how long a way takes at most, in nanoseconds, while nothing is wrong */
    Wire(Scheduler scheduler, Host host, long usual) {
        this.scheduler = scheduler;
        this.host = host;
        this.usual = usual;
    }

    boolean isCut() {
        return cut;
    }

    /** Every call that is under way is lost, and who waits finds out now or later. */
    void cut() {
        cut = true;
        for (Call<?> call : List.copyOf(open)) {
            call.broken = true;
            scheduler.after(scheduler.random().nextLong(TIMEOUT.toNanos()), call.bell::ring);
        }
    }

    void mend() {
        cut = false;
    }

    /** From now on, every way takes this much longer at most. */
    void slowDown(long nanos) {
        slow = nanos;
    }

    private long latency() {
        return scheduler.random().nextLong(usual + 1)
                + (slow == 0 ? 0 : scheduler.random().nextLong(slow));
    }

    private static <R> Supplier<R> answer(Supplier<R> question) {
        try {
            R answer = question.get();
            return () -> answer;
        } catch (StoreFailure refused) {
            return () -> {
                throw new StoreFailure(String.valueOf(refused.getMessage()), refused);
            };
        }
    }

    /**
     * Asks the database.
     *
     * @throws StoreFailure if the database refused
     */
    <R> R ask(Supplier<R> question) throws Cut, InterruptedException {
        if (cut) {
            boolean rung = new Doorbell(host).await(CONNECT);
            assert !rung;
            throw new Cut(false);
        }
        var call = new Call<R>();
        open.add(call);
        scheduler.after(latency(), () -> call.arrive(question));
        try {
            boolean rung = call.bell.await(TIMEOUT);
            if (!rung || call.answer == null) {
                call.broken = true;
                throw new Cut(true);
            }
            return call.answer.get();
        } finally {
            open.remove(call);
        }
    }

    /** The same, for who can't be interrupted; an interrupt is kept for later. */
    <R> R askFirmly(Supplier<R> question) throws Cut {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return ask(question);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
