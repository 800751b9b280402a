package dev.millrace.bench.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/**
 * The least that can stand between a client and a provider: bare Jetty, the JDK's client, and a virtual thread that copies
 * bytes as they come. It reads none of them.
 */
final class Relay extends Handler.Abstract implements AutoCloseable {
    private final URI provider;
    private final Server server = new Server();
    private final ServerConnector connector = new ServerConnector(server);
    private final Executor workers = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient http = HttpClient.newBuilder()
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .build();

    private Relay(URI provider) {
        this.provider = provider;
    }

    static Relay open(URI provider) throws Exception {
        var relay = new Relay(provider);
        relay.connector.setHost("127.0.0.1");
        relay.server.addConnector(relay.connector);
        relay.server.setHandler(relay);
        relay.server.start();
        return relay;
    }

    URI baseUrl() {
        return URI.create("http://127.0.0.1:" + connector.getLocalPort() + provider.getPath());
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        workers.execute(() -> {
            try {
                relay(request, response);
                callback.succeeded();
            } catch (IOException | InterruptedException | RuntimeException e) {
                callback.failed(e);
            }
        });
        return true;
    }

    private void relay(Request request, Response response) throws IOException, InterruptedException {
        byte[] body = Content.Source.asInputStream(request).readAllBytes();
        HttpRequest asked = HttpRequest.newBuilder(URI.create(provider + "/chat/completions"))
                .version(HttpClient.Version.HTTP_1_1)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(body))
                .build();
        HttpResponse<InputStream> answer = http.send(asked, BodyHandlers.ofInputStream());
        response.setStatus(answer.statusCode());
        answer.headers()
                .firstValue("content-type")
                .ifPresent(type -> response.getHeaders().put("Content-Type", type));
        byte[] piece = new byte[16 * 1024];
        try (InputStream in = answer.body();
                OutputStream out = Content.Sink.asOutputStream(response)) {
            for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
                out.write(piece, 0, n);
                out.flush();
            }
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException("the relay does not stop", e);
        }
    }
}
