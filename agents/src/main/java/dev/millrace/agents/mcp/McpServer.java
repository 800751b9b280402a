package dev.millrace.agents.mcp;

import dev.millrace.agents.Names;
import dev.millrace.agents.Tool;
import dev.millrace.agents.Toolbox;
import dev.millrace.core.Doorbell;
import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.spec.McpSchema;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * The tools of one MCP server, over one connection that all turns share.
 *
 * <p>A thread of its own connects, looks after the connection and connects again, so that a server that is slow, dead or not
 * there yet costs a turn nothing: its tools are just not among those that can be called. After {@value #FAILURES} calls in a
 * row that the connection failed, or one ping, the connection is given up, and the tools with it; the next try is made after
 * 1 s, and after twice as long each time up to 60 s.
 *
 * <p>Any thread. {@link #start} begins, {@link #close} ends.
 */
public final class McpServer implements Toolbox, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(McpServer.class);

    /** So many calls in a row may fail before a connection is not believed in any more. */
    static final int FAILURES = 3;

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LAST_PAUSE = Duration.ofSeconds(60);

    private final McpConfig config;
    private final Names allowed;
    private final Names denied;
    private final Duration firstPause;
    private final Doorbell bell = new Doorbell();
    private final AtomicInteger failures = new AtomicInteger();
    private volatile List<Tool> tools = List.of();
    private volatile boolean connected;
    private volatile boolean stopped;
    private @Nullable Thread thread;

    public McpServer(McpConfig config) {
        this(config, FIRST_PAUSE);
    }

    McpServer(McpConfig config, Duration firstPause) {
        this.config = config;
        allowed = new Names(config.allow());
        denied = new Names(config.deny());
        this.firstPause = firstPause;
    }

    /** Begins to connect, and does not wait for it. */
    public McpServer start() {
        thread = Thread.ofVirtual().name("mcp-" + config.name()).start(this::run);
        return this;
    }

    @Override
    public List<Tool> tools() {
        return tools;
    }

    /** As its tools' names begin. */
    public String name() {
        return config.name();
    }

    /** Whether it is there: it has told its tools, and nothing has failed since. */
    public boolean connected() {
        return connected;
    }

    /** Ends the connection, and the program if it is one. */
    @Override
    public void close() {
        stopped = true;
        bell.ring();
        Thread running = thread;
        if (running != null) {
            running.interrupt();
            try {
                running.join(Duration.ofSeconds(10));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void run() {
        Duration pause = firstPause;
        while (!stopped) {
            try {
                if (live()) {
                    pause = firstPause;
                }
                if (!stopped) {
                    LOG.info("MCP server {} is tried again in {} ms", config.name(), pause.toMillis());
                    bell.await(pause);
                    pause = pause.multipliedBy(2).compareTo(LAST_PAUSE) < 0 ? pause.multipliedBy(2) : LAST_PAUSE;
                }
            } catch (InterruptedException stop) {
                return;
            }
        }
    }

    /** One connection, from its beginning to its end; true if there was one. */
    private boolean live() throws InterruptedException {
        boolean was = false;
        McpAsyncClient client = client();
        try {
            await(client.initialize(), config.connectWithin());
            failures.set(0);
            offer(client, await(client.listTools(), config.connectWithin()).tools());
            was = true;
            connected = true;
            LOG.info("MCP server {} is connected and has {} tools", config.name(), tools.size());
            while (!stopped && failures.get() < FAILURES) {
                bell.await(config.pingEvery());
                if (!stopped && failures.get() < FAILURES) {
                    await(client.ping(), config.connectWithin());
                }
            }
        } catch (IOException e) {
            LOG.warn("MCP server {}: {}", config.name(), e.getMessage());
        } finally {
            connected = false;
            tools = List.of();
            client.close();
        }
        return was;
    }

    private McpAsyncClient client() {
        var self = new McpAsyncClient[1];
        self[0] = McpClient.async(McpTransports.of(config))
                .requestTimeout(config.callWithin())
                .initializationTimeout(config.connectWithin())
                .clientInfo(McpSchema.Implementation.builder("millrace", "1").build())
                .toolsChangeConsumer(changed -> Mono.fromRunnable(() -> offer(self[0], changed)))
                .build();
        return self[0];
    }

    private void offer(McpAsyncClient client, List<McpSchema.Tool> offered) {
        var all = new ArrayList<Tool>();
        offered.stream()
                .filter(tool -> allowed.have(tool.name()) && !denied.have(tool.name()))
                .forEach(tool -> all.add(new McpTool(config.name(), tool, request -> call(client, request))));
        tools = List.copyOf(all);
    }

    private McpSchema.CallToolResult call(McpAsyncClient client, McpSchema.CallToolRequest request)
            throws IOException, InterruptedException {
        try {
            McpSchema.CallToolResult result = await(client.callTool(request), config.callWithin());
            failures.set(0);
            return result;
        } catch (McpRefusal refused) {
            failures.set(0); // it answered
            throw refused;
        } catch (IOException e) {
            if (failures.incrementAndGet() >= FAILURES) {
                bell.ring();
            }
            throw e;
        }
    }

    /**
     * Waits without blocking a carrier thread, and can be interrupted, which cancels the request.
     *
     * @throws McpRefusal if the server answered with an error
     * @throws IOException if it did not answer
     */
    private static <T> T await(Mono<T> answer, Duration within) throws IOException, InterruptedException {
        return McpAnswers.await(answer, within);
    }
}
