package dev.millrace.server.cli;

import dev.millrace.server.Millrace;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a server when the process is told to. The first SIGTERM or SIGINT drains it, and the process ends with the status
 * that Java gives that signal (143, 130); a second one ends the process at once.
 */
final class Stop {
    /** Their numbers on Linux and macOS (POSIX fixes these two). */
    private static final int[] SIGNALS = {2, 15};

    private final Millrace server;
    private final CountDownLatch stopped = new CountDownLatch(1);

    Stop(Millrace server) {
        this.server = server;
    }

    /** From here on, signals stop the server. */
    void listen() {
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("millrace-stop").unstarted(this::stop));
    }

    /** Waits until the server has stopped. */
    void await() throws InterruptedException {
        stopped.await();
    }

    private void stop() {
        Logger log = LoggerFactory.getLogger(Stop.class);
        letTheNextSignalKill(log);
        log.info("stopping; a second signal ends the process at once");
        server.close();
        log.info("stopped");
        stopped.countDown();
    }

    /**
     * Java ignores further signals while it shuts down, and has no public way to hear of them; so the operating system's
     * own answer to them is put back: {@code signal(number, SIG_DFL)}.
     */
    @SuppressWarnings("restricted")
    private static void letTheNextSignalKill(Logger log) {
        try {
            Linker linker = Linker.nativeLinker();
            var signal = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("signal"),
                    FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
            for (int number : SIGNALS) {
                var before = (MemorySegment) signal.invokeExact(number, MemorySegment.NULL);
                log.trace("signal {}: {}", number, before);
            }
        } catch (Throwable e) {
            log.debug("a second signal will not be heard", e);
        }
    }
}
