package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.store.FileNames;
import dev.millrace.engine.store.FileRegister;
import dev.millrace.engine.store.FileRegister.Entry;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Which files are of use follows from the conversations that there are, whatever happens to these at once. */
@ParameterizedClass
@EnumSource(Stores.class)
@Timeout(120)
class FileRegisterTest extends WithEngine {
    @Parameter
    Stores kind;

    @TempDir
    Path folder;

    /** Nothing that these tests do takes so long: what is loose, is so since before it. */
    private final Instant later = Instant.now().plus(Duration.ofHours(1));

    /** What is held, is so since this. */
    private final Instant muchLater = later.plus(Duration.ofHours(1));

    private final Acting agent = new Acting();
    private final AtomicInteger ids = new AtomicInteger();
    private FileRegister register;

    @BeforeEach
    void begin() throws Exception {
        live();
    }

    private void live() throws InterruptedException {
        store = kind.open(folder);
        start(agent);
        register = Objects.requireNonNull(store.files());
    }

    private String file(String owner, int size) {
        String id = "%032x".formatted(0xabc000 + ids.incrementAndGet());
        assertThat(register.add(arriving(id, owner, size), FileRegister.NO_QUOTA))
                .isTrue();
        register.finish(id, size, "00", Instant.now());
        return id;
    }

    private static Entry arriving(String id, String owner, int size) {
        Instant now = Instant.ofEpochMilli(System.currentTimeMillis());
        return new Entry(id, owner, "a.png", "image/png", size, null, now, now, null, false);
    }

    private Message naming(String verb, String... files) {
        var parts = new ArrayList<Part>();
        parts.add(Part.text(verb));
        for (String file : files) {
            parts.add(Part.url(FileNames.BEFORE + file + "/a.png"));
        }
        return new Message(
                engine.newId(), null, null, dev.millrace.protocol.Role.USER, parts, null, List.of(), List.of());
    }

    private Sent chatAbout(String owner, String verb, String... files) {
        return engine.send(Send.chat(owner, null, naming(verb, files), null));
    }

