package dev.millrace.server.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.grpc.BindableService;
import io.grpc.servlet.jakarta.ServletServerBuilder;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * gRPC on the same port: a request is gRPC's by its content type, so no path is taken from the router. Services run on
 * virtual threads.
 *
 * <p>Calls pass the {@link Gate} as all requests do. Who it says they come from goes with the call's metadata, under
 * {@link GrpcGuest#HEADER}: whatever a client sends under that name never arrives.
 *
 * <p>What a service must know: {@code onNext} does not block for a slow client but queues. Ask {@code isReady} first, and
 * stream from a thread of one's own, so that the call's thread can bring the cancellation.
 */
final class GrpcServices extends Handler.Wrapper {

    private final Set<String> open;
    private final Gate gate;
    private final HttpLimits limits;

    /** @param open the names of the services that are for everybody */
    GrpcServices(List<BindableService> services, Set<String> open, Gate gate, HttpLimits limits, Executor executor) {
        super(context(services, limits, executor));
        this.open = Set.copyOf(open);
        this.gate = gate;
        this.limits = limits;
    }

    private static Handler context(List<BindableService> services, HttpLimits limits, Executor executor) {
        var builder = new ServletServerBuilder()
                .maxInboundMessageSize(limits.maxMessage())
                .executor(executor);
        services.forEach(builder::addService);
        var holder = new ServletHolder(builder.buildServlet());
        holder.setAsyncSupported(true);
        var context = new ServletContextHandler("/");
        context.addServlet(holder, "/*");
        return context;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        if (!speaksGrpc(request)) {
            return false;
        }
        Patience.with(request, limits.idle());
        var arrival = new Arrival(request, gate);
        boolean everybody = open.contains(service(request));
        String guest;
        try {
            if (arrival.come(response, everybody)) {
                throw HttpProblem.badRequest("A call is no preflight.");
            }
            guest = everybody ? "" : arrival.guest();
        } catch (HttpProblem refusal) {
            GrpcRefusal.send(refusal, response, callback);
            return true;
        }
        Request.addCompletionListener(request, failure -> arrival.leave());
        return super.handle(new Known(new Insistent(request), guest), response, callback);
    }

    private static String service(Request request) {
        String path = request.getHttpURI().getPath();
        int end = path.lastIndexOf('/');
        return end < 1 ? "" : path.substring(1, end);
    }

    private static boolean speaksGrpc(Request request) {
        String type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
        return type != null
                && type.startsWith("application/grpc")
                && request.getMethod().equals("POST")
                && request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_2;
    }

    /**
     * Tells a failure until the call has ended. Jetty 12.1.12 tells it once, and its servlet layer forgets one that comes
     * while a thread is in the servlet ({@code ServletChannelState.asyncError}): a client that left just then would be
     * streamed to for ever.
     */
    private static final class Insistent extends Request.Wrapper {
        private static final Duration AGAIN = Duration.ofMillis(100);

        private final CountDownLatch ended = new CountDownLatch(1);

        Insistent(Request request) {
            super(request);
            Request.addCompletionListener(request, failure -> ended.countDown());
        }

        @Override
        public void addFailureListener(Consumer<Throwable> listener) {
            super.addFailureListener(failure -> {
                listener.accept(failure);
                Thread.ofVirtual().name("grpc-failure").start(() -> tellAgain(listener, failure));
            });
        }

        private void tellAgain(Consumer<Throwable> listener, Throwable failure) {
            try {
                while (!ended.await(AGAIN.toMillis(), TimeUnit.MILLISECONDS)) {
                    listener.accept(failure);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A request that says who sends it. */
    private static final class Known extends Request.Wrapper {
        private final HttpFields headers;

        Known(Request request, String guest) {
            super(request);
            headers = HttpFields.build(request.getHeaders())
                    .put(RequestId.HEADER, RequestId.of(request))
                    .put(GrpcGuest.HEADER, Base64.getEncoder().encodeToString(guest.getBytes(UTF_8)))
                    .asImmutable();
        }

        @Override
        public HttpFields getHeaders() {
            return headers;
        }
    }
}
