package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.postgres.CountingSockets;
import dev.millrace.engine.store.postgres.PostgresAddress;
import dev.millrace.engine.store.postgres.PostgresServer;
import dev.millrace.engine.store.postgres.PostgresSettings;
import dev.millrace.engine.store.postgres.PostgresStore;
import dev.millrace.protocol.Message;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What each change costs, counted on the socket, so that it can't creep up. */
class PostgresRoundTripsTest {
    private static final String OWNER = "me";

    private final EngineSettings settings = EngineSettings.defaults();
    private final Inbox inbox = new Inbox(AgentCatalog.of("test", turn -> {}), settings, () -> "here");
    private final List<Lease> leases = new ArrayList<>();
    private PostgresAddress address;
    private Store store;
    private Ledger ledger;

    private void open(int views) {
        store = PostgresStore.open(PostgresSettings.of(address).withViews(views));
        var journals = new Journals((contextId, after, max) -> List.of(), 1024);
        ledger = new Ledger(
                store, settings, new Workers(100), journals, lease -> () -> leases.add(lease), new Ledger.Line() {
                    @Override
                    public boolean othersWait() {
                        return false;
                    }

                    @Override
                    public void leftWaiting() {}

                    @Override
                    public void placeFree() {}
                });
    }

    @BeforeEach
    void open() throws Exception {
        address = PostgresServer.get().schema(CountingSockets.option());
        open(1_000);
        warmUp();
    }

    /** Every writer has its connection, and every statement is prepared. */
    private void warmUp() throws Exception {
        for (int i = 0; i < 20; i++) {
            Sent sent = accept("warm-" + i, Send.chat(OWNER, null, Message.user("m", "hi"), null));
            ledger.look(sent.contextId()).get();
        }
    }

    @AfterEach
    void close() {
        store.close();
    }

    private Sent accept(String contextId, Send send) throws Exception {
        return ledger.change(contextId, Durability.FSYNCED, draft -> inbox.accept(draft, contextId, send))
                .get();
    }

    private interface Act {
        void run() throws Exception;
    }

    private static long cost(Act act) throws Exception {
        long before = CountingSockets.roundTrips();
        act.run();
        return CountingSockets.roundTrips() - before;
    }

    private static Send next(String contextId, String messageId) {
        return Send.next(OWNER, Message.user(messageId, "hi").in(contextId, null));
    }

    private <R> R change(String contextId, Function<Draft, R> change) throws Exception {
        return ledger.change(contextId, Durability.FSYNCED, change).get();
    }

    private TaskRecord move(String contextId, TaskRecord task, Transition transition) throws Exception {
        return change(contextId, draft -> {
            draft.move(draft.task(task.id()), transition, null, null);
            return draft.task(task.id());
        });
    }

    @Test
    void whatever_happens_to_a_context_that_is_known_here_takes_one_round_trip() throws Exception {
        assertThat(cost(() -> accept("c", Send.chat(OWNER, null, Message.user("m1", "hi"), null))))
                .as("a new chat, and the lease of its task")
                .isEqualTo(1);
        TaskRecord task = leases.getLast().task();
        assertThat(cost(() -> accept("c", next("c", "m2"))))
                .as("a message that queues")
                .isEqualTo(1);
        assertThat(cost(() -> accept("c", next("c", "m2"))))
                .as("the same again")
                .isEqualTo(1);
        assertThat(cost(() -> ledger.change("c", Durability.WRITTEN, draft -> {
                            ledger.requireLease(draft, leases.getLast());
                            return draft.append(Events.chunk(
                                    task.id(), "c", dev.millrace.protocol.Artifact.text("a", "word"), false));
                        })
                        .get()))
                .as("a chunk")
                .isEqualTo(1);
        for (Transition each : List.of(Transition.ASK, Transition.ANSWER, Transition.RECOVER, Transition.FINISH)) {
            assertThat(cost(() -> move("c", task, each))).as("%s", each).isEqualTo(1);
            if (each == Transition.ANSWER) {
                assertThat(leases.getLast().task().id()).isEqualTo(task.id());
            }
        }
        TaskRecord second = leases.getLast().task();
        assertThat(second.id()).as("the queue goes on in the same transaction").isNotEqualTo(task.id());
        for (Transition each : List.of(Transition.CANCEL)) {
            assertThat(cost(() -> move("c", second, each))).as("%s", each).isEqualTo(1);
        }
        assertThat(cost(() -> ledger.look("c").get())).as("a look in vain").isEqualTo(1);
    }

