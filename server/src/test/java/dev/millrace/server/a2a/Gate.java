package dev.millrace.server.a2a;

import dev.millrace.engine.Agent;
import dev.millrace.engine.Turn;
import java.util.concurrent.Semaphore;

/** An agent that says one word of its message for each permit, and ends when it has said all. */
final class Gate implements Agent {
    final Semaphore permits = new Semaphore(0);
    final Semaphore said = new Semaphore(0);

    @Override
    public void run(Turn turn) throws Exception {
        for (String word : turn.message().text().split(" ")) {
            permits.acquire();
            turn.say(word + " ");
            turn.flush();
            said.release();
        }
        permits.acquire();
    }

    /** Lets so many more words be said, and returns when readers can see them. */
    void open(int words) throws InterruptedException {
        permits.release(words);
        said.acquire(words);
    }

    /** Lets all that is left be said. */
    void openAll() {
        permits.release(1_000_000);
    }
}
