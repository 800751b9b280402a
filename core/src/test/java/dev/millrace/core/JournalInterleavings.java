package dev.millrace.core;

import java.util.List;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** Publishing against waiting, closing, nudging and interrupting. A lost wake-up is a hang. */
final class JournalInterleavings {
    private JournalInterleavings() {}

    /** An event that is filled in by plain writes, as any object is. */
    private static final class Event {
        private int value;
    }

    private static Event event() {
        var event = new Event();
        event.value = 1;
        return event;
    }

    private static <E> List<Journal.Entry<E>> read(Cursor<E> cursor) {
        try {
            return cursor.take(1);
        } catch (InterruptedException e) {
            // Nobody interrupts an actor, except when the run is over.
            throw new IllegalStateException(e);
        }
    }

    /** The value of the first event taken; 0 if the take was empty. */
    private static int take(Cursor<Event> cursor) {
        List<Journal.Entry<Event>> entries = read(cursor);
        return entries.isEmpty() ? 0 : entries.getFirst().event().value;
    }

    /** The same, waiting on through nudges. */
    private static int takeOne(Cursor<Event> cursor) {
        int value;
        do {
            value = take(cursor);
        } while (value == 0 && !cursor.ended());
        return value;
    }

    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "both readers have the event, whole")
    @Outcome(expect = Expect.FORBIDDEN, desc = "an event that is not there, or not whole")
    @State
    public static class TwoReadersWait {
        private final Journal<Event> journal = Journal.inMemory();
        private final Cursor<Event> one = journal.cursor(0);
        private final Cursor<Event> two = journal.cursor(0);

        @Actor
        public void writer() {
            journal.append(event());
        }

        @Actor
        public void first(II_Result r) {
            r.r1 = take(one);
        }

        @Actor
        public void second(II_Result r) {
            r.r2 = take(two);
        }
    }

    /** The tail holds a single event, so the writer evicts under the reader, who goes to the backlog. */
    @JCStressTest
    @Outcome(id = "1, 2", expect = Expect.ACCEPTABLE, desc = "every event once, in order")
    @Outcome(expect = Expect.FORBIDDEN, desc = "an event lost, doubled or out of order")
    @State
    public static class ReadWhileEvicting {
        private final Journal<Integer> journal = Journal.over(
                (after, max) -> List.of(new Journal.Entry<>(after + 1, (int) after + 1)), 1, event -> 1, 0);
        private final Cursor<Integer> cursor = journal.cursor(0);

        @Actor
        public void writer() {
            journal.append(1);
            journal.append(2);
        }

        @Actor
        public void reader(II_Result r) {
            r.r1 = read(cursor).getFirst().event();
            r.r2 = read(cursor).getFirst().event();
        }
    }

    /** One reader is closed while the wave goes through it; the other must be woken all the same. */
    @JCStressTest
    @Outcome(
            id = {"0, 1", "1, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "the open reader has the event")
    @Outcome(expect = Expect.FORBIDDEN, desc = "the open reader was told of an end, or saw half an event")
    @State
    public static class OneReaderCloses {
        private final Journal<Event> journal = Journal.inMemory();
        private final Cursor<Event> closing = journal.cursor(0);
        private final Cursor<Event> staying = journal.cursor(0);

        @Actor
        public void writer() {
            journal.append(event());
        }

        @Actor
        public void closer() {
            closing.close();
        }

        @Actor
        public void first(II_Result r) {
            r.r1 = take(closing);
        }

        @Actor
        public void second(II_Result r) {
            r.r2 = take(staying);
        }
    }

    /** A nudge and an event at once: the reader has the event in the end, and the other reader too. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "both have the event")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a reader lost the event")
    @State
    public static class OneReaderIsNudged {
        private final Journal<Event> journal = Journal.inMemory();
        private final Cursor<Event> nudged = journal.cursor(0);
        private final Cursor<Event> other = journal.cursor(0);

        @Actor
        public void writer() {
            journal.append(event());
        }

        @Actor
        public void nudger() {
            nudged.nudge();
        }

        @Actor
        public void first(II_Result r) {
            r.r1 = takeOne(nudged);
        }

        @Actor
        public void second(II_Result r) {
            r.r2 = take(other);
        }
    }

    /** An event and the journal's end: a reader has the event, then the end. */
    @JCStressTest
    @Outcome(id = "1, 1, 1", expect = Expect.ACCEPTABLE, desc = "the event, then the end")
    @Outcome(expect = Expect.FORBIDDEN, desc = "an end before the event")
    @State
    public static class AppendThenClose {
        private final Journal<Event> journal = Journal.inMemory();
        private final Cursor<Event> one = journal.cursor(0);
        private final Cursor<Event> two = journal.cursor(0);

        @Actor
        public void writer() {
            journal.append(event());
            journal.close();
        }

        @Actor
        public void first(III_Result r) {
            r.r1 = take(one);
            r.r3 = take(one) == 0 && one.ended() ? 1 : 0;
        }

        @Actor
        public void second(III_Result r) {
            r.r2 = take(two);
        }
    }

    /** Readers are woken for nothing, to clear the list, while an event comes. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "both readers have the event")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a reader lost the event")
    @State
    public static class ClearWhileWaiting {
        private final Journal<Event> journal = Journal.inMemory();
        private final Cursor<Event> one = journal.cursor(0);
        private final Cursor<Event> two = journal.cursor(0);

        @Actor
        public void writer() {
            journal.append(event());
        }

        @Actor
        public void clearer() {
            journal.waiters(false).wake();
        }

        @Actor
        public void first(II_Result r) {
            r.r1 = take(one);
        }

        @Actor
        public void second(II_Result r) {
            r.r2 = take(two);
        }
    }

    /** One reader, an event and the journal's end. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "the event, then the end")
    @Outcome(expect = Expect.FORBIDDEN, desc = "an end before the event, or none")
    @State
    public static class EventThenEnd {
        private final Journal<Event> journal = Journal.inMemory();
        private final Cursor<Event> cursor = journal.cursor(0);

        @Actor
        public void writer() {
            journal.append(event());
            journal.close();
        }

        @Actor
        public void reader(II_Result r) {
            r.r1 = take(cursor);
            r.r2 = take(cursor) == 0 && cursor.ended() ? 1 : 0;
        }
    }

    /** A nudge always ends a take, and what was done before it is seen after it. */
    @JCStressTest
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "came back empty, after the nudge")
    @Outcome(expect = Expect.FORBIDDEN, desc = "came back without a reason")
    @State
    public static class NudgeWhileWaiting {
        private final Journal<Event> journal = Journal.inMemory();
        private final Cursor<Event> cursor = journal.cursor(0);
        private int nudged;

        @Actor
        public void nudger() {
            nudged = 1;
            cursor.nudge();
        }

        @Actor
        public void reader(II_Result r) {
            r.r1 = take(cursor);
            r.r2 = nudged;
        }
    }

    /** So does a close. */
    @JCStressTest
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "came back empty, at its end")
    @Outcome(expect = Expect.FORBIDDEN, desc = "came back without a reason")
    @State
    public static class CloseWhileWaiting {
        private final Journal<Event> journal = Journal.inMemory();
        private final Cursor<Event> cursor = journal.cursor(0);

        @Actor
        public void closer() {
            cursor.close();
        }

        @Actor
        public void reader(II_Result r) {
            r.r1 = take(cursor);
            r.r2 = cursor.ended() ? 1 : 0;
        }
    }

    /** A cold journal: the reader asks an empty store while the first event is published. */
    @JCStressTest
    @Outcome(id = "7, 0", expect = Expect.ACCEPTABLE, desc = "the event, from the tail")
    @Outcome(expect = Expect.FORBIDDEN, desc = "lost between cold and warm")
    @State
    public static class ColdToWarm {
        private final Journal<Integer> journal = Journal.over((after, max) -> List.of(), 10, event -> 1);
        private final Cursor<Integer> cursor = journal.cursor(6);

        @Actor
        public void writer() {
            journal.publish(List.of(new Journal.Entry<>(7, 7)));
        }

        @Actor
        public void reader(II_Result r) {
            r.r1 = read(cursor).getFirst().event();
        }
    }

    /** A reader who waits for a milestone, while a word and then a milestone come. */
    @JCStressTest
    @Outcome(id = "8, 2", expect = Expect.ACCEPTABLE, desc = "both, up to the milestone")
    @Outcome(expect = Expect.FORBIDDEN, desc = "an event or the wake-up was lost")
    @State
    public static class MilestoneWhileWaiting {
        private final Journal<Integer> journal =
                Journal.over((after, max) -> List.of(), 10, event -> 1, event -> event == 8);
        private final Cursor<Integer> cursor = journal.milestones(6);

        @Actor
        public void writer() {
            journal.publish(List.of(new Journal.Entry<>(7, 7)));
            journal.publish(List.of(new Journal.Entry<>(8, 8)));
        }

        @Actor
        public void reader(II_Result r) {
            while (r.r1 != 8) {
                List<Journal.Entry<Integer>> entries = read(cursor);
                r.r1 = entries.getLast().event();
                r.r2 += entries.size();
            }
        }
    }
}
