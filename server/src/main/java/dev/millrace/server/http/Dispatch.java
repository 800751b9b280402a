package dev.millrace.server.http;

import java.io.IOException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import org.eclipse.jetty.io.QuietException;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.core.Configuration;
import org.eclipse.jetty.websocket.core.FrameHandler;
import org.eclipse.jetty.websocket.core.WebSocketComponents;
import org.eclipse.jetty.websocket.core.server.ServerUpgradeRequest;
import org.eclipse.jetty.websocket.core.server.ServerUpgradeResponse;
import org.eclipse.jetty.websocket.core.server.WebSocketMappings;
import org.eclipse.jetty.websocket.core.server.WebSocketNegotiator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Finds the endpoint of each request, runs it, and turns its failures into problem documents. */
final class Dispatch extends Handler.Abstract {
    private static final Logger log = LoggerFactory.getLogger(Dispatch.class);

    private final Router router;
    private final Edge edge;
    private final Occupancy occupancy;
    private final WebSocketMappings webSockets;

    Dispatch(Router router, Edge edge, Occupancy occupancy, WebSocketComponents webSockets) {
        this.router = router;
        this.edge = edge;
        this.occupancy = occupancy;
        this.webSockets = new WebSocketMappings(webSockets);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        secure(response);
        var arrival = new Arrival(request, edge.gate());
        RequestTracer tracer = edge.tracer();
        if (tracer == null) {
            var _ = serve(arrival, request, response, callback);
        } else {
            tracer.trace(arrival, () -> {
                Router.Match match = serve(arrival, request, response, callback);
                return new RequestTracer.Answered(
                        response.getStatus(),
                        match == null ? null : match.routes().path());
            });
        }
        return true;
    }

    /** Answers, and says by which route; null if there is none. */
    private Router.@Nullable Match serve(Arrival arrival, Request request, Response response, Callback callback) {
        Exchange exchange = null;
        Router.Match match = null;
        try {
            match = router.match(PathSegments.parse(request.getHttpURI().getPath()));
            if (match == null) {
                throw HttpProblem.notFound("Nothing is served at this path.");
            }
            exchange = new Exchange(request, response, match.parameters(), edge, arrival);
            boolean inOtherHands = answer(match.routes(), arrival, exchange, request, response, callback);
            Exchange.Rest rest = exchange.rest();
            if (rest != null && edge.tracer() == null) {
                leave(rest, arrival, exchange, request, response, callback);
                return match;
            }
            if (rest != null) {
                rest.run(); // here, so that its span is as long as it is
            }
            exchange.end();
            if (!inOtherHands) {
                over(arrival, request, callback);
            }
        } catch (Throwable e) {
            broken(e, arrival, exchange, request, response, callback);
        }
        return match;
    }

    private static void over(Arrival arrival, Request request, Callback callback) {
        Lingering.hearOut(request);
        arrival.leave();
        callback.succeeded();
    }

    private static void broken(
            Throwable e,
            Arrival arrival,
            @Nullable Exchange exchange,
            Request request,
            Response response,
            Callback callback) {
        arrival.leave();
        if (exchange != null) {
            exchange.end();
        }
        failed(e, exchange, request, response, callback);
        if (e instanceof Error error && !(e instanceof AssertionError)) {
            throw error;
        }
    }

    /** Leaves the rest to a thread that has nothing else beneath it. */
    private void leave(
            Exchange.Rest rest,
            Arrival arrival,
            Exchange exchange,
            Request request,
            Response response,
            Callback callback) {
        edge.workers().execute(() -> {
            Reception.goesOnHere(request);
            try {
                rest.run();
                exchange.end();
                over(arrival, request, callback);
            } catch (Throwable e) {
                try (var _ = MDC.putCloseable("request", RequestId.of(request))) {
                    broken(e, arrival, exchange, request, response, callback);
                }
            }
        });
    }

