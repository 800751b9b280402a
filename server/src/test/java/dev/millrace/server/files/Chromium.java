package dev.millrace.server.files;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A browser without a window and with one page, driven over its DevTools protocol. */
final class Chromium implements AutoCloseable {
    private static final Pattern LISTENING = Pattern.compile("DevTools listening on (ws://\\S+)");
    private static final JsonMapper JSON = new JsonMapper();
    private static final int SECONDS = 120;

    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final String session;

    /** @param profile a folder that does not exist yet */
    Chromium(Path profile) throws Exception {
        process = Program.any(
                        "chromium-headless-shell",
                        "chromium",
                        "chromium-browser",
                        "google-chrome-stable",
                        "google-chrome")
                .with(
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--no-proxy-server",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--mute-audio",
                        "--autoplay-policy=no-user-gesture-required",
                        "--user-data-dir=" + profile,
                        "--remote-debugging-port=0",
                        "about:blank")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            socket = http.newWebSocketBuilder()
                    .buildAsync(listening(), new Answers())
                    .get(SECONDS, TimeUnit.SECONDS);
            String page = call("", "Target.createTarget", Map.of("url", "about:blank"))
                    .get("targetId")
                    .stringValue();
            session = call("", "Target.attachToTarget", Map.of("targetId", page, "flatten", true))
                    .get("sessionId")
                    .stringValue();
        } catch (Throwable e) {
            process.destroyForcibly();
            http.close();
            throw e;
        }
    }

    private URI listening() throws Exception {
        BufferedReader complaints = process.errorReader();
        CompletableFuture<URI> found = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            StringBuilder all = new StringBuilder();
            try (complaints) {
                for (String line; (line = complaints.readLine()) != null; ) {
                    Matcher matcher = LISTENING.matcher(line);
                    if (matcher.find()) {
                        found.complete(URI.create(matcher.group(1)));
                    }
                    all.append(line).append('\n');
                }
            } catch (IOException e) {
                all.append(e);
            }
            found.completeExceptionally(new IOException("the browser ended: " + all));
        });
        return found.get(SECONDS, TimeUnit.SECONDS);
    }

    /** Goes there. */
    void go(String url) throws Exception {
        JsonNode answer = call(session, "Page.navigate", Map.of("url", url));
        if (answer.has("errorText")) {
            throw new AssertionError(url + ": " + answer.get("errorText").stringValue());
        }
    }

    /** The value of an expression in the page, awaited if it is a promise. */
    JsonNode evaluate(String script) throws Exception {
        JsonNode answer = call(
                session, "Runtime.evaluate", Map.of("expression", script, "awaitPromise", true, "returnByValue", true));
        if (answer.has("exceptionDetails")) {
            throw new AssertionError(answer.toString());
        }
        return answer.get("result").path("value");
    }

    private JsonNode call(String to, String method, Map<String, ?> parameters) throws Exception {
        int id = ids.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        var message = JSON.createObjectNode().put("id", id).put("method", method);
        if (!to.isEmpty()) {
            message.put("sessionId", to);
        }
        message.set("params", JSON.valueToTree(parameters));
        socket.sendText(message.toString(), true).get(SECONDS, TimeUnit.SECONDS);
        JsonNode said = answer.get(SECONDS, TimeUnit.SECONDS);
        if (said.has("error")) {
            throw new AssertionError(method + ": " + said.get("error"));
        }
        return said.get("result");
    }

    /** What the browser says, one message after the other. */
    private final class Answers implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                JsonNode message = JSON.readTree(text.toString());
                text.setLength(0);
                CompletableFuture<JsonNode> waiting =
                        message.has("id") ? answers.remove(message.get("id").intValue()) : null;
                if (waiting != null) {
                    waiting.complete(message);
                }
            }
            from.request(1);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void onError(WebSocket from, Throwable error) {
            answers.values().forEach(waiting -> waiting.completeExceptionally(error));
        }
    }

    @Override
    public void close() throws Exception {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
        http.shutdownNow();
        http.close();
    }
}
