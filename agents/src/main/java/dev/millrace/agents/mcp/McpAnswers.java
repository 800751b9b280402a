package dev.millrace.agents.mcp;

import io.modelcontextprotocol.spec.McpError;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import reactor.core.publisher.Mono;

/** Waits for what Reactor promises, on the thread that calls. */
final class McpAnswers {
    private McpAnswers() {}

    /**
     * An interrupt or the end of the time cancels the request.
     *
     * @throws McpRefusal if the server answered with an error
     * @throws IOException if it did not answer
     */
    static <T> T await(Mono<T> answer, Duration within) throws IOException, InterruptedException {
        CompletableFuture<T> future = answer.toFuture();
        try {
            return future.get(within.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            future.cancel(true);
            throw new IOException("no answer within " + within.toMillis() + " ms", late);
        } catch (InterruptedException stop) {
            future.cancel(true);
            throw stop;
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (cause instanceof McpError refused) {
                throw new McpRefusal(String.valueOf(refused.getMessage()));
            }
            throw new IOException("the connection failed: " + cause.getMessage(), cause);
        }
    }
}
