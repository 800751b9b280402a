package dev.millrace.bench.chaos;

import java.io.IOException;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What all lives of a run share: the servers, the clock of the run, and where to tell what was seen. Any thread. */
final class Trial {
    /** How long a request may take: a server that is frozen never answers. */
    private static final Duration ANSWER = Duration.ofSeconds(8);

    private final Cluster cluster;
    private final Tally tally;
    private final Findings findings;
    private volatile boolean closing;
    private volatile long deadline;
    private volatile boolean mended;

    Trial(Cluster cluster, Tally tally, Findings findings) {
        this.cluster = cluster;
        this.tally = tally;
        this.findings = findings;
    }

    Cluster cluster() {
        return cluster;
    }

    Tally tally() {
        return tally;
    }

    Findings findings() {
        return findings;
    }

    /** Nothing new is to be sent. */
    boolean closing() {
        return closing;
    }

    void close() {
        closing = true;
    }

    /** Everything runs again: what was promised must have come after so long. */
    void mended(Duration patience) {
        deadline = System.nanoTime() + patience.toNanos();
        mended = true;
    }

    void requireTime(String forWhat) throws Overdue {
        if (mended && System.nanoTime() - deadline > 0) {
            throw new Overdue(forWhat);
        }
    }

    /** A server that seems to serve. */
    Replica server(RandomGenerator random) throws InterruptedException, Overdue {
        while (true) {
            Replica any = cluster.any(random);
            if (any != null) {
                return any;
            }
            requireTime("no server serves");
            Thread.sleep(20);
        }
    }

    /** What is asked of one server after the other until one has done it. */
    JsonNode insist(RandomGenerator random, String path, String body, String... headers)
            throws InterruptedException, Overdue {
        return insist(random, "POST", path, body, 0, headers).json();
    }

    /** @param refusal a status that is an answer, too; 0 = none is */
    Answer insist(RandomGenerator random, String method, String path, String body, int refusal, String... headers)
            throws InterruptedException, Overdue {
        while (true) {
            requireTime("no server accepts " + path + " " + body);
            Answer answer = attempt(random, method, path, body, refusal, headers);
            if (answer != null) {
                return answer;
            }
            tally.add(Tally.Count.RETRIES);
            Thread.sleep(20 + random.nextInt(80));
        }
    }

    /** What a server said that knows what it did. */
    record Answer(int status, JsonNode json) {}

    /** Null if it was not done, or that is not known. */
    @Nullable JsonNode tryOnce(RandomGenerator random, String path, String body, String... headers)
            throws InterruptedException, Overdue {
        Answer answer = attempt(random, "POST", path, body, 0, headers);
        return answer == null ? null : answer.json();
    }

    private @Nullable Answer attempt(
            RandomGenerator random, String method, String path, String body, int refusal, String... headers)
            throws InterruptedException, Overdue {
        Replica replica = server(random);
        try {
            Http.Reply reply = Http.ask(replica.port(), ANSWER, method, path, body, headers);
            JsonNode json = Feed.JSON.readTree(reply.body());
            if ((reply.status() < 300 && !json.has("error")) || reply.status() == refusal) {
                return new Answer(reply.status(), json);
            }
            // Full, or not able to now: both say so, and are asked again.
            boolean passing = reply.status() == 429 || reply.status() == 503 || unavailable(json);
            if (!passing) {
                findings.add(
                        replica.processName() + " answered " + reply.status() + " to " + path,
                        body + "\n" + reply.body());
            }
        } catch (IOException e) {
            return null; // killed, frozen or gone
        } catch (tools.jackson.core.JacksonException e) {
            return null; // cut in the middle
        }
        return null;
    }

    /** A2A tells of it in an error of JSON-RPC. */
    private static boolean unavailable(JsonNode json) {
        return json.path("error").toString().contains("\"UNAVAILABLE\"");
    }
}