    private Set<String> loose() {
        return register.loose(later, 1000).stream().map(Entry::id).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void a_file_is_let_go_of_with_the_last_of_its_chats() {
        String file = file(ME, 10);
        String never = file(ME, 10);
        Sent first = chatAbout(ME, "say one", file);
        Sent second = chatAbout(ME, "say two", file);
        engine.chats().delete(ME, first.contextId());
        assertThat(loose()).isEmpty();
        engine.chats().delete(ME, second.contextId());
        assertThat(loose()).containsExactly(file);
        chatAbout(ME, "say three", file);
        assertThat(loose()).isEmpty();
        assertThat(register.take(file, later)).isFalse();
        assertThat(register.take(never, later)).as("what was never named").isFalse();
    }

    @Test
    void a_fork_a_queued_message_and_an_answer_name_files_too() throws Exception {
        String forked = file(ME, 1);
        String queued = file(ME, 1);
        String edited = file(ME, 1);
        String said = file(ME, 1);
        Sent chat = chatAbout(ME, "say one", forked);
        String fork = engine.chats().fork(ME, chat.contextId(), null, null, RequestKey.NONE);
        engine.chats().delete(ME, chat.contextId());
        assertThat(loose()).as("the fork has it").isEmpty();
        engine.chats().delete(ME, fork);
        assertThat(loose()).containsExactly(forked);

        Sent busy = chatAbout(ME, "hold on");
        agent.held(busy.contextId()).acquire();
        Sent waits = engine.send(Send.next(ME, naming("say queued", queued).in(busy.contextId(), null)));
        engine.chats()
                .editQueued(
                        ME,
                        busy.contextId(),
                        waits.taskId(),
                        naming("say edited", edited).in(busy.contextId(), null),
                        RequestKey.NONE);
        assertThat(register.take(queued, later)).isFalse();
        agent.go(busy.contextId()).release();
        engine.chats().delete(ME, busy.contextId());
        assertThat(loose()).containsExactly(forked, queued, edited);

        Sent talk = chatAbout(ME, "say see " + FileNames.BEFORE + said + "/a.png");
        assertThat(register.take(said, later)).isFalse();
        engine.chats().delete(ME, talk.contextId());
        assertThat(loose()).contains(said);
    }

    @Test
    void nobody_lets_go_of_what_is_another_owners() {
        String file = file("you", 1);
        Sent mine = chatAbout(ME, "say I know its address", file);
        engine.chats().delete(ME, mine.contextId());
        assertThat(loose()).isEmpty();
        Sent yours = chatAbout("you", "say it is mine", file);
        engine.chats().delete("you", yours.contextId());
        assertThat(loose()).containsExactly(file);
    }

    @Test
    void what_is_held_is_not_taken_and_what_was_taken_is_not_held() {
        String file = file(ME, 1);
        engine.chats().delete(ME, chatAbout(ME, "say one", file).contextId());
        assertThat(register.hold(file, muchLater)).isTrue();
        assertThat(register.take(file, later)).isFalse();
        assertThat(register.take(file, muchLater.plusMillis(1))).isTrue();
        assertThat(register.hold(file, muchLater)).isFalse();
        assertThat(register.loose(Instant.EPOCH, 10))
                .as("until it is gone")
                .extracting(Entry::id)
                .containsExactly(file);
        assertThat(register.take(file, Instant.EPOCH)).as("by who goes on").isTrue();
        register.remove(file);
        assertThat(register.loose(muchLater, 10)).isEmpty();
        assertThat(register.find(file)).isNull();
        assertThat(register.hold(file, muchLater)).as("nothing is known of it").isTrue();
    }

    @Test
    void an_owner_has_no_more_than_the_quota_and_a_list_in_pages() {
        for (int i = 0; i < 5; i++) {
            file(ME, 100);
        }
        file("you", 1000);
        assertThat(register.space(ME)).isEqualTo(new FileRegister.Space(5, 500));
        assertThat(register.add(arriving("f".repeat(32), ME, 101), 600)).isFalse();
        assertThat(register.find("f".repeat(32))).isNull();
        assertThat(register.add(arriving("f".repeat(32), ME, 100), 600)).isTrue();
        assertThat(register.grow("f".repeat(32), 101, Instant.now(), 600)).isFalse();
        var listed = new ArrayList<String>();
        @Nullable String after = null;
        do {
            Page<Entry> page = register.list(ME, 2, after);
            assertThat(page.total()).isEqualTo(5);
            page.items().forEach(entry -> listed.add(entry.id()));
            after = page.next();
        } while (after != null);
        assertThat(listed).hasSize(5).doesNotHaveDuplicates();
        assertThat(register.list(ME, 2, "what").items()).isEmpty();
        register.takeAnyway(listed.getFirst());
        assertThat(register.list(ME, 10, null).items()).hasSize(4);
    }

    @Test
    void uploads_that_got_nothing_for_a_while_are_told_and_claims_end() {
        Instant now = Instant.ofEpochMilli(1_000_000);
        Entry entry = new Entry("e".repeat(32), ME, "a", "b/c", 7, null, now, now, null, false);
        register.add(entry, FileRegister.NO_QUOTA);
        assertThat(register.unfinished(now, 10)).isEmpty();
        assertThat(register.unfinished(now.plusMillis(1), 10)).containsExactly(entry);
        register.grow(entry.id(), 0, now.plusMillis(5), FileRegister.NO_QUOTA);
        assertThat(register.unfinished(now.plusMillis(1), 10)).isEmpty();
        assertThat(register.claim(entry.id(), "a", now, Duration.ofSeconds(1))).isTrue();
        assertThat(register.claim(entry.id(), "a", now, Duration.ofSeconds(2))).isTrue();
        assertThat(register.claim(entry.id(), "b", now.plusMillis(1999), Duration.ofSeconds(1)))
                .isFalse();
        assertThat(register.claim(entry.id(), "b", now.plusMillis(2001), Duration.ofSeconds(1)))
                .isTrue();
        register.release(entry.id(), "a");
        assertThat(register.claim(entry.id(), "c", now.plusMillis(2001), Duration.ofSeconds(1)))
                .isFalse();
        register.release(entry.id(), "b");
        assertThat(register.claim(entry.id(), "c", now.plusMillis(2001), Duration.ofSeconds(1)))
                .isTrue();
    }

    @Test
    void who_deletes_the_last_two_chats_at_once_lets_go_of_the_file() throws Exception {
        for (int round = 0; round < 30; round++) {
            String file = file(ME, 1);
            Sent one = chatAbout(ME, "say one", file);
            Sent two = chatAbout(ME, "say two", file);
            atOnce(
                    () -> engine.chats().delete(ME, one.contextId()),
                    () -> engine.chats().delete(ME, two.contextId()));
            assertThat(loose()).contains(file);
        }
    }

    @Test
    void a_file_is_named_or_taken_and_never_both() throws Exception {
        var taken = new AtomicInteger();
        for (int round = 0; round < 60; round++) {
            String file = file(ME, 1);
            engine.chats().delete(ME, chatAbout(ME, "say once", file).contextId());
            var named = new AtomicInteger();
            var took = new AtomicInteger();
            atOnce(
                    () -> {
                        if (register.hold(file, muchLater)) {
                            chatAbout(ME, "say again", file);
                            named.incrementAndGet();
                        }
                    },
                    () -> took.addAndGet(register.take(file, later) ? 1 : 0));
            assertThat(named.get() + took.get()).isEqualTo(1);
            taken.addAndGet(took.get());
        }
    }

    private static void atOnce(Runnable one, Runnable two) throws Exception {
        var barrier = new CyclicBarrier(2);
        var failures = new ConcurrentHashMap<Throwable, Boolean>();
        var threads = new ArrayList<Thread>();
        for (Runnable each : List.of(one, two)) {
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    barrier.await();
                    each.run();
                } catch (Exception | AssertionError e) {
                    failures.put(e, true);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures.keySet()).isEmpty();
    }

    // ---- a random life

    /** The files themselves, as a disk would have them. */
    private final Set<String> disk = new ConcurrentSkipListSet<>();

    private final Map<String, String> ownerOfChat = new ConcurrentHashMap<>();
    private final Set<String> everNamed = new ConcurrentSkipListSet<>();

    @Test
    void whatever_happens_no_file_that_a_chat_names_is_lost_and_what_none_names_goes() throws Exception {
        for (long seed = 1; seed <= 3; seed++) {
            life(new Random(seed));
        }
    }

    private void life(Random random) throws Exception {
        var over = new CountDownLatch(1);
        Thread collecting = collecting(over, random.nextLong());
        for (int i = 0; i < 150; i++) {
            step(random);
            if (kind != Stores.MEMORY && i % 60 == 59) {
                over.countDown();
                collecting.join();
                engine.close(); // what was queued, held or half said goes on in the next life
                live();
                over = new CountDownLatch(1);
                collecting = collecting(over, random.nextLong());
            }
        }
        over.countDown();
        collecting.join();
        nothingIsLost();
        for (Map.Entry<String, String> chat : Map.copyOf(ownerOfChat).entrySet()) {
            agent.go(chat.getKey()).release(1000);
            engine.chats().delete(chat.getValue(), chat.getKey());
            ownerOfChat.remove(chat.getKey());
        }
        collect(new Random(0), muchLater.plusMillis(1), 0);
        assertThat(disk).doesNotContainAnyElementsOf(everNamed);
        assertThat(disk).isNotEmpty();
    }

    /** Takes what is loose, all the time; sometimes it dies before it has removed what it took. */
    private Thread collecting(CountDownLatch over, long seed) {
        Random random = new Random(seed);
        return Thread.ofVirtual().start(() -> {
            while (over.getCount() > 0) {
                collect(random, later, 3);
            }
        });
    }

    private void collect(Random random, Instant before, int dyingOf) {
        for (Entry entry : register.loose(before, 100)) {
            if (register.take(entry.id(), before)) {
                disk.remove(entry.id());
                if (dyingOf == 0 || random.nextInt(dyingOf) > 0) {
                    register.remove(entry.id());
                }
            }
        }
    }

    private void step(Random random) throws Exception {
        List<String> chats = List.copyOf(ownerOfChat.keySet());
        String chat = chats.isEmpty() ? "" : chats.get(random.nextInt(chats.size()));
        String owner = ownerOfChat.getOrDefault(chat, random.nextBoolean() ? ME : "you");
        try {
            switch (chats.isEmpty() ? random.nextInt(2) : random.nextInt(9)) {
                case 0 -> disk.add(file(owner, 1));
                case 1 -> {
                    Sent sent = chatAbout(owner, verb(random), some(owner, random));
                    ownerOfChat.put(sent.contextId(), owner);
                }
                case 2, 3 ->
                    engine.send(Send.next(
                            owner, naming(verb(random), some(owner, random)).in(chat, null)));
                case 4 -> ownerOfChat.put(engine.chats().fork(owner, chat, null, null, RequestKey.NONE), owner);
                case 5 -> {
                    List<Said> said = engine.chats().messages(owner, chat, null, null, 100).messages().stream()
                            .filter(each -> each.message().role() == dev.millrace.protocol.Role.USER)
                            .toList();
                    String message =
                            said.get(random.nextInt(said.size())).message().messageId();
                    engine.chats()
                            .edit(
                                    owner,
                                    chat,
                                    message,
                                    naming(verb(random), some(owner, random)).in(chat, null),
                                    RequestKey.NONE);
                }
                case 6 -> agent.go(chat).release();
                case 7 -> engine.interrupt(owner, chat);
                default -> {
                    engine.chats().delete(owner, chat);
                    ownerOfChat.remove(chat);
                }
            }
        } catch (Refused e) {
            assertThat(e.reason()).isIn(Refused.Reason.NOT_NOW, Refused.Reason.NO_MESSAGE, Refused.Reason.QUEUE_FULL);
        }
        nothingIsLost();
    }

    private static String verb(Random random) {
        return List.of("say", "say", "hold", "ask", "fail").get(random.nextInt(5)) + " words";
    }

    /** Some of the owner's files, held, as who sends them does it. */
    private String[] some(String owner, Random random) {
        List<String> there = register.list(owner, 100, null).items().stream()
                .map(Entry::id)
                .filter(disk::contains)
                .toList();
        var some = new TreeSet<String>();
        for (int i = 0; i < random.nextInt(3) && !there.isEmpty(); i++) {
            String file = there.get(random.nextInt(there.size()));
            if (register.hold(file, muchLater) && disk.contains(file)) {
                some.add(file);
            }
        }
        everNamed.addAll(some);
        return some.toArray(String[]::new);
    }

    private void nothingIsLost() throws Exception {
        for (String chat : ownerOfChat.keySet()) {
            var named = new TreeSet<String>();
            store.read(chat, reader -> {
                reader.events(chat, 0, 10_000)
                        .forEach(
                                entry -> named.addAll(FileNames.in(entry.event().json())));
                return named;
            });
            assertThat(disk).as("what %s names", chat).containsAll(named);
        }
    }
}