    @Test
    void whatever_happens_to_a_context_that_is_not_known_here_takes_three_at_most() throws Exception {
        accept("c", Send.chat(OWNER, null, Message.user("m1", "hi"), null));
        TaskRecord task = leases.getLast().task();
        store.close();
        open(1);
        warmUp(); // drives the context out
        assertThat(cost(() -> accept("c", next("c", "m2"))))
                .as("a message: the context, then the write")
                .isEqualTo(2);
        warmUp();
        assertThat(cost(() -> accept("c", next("c", "m2"))))
                .as("the same again: the context, the write that finds the key, the answer")
                .isEqualTo(3);
        warmUp();
        assertThat(cost(() -> accept(
                        "c", Send.chat(OWNER, null, Message.user("m3", "hi").in("c", null), null))))
                .as("a message that could have made the context: the write, the context, the write")
                .isEqualTo(3);
        warmUp();
        assertThat(cost(() -> move("c", task, Transition.CANCEL)))
                .as("a cancel")
                .isEqualTo(2);
        warmUp();
        assertThat(cost(() -> ledger.look("c").get())).as("a look").isLessThanOrEqualTo(2);
    }

    @Test
    void a_refusal_takes_two_at_most() throws Exception {
        accept("c", Send.chat(OWNER, null, Message.user("m1", "hi"), null));
        assertThat(cost(() -> refused("c"))).as("by a view that is kept").isEqualTo(1);
        assertThat(cost(() -> refused("nowhere")))
                .as("by a context that is not there")
                .isEqualTo(1);
    }

    private void refused(String contextId) throws Exception {
        try {
            accept(contextId, Send.next("somebody else", Message.user("m", "hi").in(contextId, null)));
        } catch (ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(Refused.class);
        }
    }

    private Chats chats() {
        return new Chats(
                new Calls(store),
                ledger,
                new Feeds(store, java.time.Duration.ofHours(1), settings.pace()),
                settings,
                task -> {},
                contextId -> {});
    }

    /** A chat with a task that was worked on, and one that is or that failed, and two that wait; or only the first. */
    private String chat(ContextAction action) throws Exception {
        String id = "chat-" + action;
        accept(id, Send.chat(OWNER, null, Message.user("m1", "hi").in(id, null), null));
        move(id, leases.getLast().task(), Transition.FINISH);
        switch (action) {
            case CLEAR, ARCHIVE, UNARCHIVE -> {}
            case RETRY -> {
                accept(id, next(id, "m2"));
                move(id, leases.getLast().task(), Transition.FAIL);
            }
            case ANSWER -> {
                accept(id, next(id, "m2"));
                move(id, leases.getLast().task(), Transition.ASK);
            }
            default -> {
                accept(id, next(id, "m2"));
                accept(id, next(id, "m3"));
                accept(id, next(id, "m4"));
            }
        }
        if (action == ContextAction.UNARCHIVE) {
            chats().arrange(OWNER, id, Arrangement.archived(true));
        }
        return id;
    }

    private void act(ContextAction action, String id, List<String> queue, String asked) throws Exception {
        Chats chats = chats();
        Message message = Message.user("new-" + System.nanoTime(), "hi again");
        switch (action) {
            case CREATE -> accept(id + "-new", Send.chat(OWNER, null, message.in(id + "-new", null), null));
            case SEND -> accept(id, Send.next(OWNER, message.in(id, null)));
            case SEND_INTERRUPTING ->
                accept(id, Send.next(OWNER, message.in(id, null)).interrupting());
            case ANSWER -> accept(id, Send.next(OWNER, message.in(id, asked)));
            case EDIT -> chats.edit(OWNER, id, "m1", message, RequestKey.NONE);
            case EDIT_QUEUED -> chats.editQueued(OWNER, id, queue.getFirst(), message, RequestKey.NONE);
            case DELETE_QUEUED -> chats.deleteQueued(OWNER, id, queue.getFirst());
            case PROMOTE -> chats.promote(OWNER, id, queue.getLast(), RequestKey.NONE);
            case REORDER -> chats.reorder(OWNER, id, queue.reversed());
            case INTERRUPT -> chats.interrupt(OWNER, id, new RequestKey("key", "print"));
            case RETRY -> chats.retry(OWNER, id, new RequestKey("key", "print"));
            case CLEAR -> chats.clear(OWNER, id, RequestKey.NONE);
            case ARCHIVE -> chats.arrange(OWNER, id, Arrangement.archived(true));
            case UNARCHIVE -> chats.arrange(OWNER, id, Arrangement.archived(false));
            case FORK -> chats.fork(OWNER, id, null, null, RequestKey.NONE);
            case ARRANGE -> chats.arrange(OWNER, id, new Arrangement("new", null, null, null, null));
            case DELETE -> chats.delete(OWNER, id);
        }
    }

    private List<String> queued(String id) throws Exception {
        return ledger.change(
                        id,
                        Durability.WRITTEN,
                        draft -> draft.queue().stream().map(TaskRecord::id).toList())
                .get();
    }

