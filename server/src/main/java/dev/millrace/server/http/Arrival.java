package dev.millrace.server.http;

import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.jspecify.annotations.Nullable;

/** A request at the {@link Gate}: its head, and how far it has come. Belongs to the request's thread. */
public final class Arrival implements RequestHead {
    /** The request's attribute that holds headers which an error's response must have, too. */
    private static final String HEADERS = "millrace.headers";

    private final Request request;
    private final Gate gate;
    private final AtomicBoolean left = new AtomicBoolean();
    private @Nullable String guest;
    private @Nullable HttpProblem refusal;
    private Gate.@Nullable Stay stay;

    Arrival(Request request, Gate gate) {
        this.request = request;
        this.gate = gate;
    }

    /** The method, in capitals. */
    public String method() {
        return request.getMethod();
    }

    /** The path as it was sent, still percent-encoded. */
    public String path() {
        return request.getHttpURI().getPath();
    }

    /** The host, and the port if it was given, that the client asked for: HTTP/2's {@code :authority}, or {@code Host}. */
    public Optional<String> authority() {
        return Optional.ofNullable(request.getHttpURI().getAuthority()).or(() -> header("Host"));
    }

    /** Whether the connection is encrypted. */
    public boolean secure() {
        return request.isSecure();
    }

    /** Whether it asks for a WebSocket. */
    public boolean webSocket() {
        return method().equals("GET") && request.getHeaders().contains(HttpHeader.UPGRADE, "websocket");
    }

    @Override
    public Optional<String> header(String name) {
        return Optional.ofNullable(request.getHeaders().get(name));
    }

    @Override
    public String remoteAddress() {
        return Request.getRemoteAddr(request);
    }

    @Override
    public Optional<X509Certificate> certificate() {
        return request.getAttribute(EndPoint.SslSessionData.ATTRIBUTE) instanceof EndPoint.SslSessionData tls
                        && tls.peerCertificates() != null
                        && tls.peerCertificates().length > 0
                ? Optional.of(tls.peerCertificates()[0])
                : Optional.empty();
    }

    @Override
    public String guest() throws HttpProblem {
        if (refusal != null) {
            throw refusal;
        }
        if (guest == null) {
            try {
                guest = gate.guest(this);
            } catch (HttpProblem e) {
                refusal = e;
                throw e;
            }
        }
        return guest;
    }

    /**
     * Brings the request in, or refuses it.
     *
     * @param open whether it does not matter who sends it
     * @return whether it has got its whole answer by that: it was a preflight
     */
    boolean come(Response response, boolean open) throws HttpProblem {
        Gate.Welcome welcome = gate.admit(this);
        if (!welcome.headers().isEmpty()) {
            request.setAttribute(HEADERS, welcome.headers());
            giveHeaders(request, response);
        }
        if (welcome.preflight()) {
            return true;
        }
        if (open) {
            stay = gate.enter(null, this);
            return false;
        }
        String known;
        try {
            known = guest();
        } catch (HttpProblem unknown) {
            // Whoever tries names and keys is counted, too.
            gate.enter(null, this).end();
            throw unknown;
        }
        stay = gate.enter(known, this);
        return false;
    }

    /** It is over. Idempotent; any thread. */
    void leave() {
        Gate.Stay entered = stay;
        if (entered != null && left.compareAndSet(false, true)) {
            entered.end();
        }
    }

    /** Puts on the response what the gate had to say. */
    static void giveHeaders(Request request, Response response) {
        if (request.getAttribute(HEADERS) instanceof Map<?, ?> headers) {
            headers.forEach((name, value) -> response.getHeaders().put((String) name, (String) value));
        }
    }
}
