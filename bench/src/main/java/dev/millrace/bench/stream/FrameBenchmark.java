package dev.millrace.bench.stream;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.protocol.rpc.RpcId;
import dev.millrace.protocol.rpc.RpcResponse;
import dev.millrace.server.http.FrameBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one frame of a JSON-RPC stream costs one reader before the network: the envelope and the Server-Sent Event around a
 * payload that all readers share. With {@code -prof gc}, also what it leaves to the collector.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class FrameBenchmark {
    /** As many as a stream takes in one go. */
    private static final int BATCH = 32;

    private static final byte[] TAIL = {'}'};

    private final byte[] head = RpcResponse.resultHead(RpcId.of("1"));
    private final byte[] payload = ("{\"artifactUpdate\":{\"taskId\":\"01a200b4-c9b3-734d-986b-1d7668da28bd\","
                    + "\"contextId\":\"01a200b4-c9b3-734d-986b-1d7668da28be\",\"artifact\":{\"artifactId\":\"answer\","
                    + "\"parts\":[{\"text\":\"word \"}]},\"append\":true}}")
            .getBytes(UTF_8);
    private final FrameBuffer frames = new FrameBuffer();
    private long offset;

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int frame() {
        frames.clear();
        for (int i = 0; i < BATCH; i++) {
            frames.event(++offset, head, payload, TAIL);
        }
        return frames.size();
    }
}
