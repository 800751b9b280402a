package dev.millrace.bench.simulate;

import dev.millrace.core.Cursor;
import dev.millrace.core.Doorbell;
import dev.millrace.core.Journal;
import dev.millrace.engine.Event;
import dev.millrace.engine.store.StoreFailure;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One reader of one context: it comes, goes, and comes back anywhere, from where it was. */
final class Follower {
    private final World world;
    private final Scheduler scheduler;
    private final Sight sight;
    private final Doorbell bell;
    private @Nullable Connection connection;

    Follower(World world, Sight sight) {
        this.world = world;
        this.scheduler = world.scheduler();
        this.sight = sight;
        bell = new Doorbell(world.users());
    }

    Sight sight() {
        return sight;
    }

    private final class Connection {
        final Server server;
        final int patience =
                scheduler.once(3) ? Integer.MAX_VALUE : 1 + scheduler.random().nextInt(30);
        final int batch = 1 + scheduler.random().nextInt(scheduler.once(2) ? 3 : 32);
        final boolean slow = scheduler.once(4);
        int seen;
        boolean open = true;

        @Nullable Cursor<Event> cursor;

        Connection(Server server) {
            this.server = server;
        }

        /** On the server. */
        void stream() {
            long from = sight.position();
            try (Cursor<Event> reading = server.engine().read(sight.contextId(), from)) {
                cursor = reading;
                while (open) {
                    List<Journal.Entry<Event>> entries = reading.take(batch);
                    if (open) {
                        sight.see(entries);
                        seen += entries.size();
                        if (seen >= patience || entries.isEmpty() || reading.ended()) {
                            hangUp();
                        }
                        bell.ring();
                    }
                    if (slow) {
                        server.host().parkNanos(this, scheduler.random().nextLong(50_000_000));
                    }
                }
            } catch (StoreFailure e) {
                hangUp();
                bell.ring();
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts a stream", e);
            }
        }

        void hangUp() {
            open = false;
        }

        /** The reader goes; the server learns of it. */
        void leave() {
            open = false;
            if (cursor != null) {
                cursor.close();
            }
        }

        /** A reader hears the heartbeats of its server, or does not. */
        boolean alive() {
            return open && server.up() && !server.lane().frozen();
        }
    }

    /** Returns when it has seen the end of its context after everything has come to rest. */
    void read(BooleanSupplier atRest) {
        while (!(atRest.getAsBoolean() && sight.complete())) {
            Server server = world.anyUp();
            if (server == null) {
                world.sleep(Duration.ofMillis(300));
                continue;
            }
            var current = new Connection(server);
            connection = current;
            scheduler.note(
                    sight.name(), "reads " + sight.contextId() + " from " + sight.position() + " at " + server.name());
            server.lane().start("stream", current::stream);
            hold(current, atRest);
            current.leave();
            connection = null;
            if (scheduler.once(3)) {
                world.sleep(Duration.ofMillis(scheduler.random().nextInt(1500)));
            }
        }
    }

    private void hold(Connection current, BooleanSupplier atRest) {
        while (current.alive() && !(atRest.getAsBoolean() && sight.complete())) {
            try {
                boolean rung = bell.await(Duration.ofSeconds(2));
                if (!rung && scheduler.once(8) && !atRest.getAsBoolean()) {
                    return; // had enough of it
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts a reader", e);
            }
        }
    }

    /** Its server has lost what was not synced, and itself: it begins again before that. */
    void wentBack(long last) {
        if (connection != null) {
            connection.hangUp();
        }
        sight.wentBack(last);
    }
}
