package dev.millrace.bench.house;

import java.util.concurrent.CountDownLatch;

/** Holds agents back until the readers are there. Open at first. Any thread. */
final class Gate {
    private volatile CountDownLatch latch = new CountDownLatch(0);

    void shut() {
        latch = new CountDownLatch(1);
    }

    void open() {
        latch.countDown();
    }

    void await() throws InterruptedException {
        latch.await();
    }
}
