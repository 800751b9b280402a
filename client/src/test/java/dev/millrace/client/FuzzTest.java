package dev.millrace.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.millrace.protocol.Message;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Whatever a server answers, a caller gets an event, a result, or one of the two documented exceptions, and soon. */
class FuzzTest {
    private static final String[] SNIPPETS = {
        "null",
        "\"\"",
        "{}",
        "[]",
        "1e999",
        "-1",
        "\"\\ud800\"",
        ",",
        "\"",
        "\\",
        "data:",
        "id:",
        "\n\n",
        "\r",
        "retry: 1\n",
        "\uFEFF",
        "[".repeat(5_000),
        "9".repeat(2_000)
    };

    private static String damage(String good, Random random) {
        String text = good;
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = text.isEmpty() ? 0 : random.nextInt(text.length());
            int to = Math.min(text.length(), at + random.nextInt(10));
            text = switch (random.nextInt(4)) {
                case 0 -> text.substring(0, at) + text.substring(to);
                case 1 -> text.substring(0, to) + text.substring(at);
                case 2 -> text.substring(0, at) + SNIPPETS[random.nextInt(SNIPPETS.length)] + text.substring(to);
                default -> text.substring(0, at);
            };
        }
        return text;
    }

    private static A2aClient client(ScriptedServer server, Binding binding) {
        return A2aClient.atInterface(server.uri())
                .bindings(binding)
                .idleTimeout(Duration.ofSeconds(20))
                .reconnect(Duration.ofMillis(1), Duration.ofMillis(2), Duration.ofMillis(20))
                .connect();
    }

    private static void assertDocumented(Throwable thrown) {
        if (thrown != null) {
            assertThat(thrown).isInstanceOfAny(A2aException.class, ConnectionFailed.class);
        }
    }

    @Property(tries = 150)
    void damaged_answers_do_no_harm(@ForAll Random random) {
        Binding binding = random.nextBoolean() ? Binding.JSONRPC : Binding.HTTP_JSON;
        int status = random.nextInt(3) > 0 ? 200 : 100 * (2 + random.nextInt(4)) + random.nextInt(30);
        try (var server = new ScriptedServer();
                A2aClient client = client(server, binding)) {
            server.always(call -> {
                String task = Events.bareTask("COMPLETED", "x");
                String good = binding == Binding.JSONRPC ? call.envelope("\"result\":" + task) : task;
                call.status(status, "application/json", damage(good, random));
            });
            assertDocumented(catchThrowable(() -> client.getTask("t1")));
        }
    }

    @Property(tries = 150)
    void damaged_streams_do_no_harm(@ForAll Random random) {
        Binding binding = random.nextBoolean() ? Binding.JSONRPC : Binding.HTTP_JSON;
        try (var server = new ScriptedServer();
                A2aClient client = client(server, binding)) {
            server.always(call -> {
                var frames = new StringBuilder();
                int id = 1;
                for (String event :
                        Arrays.asList(Events.task("WORKING"), Events.chunk("a"), Events.status("COMPLETED"))) {
                    String data = call.json != null && call.json.has("jsonrpc")
                            ? call.envelope("\"result\":" + event)
                            : event;
                    frames.append("id: ")
                            .append(id++)
                            .append("\ndata: ")
                            .append(data)
                            .append("\n\n");
                }
                call.stream().raw(new String(damage(frames.toString(), random).getBytes(UTF_8), UTF_8));
            });
            assertDocumented(catchThrowable(() -> {
                try (TaskStream stream = client.stream(Message.user("m1", "hello"))) {
                    int events = 0;
                    while (stream.next() != null && events++ < 1_000) {
                        assertThat(events).isPositive();
                    }
                }
            }));
        }
    }
}
