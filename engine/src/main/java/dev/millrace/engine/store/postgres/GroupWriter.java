package dev.millrace.engine.store.postgres;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.StoreFailure;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that decides and writes groups over one connection.
 *
 * <p><b>A round.</b> Every submit of the group is decided on the view of its context that is kept here; if none is kept,
 * on the guess that the context is new. Then one statement writes all of it, each context by compare-and-set. So a write
 * takes one round trip. A decision to write nothing (a refusal, say) must not rest on a guess, so the context is read
 * first; and if it rests on a view that was kept, the same statement checks that nobody wrote since.
 *
 * <p><b>Who loses</b> because another process was faster is undone, read again, and decided again; after
 * {@value #LOSSES} losses it is decided under a lock on the context's row, so that nobody is overtaken for ever.
 *
 * <p><b>Failing.</b> What the server refuses is undone whole, and each submit tried alone, so that one bad write harms
 * nobody else. If the connection is lost while a group is under way, a new one learns whether the group was committed
 * ({@link WriterConnection}); only then is it told or tried again. Without a connection, submits wait as long as the
 * store's patience, and fail then.
 */
final class GroupWriter {
    private static final Logger LOG = LoggerFactory.getLogger(GroupWriter.class);

    private static final int LOSSES = 2;

    /** How often the same is tried again after the server or the connection failed. */
    private static final int FAILURES = 3;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(10);
    private static final Duration LAST_PAUSE = Duration.ofSeconds(1);

    private final WriterConnection connection;
    private final Lines lines;
    private final Views views;
    private final Durability durability;
    private final Duration patience;
    private final Consumer<Change> wrote;
    private final Thread thread;
    private boolean down;

    /** @param wrote told of each change that was written */
    GroupWriter(
            WriterConnection connection,
            Lines lines,
            Views views,
            Durability durability,
            Duration patience,
            Consumer<Change> wrote,
            String name) {
        this.connection = connection;
        this.lines = lines;
        this.views = views;
        this.durability = durability;
        this.patience = patience;
        this.wrote = wrote;
        thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    Thread thread() {
        return thread;
    }

    private void run() {
        for (List<Member> taken = lines.take(durability); !taken.isEmpty(); taken = lines.take(durability)) {
            try {
                write(taken);
            } catch (RuntimeException | Error e) {
                LOG.error("a group could not be written; the writer goes on", e);
                connection.drop();
                taken.forEach(member -> member.fail(new StoreFailure("the PostgreSQL store failed: " + e, e)));
            } finally {
                lines.done(taken);
            }
        }
        connection.close();
    }

    private void write(List<Member> members) {
        List<Member> rest = members;
        while (!rest.isEmpty()) {
            var together = new ArrayList<Member>();
            var again = new ArrayList<Member>();
            for (Member member : rest) {
                if (member.losses() > LOSSES) {
                    again.addAll(round(List.of(member), true));
                } else {
                    together.add(member);
                }
            }
            if (!together.isEmpty()) {
                again.addAll(round(together, false));
            }
            rest = again;
        }
    }

    /** Decides and writes these; gives those that must go again. */
    private List<Member> round(List<Member> members, boolean lock) {
        Connection current = connection.get();
        if (current == null) {
            if (!reconnect(members, false)) {
                members.forEach(Member::undo);
                return List.of();
            }
            current = Objects.requireNonNull(connection.get());
        }
        long before = connection.group();
        try {
            if (lock) {
                current.setAutoCommit(false);
            }
            decide(current, members, lock);
            Set<String> lost = ask(current, members);
            if (lock) {
                current.commit();
                current.setAutoCommit(true);
            }
            return settle(members, lost);
        } catch (SQLException e) {
            return failed(members, e, before);
        } catch (StoreFailure e) {
            return failed(members, e.getCause() instanceof SQLException cause ? cause : new SQLException(e), before);
        } catch (RuntimeException | Error e) {
            connection.drop(); // its transaction, if there is one, ends with it
            members.forEach(Member::undo);
            throw e;
        }
    }

    private void decide(Connection current, List<Member> members, boolean lock) throws SQLException {
        var queries = new PostgresReader(current);
        List<Member> behind = members.stream().filter(each -> each.losses() > 0).toList();
        Map<String, View> read = read(current, behind, lock);
        var unsure = new ArrayList<Member>();
        for (Member member : members) {
            View view = read.containsKey(member.contextId())
                    ? read.get(member.contextId())
                    : Objects.requireNonNullElseGet(views.get(member.contextId()), View::guess);
            if (!member.decide(Objects.requireNonNull(view), queries)) {
                unsure.add(member);
            }
        }
        read = read(current, unsure, false);
        for (Member member : unsure) {
            member.decide(Objects.requireNonNull(read.get(member.contextId())), queries);
        }
    }

    private static Map<String, View> read(Connection current, List<Member> members, boolean lock) throws SQLException {
        if (members.isEmpty()) {
            return Map.of();
        }
        var query = new ViewQuery(members);
        return lock ? query.lockAndRun(current) : query.run(current);
    }

    /** Writes what is to be written and checks what rests on a kept view; gives the contexts that lost. */
    private Set<String> ask(Connection current, List<Member> members) throws SQLException {
        List<Change> changes =
                members.stream().filter(Member::mustBeAsked).map(Member::change).toList();
        if (changes.isEmpty()) {
            return Set.of();
        }
        boolean durable = durability == Durability.FSYNCED && changes.stream().anyMatch(Change::writes);
        return connection.write(current, changes, durable);
    }

    /** The group is committed, but for those that lost. */
    private List<Member> settle(List<Member> members, Set<String> lost) {
        var again = new ArrayList<Member>();
        for (Member member : members) {
            if (lost.contains(member.contextId())) {
                views.drop(member.contextId());
                member.lose();
                again.add(member);
                continue;
            }
            Change change = member.change();
            views.put(member.contextId(), change.after());
            if (change.writes()) {
                wrote.accept(change);
            }
            if (!member.tell()) {
                again.add(member);
            }
        }
        return again;
    }

    /** @param before the group that was written last, before this one */
    private List<Member> failed(List<Member> members, SQLException e, long before) {
        boolean lost = Connections.lost(e);
        boolean asked = connection.group() > before;
        connection.drop(); // also what else may be left in it: a transaction, a cancelled statement
        if (lost && asked) {
            LOG.warn(
                    "the connection was lost while a group was written, finding out what became of it: {}",
                    e.toString());
            return resolve(members, e);
        }
        return again(members, e, lost || passing(e));
    }

    /** Nothing of these was written; gives those that go again together. */
    private List<Member> again(List<Member> members, SQLException e, boolean passing) {
        members.forEach(Member::failOnce);
        Member first = members.getFirst();
        if (passing && first.failures() < FAILURES) {
            return members;
        }
        if (members.size() > 1 || first.submits().size() > 1) {
            members.forEach(member -> member.split().forEach(each -> write(List.of(each))));
            return List.of();
        }
        if (passing && first.waitedLessThan(patience)) {
            return members;
        }
        LOG.error("a write failed and was undone: {}", e.toString());
        first.fail(new StoreFailure("the PostgreSQL store could not write: " + e.getMessage(), e));
        return List.of();
    }

    /** Deadlock, serialization, lock or statement timeout, fenced: it may go well the next time. */
    private static boolean passing(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        return state.startsWith("40") || state.equals("55P03") || state.equals("57014") || state.equals("MR001");
    }

    private List<Member> resolve(List<Member> members, SQLException e) {
        long group = connection.group();
        WriterConnection.Found found = reconnectInDoubt(members);
        if (found == null) {
            members.forEach(member -> member.fail(unknown()));
            return List.of();
        }
        if (found.lastGroup() == group) {
            return settle(members, found.lost());
        }
        return again(members, e, true);
    }

    private static StoreFailure unknown() {
        return new StoreFailure(
                "the connection to PostgreSQL was lost while this was written, and whether it was written"
                        + " could not be learned; ask again with the same id");
    }

    private boolean reconnect(List<Member> members, boolean inDoubt) {
        return connect(members, inDoubt, new WriterConnection.@Nullable Found[1]);
    }

    private WriterConnection.@Nullable Found reconnectInDoubt(List<Member> members) {
        var found = new WriterConnection.@Nullable Found[1];
        return connect(members, true, found) ? found[0] : null;
    }

    /**
     * Tries until there is a connection. False if all of the members were given up before; those in doubt are held for as
     * long as the store is open, though nobody waits for them any more: if they were committed, what follows must be done.
     */
    private boolean connect(List<Member> members, boolean inDoubt, WriterConnection.@Nullable Found[] found) {
        Duration pause = FIRST_PAUSE;
        while (true) {
            try {
                found[0] = connection.open();
                if (down) {
                    LOG.info("PostgreSQL can be reached again");
                }
                down = false;
                return true;
            } catch (SQLException e) {
                if (!down) {
                    LOG.error("PostgreSQL can't be reached, trying again: {}", e.getMessage());
                }
                down = true;
                var reason = new StoreFailure("PostgreSQL can't be reached: " + e.getMessage(), e);
                lines.giveUp(patience, reason);
                members.forEach(each -> each.giveUpLate(patience.toNanos(), inDoubt ? unknown() : reason));
                if (members.stream().allMatch(Member::allGivenUp) && (!inDoubt || lines.closed())) {
                    return false;
                }
            }
            Lines.pause(pause);
            pause = pause.compareTo(LAST_PAUSE) < 0 ? pause.multipliedBy(2) : pause;
        }
    }
}
