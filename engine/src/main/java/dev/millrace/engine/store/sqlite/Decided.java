package dev.millrace.engine.store.sqlite;

import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.Write;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member of a group that was decided. A refusal, too, is told after the commit: it may rest on what another member
 * of the group wrote.
 */
sealed interface Decided {
    String contextId();

    /** There is something for the disk. */
    boolean writes();

    /** Called when the group was committed, and may still have to be synced. */
    void written();

    /** Called when it is as durable as it has to be. */
    void tell();

    /** Called instead if that is not known, and never will be. */
    void lost(StoreFailure cause);

    /** Called when the group was undone. */
    void undone();

    /** The statements were run. */
    record Written<R>(String contextId, CompletableFuture<R> future, Write<R> write) implements Decided {
        private static final Logger LOG = LoggerFactory.getLogger(Written.class);

        @Override
        public boolean writes() {
            return !write.isEmpty();
        }

        @Override
        public void written() {
            carefully(write.written());
        }

        @Override
        public void tell() {
            carefully(write.committed());
            future.complete(write.result());
        }

        @Override
        public void lost(StoreFailure cause) {
            future.completeExceptionally(cause);
        }

        @Override
        public void undone() {
            carefully(write.aborted());
        }

        /** Who writes and who syncs goes on, whatever those whom they call do. */
        private static void carefully(Runnable call) {
            try {
                call.run();
            } catch (RuntimeException | Error e) {
                LOG.error("what follows a commit or an undo failed; the store goes on", e);
            }
        }
    }

    /** The decision was to throw. */
    record Declined(String contextId, CompletableFuture<?> future, Throwable reason) implements Decided {
        @Override
        public boolean writes() {
            return false;
        }

        @Override
        public void written() {}

        @Override
        public void tell() {
            future.completeExceptionally(reason);
        }

        @Override
        public void lost(StoreFailure cause) {
            future.completeExceptionally(cause);
        }

        @Override
        public void undone() {}
    }
}
