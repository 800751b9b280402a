package dev.millrace.engine.store.postgres;

import dev.millrace.engine.store.Write;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A submit that was decided. A refusal, too, is told only when the group it was decided in was committed: it may rest on
 * what another member wrote, or on a view that turns out to be old.
 */
sealed interface Decided {
    /** Called when the group was committed. */
    void tell();

    /** Called when the group was undone, or this context lost. */
    void undone();

    /** Something is to be written. */
    boolean writes();

    /** The decision was to write, or to do nothing. */
    record Written<R>(Submitted<R> submitted, Write<R> write) implements Decided {
        @Override
        public void tell() {
            carefully(write.written());
            carefully(write.committed());
            submitted.future().complete(write.result());
        }

        @Override
        public void undone() {
            carefully(write.aborted());
        }

        @Override
        public boolean writes() {
            return !write.isEmpty();
        }
    }

    /** The decision was to throw. */
    record Declined(Submitted<?> submitted, Throwable reason) implements Decided {
        @Override
        public void tell() {
            submitted.future().completeExceptionally(reason);
        }

        @Override
        public void undone() {}

        @Override
        public boolean writes() {
            return false;
        }
    }

    /** The writer goes on, whatever those whom it calls do. */
    private static void carefully(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException | Error e) {
            Logger log = LoggerFactory.getLogger(Decided.class);
            log.error("what follows a commit or an undo failed; the writer goes on", e);
        }
    }
}