    /** True if the callback is in other hands. */
    private boolean answer(
            Router.Routes routes,
            Arrival arrival,
            Exchange exchange,
            Request request,
            Response response,
            Callback callback)
            throws Exception {
        var webSocket = routes.webSocket();
        boolean upgrades = webSocket != null && arrival.webSocket();
        var endpoint = upgrades ? null : routes.endpoint(exchange.method());
        try {
            // What a page of another origin may do is no secret, and browsers ask without saying for whom.
            boolean open = routes.open() || exchange.method().equals("OPTIONS");
            if (arrival.come(response, open)) {
                exchange.respond(204);
                return false;
            }
        } catch (HttpProblem refusal) {
            if (endpoint == null) {
                throw refusal;
            }
            endpoint.refuse(exchange, refusal);
            Lingering.hearOut(request);
            return false;
        }
        if (webSocket != null && upgrades) {
            return upgrade(webSocket.upgrade(exchange), arrival, request, response, callback);
        }
        if (endpoint != null) {
            endpoint.handle(exchange);
            if (!exchange.answered()) {
                throw new IllegalStateException("The endpoint did not answer");
            }
        } else if (exchange.method().equals("OPTIONS")) {
            exchange.header("Allow", routes.allow()).respond(204);
        } else if (webSocket != null && exchange.method().equals("GET")) {
            throw new HttpProblem(
                            426,
                            "upgrade-required",
                            "Only WebSocket is spoken here",
                            "Connect with a WebSocket client.")
                    .header("Upgrade", "websocket")
                    .header("Connection", "Upgrade");
        } else {
            throw new HttpProblem(
                            405,
                            "method-not-allowed",
                            "The method is not allowed here",
                            "This path takes " + routes.allow() + ".")
                    .header("Allow", routes.allow());
        }
        return false;
    }

    private boolean upgrade(
            WebSocketHandler handler, Arrival arrival, Request request, Response response, Callback callback)
            throws HttpProblem {
        var frames = new WebSocketFrames(handler, edge, occupancy, arrival);
        var negotiator = new WebSocketNegotiator.AbstractNegotiator() {
            @Override
            public FrameHandler negotiate(
                    ServerUpgradeRequest upgrade, ServerUpgradeResponse answer, Callback upgraded) {
                return frames;
            }
        };
        Request.addCompletionListener(request, failure -> {
            if (failure != null) {
                frames.abandon();
            }
        });
        if (!webSockets.upgrade(negotiator, request, response, callback, this::configure)) {
            frames.abandon();
            throw HttpProblem.badRequest("This is not a WebSocket handshake (RFC 6455, version 13).");
        }
        return true;
    }

    private void configure(Configuration connection) {
        // Pings find dead peers (WebSocketFrames); an idle stream is none.
        connection.setIdleTimeout(Duration.ZERO);
        connection.setMaxFrameSize(edge.limits().maxMessage());
        connection.setMaxTextMessageSize(edge.limits().maxMessage());
    }

    private static void failed(
            Throwable e, @Nullable Exchange exchange, Request request, Response response, Callback callback) {
        var problem = problem(e);
        if (exchange != null && (exchange.gone() || e instanceof ClientGoneException)) {
            callback.failed(new Cut(e));
        } else if (response.isCommitted()) {
            // Too late for a document: break off, so that the client cannot take the rest for the whole.
            log.warn("{} {} failed in the middle of its response", request.getMethod(), request.getHttpURI(), e);
            callback.failed(new Cut(e));
        } else if (problem != null) {
            var sent = new Callback.Completable();
            ProblemPage.send(problem, request, response, sent);
            Lingering.hearOut(request);
            try {
                sent.join();
                callback.succeeded();
            } catch (CompletionException unsent) {
                callback.failed(unsent.getCause());
            }
        } else {
            String id = UUID.randomUUID().toString();
            log.error("{} {} failed (error {})", request.getMethod(), request.getHttpURI(), id, e);
            var told = new HttpProblem(
                            500,
                            "internal-error",
                            "The server failed",
                            "This is not your fault. The server's log knows more under the id in 'instance'.")
                    .with("instance", "urn:uuid:" + id);
            ProblemPage.send(told, request, response, callback);
        }
    }

    /** What the client is to be told, if the failure was meant for it. */
    private static @Nullable HttpProblem problem(Throwable e) {
        if (e instanceof HttpProblem problem) {
            return problem;
        }
        return e instanceof IOException && e.getCause() instanceof HttpProblem problem ? problem : null;
    }

    /** Headers of every response: nobody shall guess another content type than ours. */
    static void secure(Response response) {
        response.getHeaders().put("X-Content-Type-Options", "nosniff");
    }

    /** Tells Jetty that a response was broken off, and that this has been logged if it needed to be. */
    private static final class Cut extends IOException implements QuietException {
        private static final long serialVersionUID = 1L;

        Cut(Throwable cause) {
            super(cause);
        }
    }
}