    /** Each reader's connection is open: none is free for a second question before all have had one. */
    private void warmUpReaders() throws Exception {
        int readers = PostgresSettings.of(address).readers();
        var all = new CyclicBarrier(readers);
        var asking = new ArrayList<CompletableFuture<Long>>();
        for (int i = 0; i < readers; i++) {
            asking.add(CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return store.<Long>read(null, reader -> {
                                await(all);
                                return reader.revision(OWNER);
                            });
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    Thread::startVirtualThread));
        }
        asking.forEach(CompletableFuture::join);
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException(e);
        }
    }

    /** No transition needs more, whether the conversation is known here or not. */
    private static final int MOST = 3;

    /** How many it may take in a conversation that is known here; one more where it is not, if its state is asked for. */
    private static int bound(ContextAction action) {
        return switch (action) {
            case EDIT, RETRY, INTERRUPT, ARCHIVE, UNARCHIVE, DELETE ->
                2; // what is behind the message, or the parts; then the change
            case FORK -> 2; // all that was said is read, and then written: it is none of the old conversation's changes
            case ANSWER -> 2; // what the task asked; then the change
            default -> 1;
        };
    }

    private static int boundWhereNotKnown(ContextAction action) {
        return action == ContextAction.FORK ? bound(action) : bound(action) + 1;
    }

    @Test
    void whatever_a_user_does_to_a_conversation_takes_few_and_as_few_as_ever() throws Exception {
        warmUpReaders();
        for (ContextAction action : ContextAction.values()) {
            String id = chat(action);
            List<String> queue = queued(id);
            assertThat(cost(() -> act(action, id, queue, leaseOf(id))))
                    .as("%s in a conversation that is known here", action)
                    .isLessThanOrEqualTo(bound(action))
                    .isLessThanOrEqualTo(MOST);
        }
    }

    @Test
    void and_one_more_where_the_conversation_is_not_known() throws Exception {
        var ids = new EnumMap<ContextAction, String>(ContextAction.class);
        var queues = new EnumMap<ContextAction, List<String>>(ContextAction.class);
        for (ContextAction action : ContextAction.values()) {
            ids.put(action, chat(action));
            queues.put(action, queued(ids.get(action)));
        }
        String asked = leaseOf(ids.get(ContextAction.ANSWER));
        store.close();
        open(1);
        warmUp(); // there is room for one conversation, which is none of these
        warmUpReaders();
        for (ContextAction action : ContextAction.values()) {
            assertThat(cost(() -> act(action, ids.get(action), queues.get(action), asked)))
                    .as("%s in a conversation that is not", action)
                    .isLessThanOrEqualTo(boundWhereNotKnown(action))
                    .isLessThanOrEqualTo(MOST);
        }
    }

    @Test
    void the_longer_ways_of_an_edit_and_of_a_fork_take_no_more_than_three_either() throws Exception {
        String id = chat(ContextAction.ANSWER);
        accept(id, Send.next(OWNER, Message.user("answer", "this").in(id, leaseOf(id))));
        accept(id, next(id, "m3"));
        String other = chat(ContextAction.EDIT);
        store.close();
        open(1);
        warmUp();
        warmUpReaders();
        Chats chats = chats();
        assertThat(cost(() -> chats.fork(OWNER, id, "m2", null, RequestKey.NONE)))
                .as("a fork from a message")
                .isLessThanOrEqualTo(MOST);
        var key = new RequestKey("key", "print");
        assertThat(cost(() -> chats.fork(OWNER, id, "answer", null, key)))
                .as("a fork with a key")
                .isLessThanOrEqualTo(MOST);
        accept(other, next(other, "m5")); // drives the fork out
        assertThat(cost(() -> chats.fork(OWNER, id, "answer", null, key)))
                .as("the same again: what was said, the write that finds the fork, the answer")
                .isLessThanOrEqualTo(MOST);
        warmUp();
        assertThat(cost(() -> chats.edit(OWNER, id, "answer", Message.user("new", "that"), RequestKey.NONE)))
                .as("an edit of an answer: the context, the task's words with what is behind it, the write")
                .isLessThanOrEqualTo(MOST);
    }

    @Test
    void a_part_comes_out_of_the_archive_in_three_at_most_known_here_or_not() throws Exception {
        String whole = chat(ContextAction.CLEAR);
        accept(
                "part",
                Send.chat(OWNER, null, Message.user("m1", "hi").in("part", null), null)
                        .under(whole));
        move("part", leases.getLast().task(), Transition.FINISH);
        warmUpReaders();
        chats().arrange(OWNER, "part", Arrangement.archived(true));
        assertThat(cost(() -> chats().arrange(OWNER, "part", Arrangement.archived(false))))
                .as("a part that is known here")
                .isLessThanOrEqualTo(2);
        chats().arrange(OWNER, "part", Arrangement.archived(true));
        store.close();
        open(1);
        warmUp();
        warmUpReaders();
        assertThat(cost(() -> chats().arrange(OWNER, "part", Arrangement.archived(false))))
                .as("one that is not: what is around it, the context, the write")
                .isLessThanOrEqualTo(MOST);
        chats().arrange(OWNER, whole, Arrangement.archived(true));
        assertThatThrownBy(() -> chats().arrange(OWNER, "part", Arrangement.archived(false)))
                .as("while the whole is archived")
                .isInstanceOf(Refused.class)
                .hasMessageContaining("which is archived");
    }

    private String leaseOf(String contextId) {
        return leases.stream()
                .filter(lease -> lease.task().contextId().equals(contextId))
                .toList()
                .getLast()
                .task()
                .id();
    }
}
