package dev.millrace.bench.chaos;

import java.io.IOException;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A reader who stays: when its stream is cut, and now and then because it likes to, it goes on at another server after the
 * last event that it has. It reads a conversation, or one task over A2A.
 */
final class Reading {
    /** Opens a stream of a conversation. */
    interface Opening {
        Feed open(int port, String id, long after) throws IOException;
    }

    private final Trial trial;
    private final Conversation conversation;
    private final String name;
    private final @Nullable String taskId;
    private final Random random;
    private final Opening opening;
    private final Witness witness;
    private final Thread thread;
    private volatile boolean over;
    private volatile @Nullable Feed feed;

    // Of one who reads a task; its own thread's, until it is over.
    private @Nullable Progress task;
    private long last;
    private volatile boolean taskEnded;

    Reading(Trial trial, Conversation conversation, String name, long seed, Opening opening) {
        this(trial, conversation, name, null, seed, opening);
    }

    Reading(Trial trial, Conversation conversation, String name, String taskId, long seed) {
        this(trial, conversation, name, taskId, seed, Feed::task);
    }

    private Reading(
            Trial trial, Conversation conversation, String name, @Nullable String taskId, long seed, Opening opening) {
        this.trial = trial;
        this.conversation = conversation;
        this.name = name;
        this.taskId = taskId;
        this.opening = opening;
        random = new Random(seed);
        witness = new Witness(name, conversation, trial.findings());
        thread = Thread.ofVirtual().name("reader-" + name).unstarted(this::run);
    }

    String name() {
        return name;
    }

    void start() {
        trial.tally().add(Tally.Count.READERS);
        thread.start();
    }

    /** True if it has seen whatever anybody has seen. */
    boolean complete() {
        return taskId == null ? witness.last() >= conversation.lastOffset() : taskEnded;
    }

    void end() throws InterruptedException {
        over = true;
        Feed current = feed;
        if (current != null) {
            current.close();
        }
        thread.join();
    }

    /** After its end. */
    void compare(Witness afterwards) {
        if (taskId == null) {
            witness.compare(afterwards);
            return;
        }
        String mine = String.valueOf(task);
        String theirs = String.valueOf(afterwards.tasks().get(taskId));
        if (task != null && !mine.equals(theirs)) {
            witness.found(taskId, "over A2A there was " + mine + ", but afterwards there is " + theirs);
        }
    }

    private void run() {
        try {
            while (!over && !taskEnded) {
                Replica replica = trial.server(random);
                witness.remember("-- at " + replica.processName() + " after " + after());
                try (Feed opened = opening.open(replica.port(), taskId == null ? conversation.id() : taskId, after())) {
                    feed = opened;
                    read(opened, random.nextInt(6) == 0 ? random.nextInt(60) : Integer.MAX_VALUE);
                } catch (Feed.Refusal e) {
                    refused(replica, e);
                } catch (IOException e) {
                    witness.remember("-- cut: " + e.getMessage());
                }
                if (!over && !taskEnded) {
                    trial.tally().add(Tally.Count.RESUMES);
                    Thread.sleep(10 + random.nextInt(60));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Overdue e) {
            witness.found("", e.getMessage());
        } catch (RuntimeException e) {
            witness.found("", "what came can't be understood: " + e);
        }
    }

    private long after() {
        return taskId == null ? witness.last() : last;
    }

    /** @param most after so many it goes elsewhere */
    private void read(Feed from, int most) throws IOException {
        for (int i = 0; i < most && !over && !taskEnded; i++) {
            for (Feed.Frame frame : from.next()) {
                if (taskId == null) {
                    witness.see(frame);
                } else {
                    see(frame, taskId);
                }
            }
        }
    }

    /** A subscription that does not resume begins with the task as it is, which is no event of the journal. */
    private void see(Feed.Frame frame, String id) {
        JsonNode event = frame.json().get("result");
        if (event == null) {
            witness.found(id, "an error in the stream: " + frame.json());
            return;
        }
        witness.remember(frame.id() + " " + Witness.brief(event));
        if (frame.id() <= last) {
            witness.found(id, "after offset " + last + " came " + frame.id());
            return;
        }
        Progress progress = task == null ? new Progress() : task;
        task = progress;
        last = frame.id();
        witness.found(id, progress.see(event));
        taskEnded = Progress.terminal(progress.state());
    }

    private void refused(Replica replica, Feed.Refusal refusal) {
        witness.remember("-- refused: " + refusal.getMessage());
        if (taskId != null && String.valueOf(refusal.getMessage()).contains("-32004")) {
            taskEnded = true; // it had ended before anybody subscribed
            return;
        }
        boolean passing = refusal.status() == 503
                || (refusal.status() == 200
                        && String.valueOf(refusal.getMessage()).contains("\"UNAVAILABLE\""));
        if (!passing && !over) {
            witness.found(
                    taskId == null ? "" : taskId, replica.processName() + " refused a reader: " + refusal.getMessage());
        }
    }
}
