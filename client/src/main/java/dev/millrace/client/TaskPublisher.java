package dev.millrace.client;

import dev.millrace.protocol.StreamResponse;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A stream's events for one subscriber, as many as it asks for: what it does not ask for is not read, which holds the
 * server back. They come on one virtual thread.
 */
final class TaskPublisher implements Flow.Publisher<StreamResponse> {
    private final TaskStream stream;
    private final AtomicBoolean taken = new AtomicBoolean();

    TaskPublisher(TaskStream stream) {
        this.stream = stream;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super StreamResponse> subscriber) {
        var reading = new Reading(subscriber);
        if (!taken.compareAndSet(false, true)) {
            subscriber.onSubscribe(new Flow.Subscription() {
                @Override
                public void request(long n) {}

                @Override
                public void cancel() {}
            });
            subscriber.onError(new IllegalStateException("a stream has one subscriber; this one has it already"));
            return;
        }
        Thread.ofVirtual().name("task stream").start(reading::run);
    }

    private final class Reading implements Flow.Subscription {
        private final Flow.Subscriber<? super StreamResponse> subscriber;
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private long wanted;
        private boolean cancelled;
        private boolean wrong;

        Reading(Flow.Subscriber<? super StreamResponse> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {
            change(() -> {
                wrong |= n <= 0;
                wanted = wanted + n < 0 ? Long.MAX_VALUE : wanted + n;
            });
        }

        @Override
        public void cancel() {
            change(() -> cancelled = true);
            stream.close();
        }

        private void change(Runnable how) {
            lock.lock();
            try {
                how.run();
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        /** Waits until an event is wanted; false if none will be. */
        private boolean await() {
            lock.lock();
            try {
                while (wanted == 0 && !cancelled && !wrong) {
                    changed.awaitUninterruptibly();
                }
                wanted--;
                return !cancelled && !wrong;
            } finally {
                lock.unlock();
            }
        }

        void run() {
            try {
                subscriber.onSubscribe(this);
                while (await()) {
                    StreamResponse event = stream.next();
                    if (event == null) {
                        if (!cancelled()) {
                            subscriber.onComplete();
                        }
                        return;
                    }
                    subscriber.onNext(event);
                }
                if (!cancelled()) {
                    stream.close();
                    subscriber.onError(new IllegalArgumentException("more than nothing must be asked for (Flow, 3.9)"));
                }
            } catch (RuntimeException e) {
                if (!cancelled()) {
                    stream.close();
                    subscriber.onError(e);
                }
            }
        }

        private boolean cancelled() {
            lock.lock();
            try {
                return cancelled;
            } finally {
                lock.unlock();
            }
        }
    }
}
