package dev.millrace.bench.simulate;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.Executor;

/**
 * Virtual threads whose every step is handed to an executor of ours.
 *
 * <p>The JDK has this for its own tests alone: a constructor of the virtual threads' builder that takes the scheduler
 * (JDK 25, {@code java.lang.ThreadBuilders.VirtualThreadBuilder}). It is reached by reflection, which needs
 * {@code --add-opens java.base/java.lang=ALL-UNNAMED}; the benchmarks' manifest has it. A thread that is started by such a
 * thread has the same scheduler.
 */
final class VirtualThreads {
    private static final String OPENED = "java.base/java.lang";

    /** If a thread that never ends is held by the JDK for thread dumps, thousands of simulated crashes fill the heap. */
    private static final String TRACK = "jdk.trackAllThreads";

    private VirtualThreads() {}

    /** To be called before the first virtual thread of the process is started; later it does nothing. */
    static void forgetTheDead() {
        System.setProperty(TRACK, "false");
    }

    /** A builder whose threads run on this executor. */
    static Thread.Builder.OfVirtual on(Executor scheduler) {
        try {
            Constructor<?> constructor = Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder")
                    .getDeclaredConstructor(Executor.class);
            constructor.setAccessible(true);
            return (Thread.Builder.OfVirtual) constructor.newInstance(scheduler);
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new IllegalStateException(
                    "this JDK does not let the simulation schedule virtual threads: it needs JDK 25 and --add-opens "
                            + OPENED + "=ALL-UNNAMED",
                    e instanceof InvocationTargetException wrapped ? wrapped.getCause() : e);
        }
    }
}
