package dev.millrace.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.FutureTask;

/**
 * The way not to do it: N blocks at a time, delivered in order as they come, and the next N when these are drained. Here
 * to show that the tests of the window can fail.
 */
final class BatchDrain<K, B> {
    private final Iterator<K> plan;
    private final Prefetch.Fetch<K, B> fetch;
    private final int size;
    private final ArrayDeque<FutureTask<B>> batch = new ArrayDeque<>();
    private final ArrayList<Thread> threads = new ArrayList<>();

    BatchDrain(Iterator<K> plan, Prefetch.Fetch<K, B> fetch, int size) {
        this.plan = plan;
        this.fetch = fetch;
        this.size = size;
        startBatch();
    }

    private void startBatch() {
        while (batch.size() < size && plan.hasNext()) {
            K key = plan.next();
            var task = new FutureTask<>(() -> fetch.fetch(key));
            batch.add(task);
            threads.add(Thread.ofVirtual().start(task));
        }
    }

    Optional<B> next() throws Exception {
        if (batch.isEmpty()) {
            startBatch();
        }
        FutureTask<B> head = batch.poll();
        return head == null ? Optional.empty() : Optional.of(head.get());
    }

    void close() {
        threads.forEach(Thread::interrupt);
    }
}
