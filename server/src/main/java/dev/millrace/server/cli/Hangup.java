package dev.millrace.server.cli;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SIGHUP, by which an operator asks a server to read its configuration again ({@code systemctl reload}, {@code kill -HUP}).
 * Java's own answer to it would be to end the process.
 */
final class Hangup {
    private static final Logger LOG = LoggerFactory.getLogger(Hangup.class);

    private Hangup() {}

    /**
     * From here on, a SIGHUP runs this, on a thread of the JVM's own for signals. Where there is no such signal (Windows,
     * or a JVM that leaves signals alone), nothing is heard.
     */
    static void heard(Runnable action) {
        try {
            // Java has no public way to hear a signal. This one is old, supported (module jdk.unsupported) and used by
            // many, but a compiler that takes warnings for errors does not let its name pass.
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            MethodHandle run = MethodHandles.lookup()
                    .findVirtual(Runnable.class, "run", MethodType.methodType(void.class))
                    .bindTo(action);
            Object hears =
                    MethodHandleProxies.asInterfaceInstance(handler, MethodHandles.dropArguments(run, 0, signal));
            Object hangup = lookup.findConstructor(signal, MethodType.methodType(void.class, String.class))
                    .invoke("HUP");
            Object before = lookup.findStatic(signal, "handle", MethodType.methodType(handler, signal, handler))
                    .invoke(hangup, hears);
            LOG.trace("SIGHUP was {}", before);
        } catch (Throwable e) {
            LOG.debug("a SIGHUP will not be heard", e);
        }
    }
}
