package dev.millrace.bench.simulate;

import dev.millrace.core.Doorbell;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The database, the servers on it, and the network between them and their users. */
final class World {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** What became of a request. */
    sealed interface Answer<R> {
        record Done<R>(R result) implements Answer<R> {}

        record Declined<R>(Refused reason) implements Answer<R> {}

        /** No answer came: it was done or it was not. */
        record Lost<R>() implements Answer<R> {}
    }

    private final Scheduler scheduler;
    private final Scenario scenario;
    private final Audit audit = new Audit();
    private final Database database;
    private final Grapevine grapevine;
    private final Script.Runs runs = new Script.Runs();
    private final Host users;
    private final List<Server> servers = new ArrayList<>();
    private int started;
    private int ids;
    private boolean healed;

    World(Scheduler scheduler, Scenario scenario) {
        this.scheduler = scheduler;
        this.scenario = scenario;
        database = new Database(scheduler, audit, scenario.shared());
        grapevine = new Grapevine(scheduler, scenario.unreliable());
        users = new Host(scheduler, new Lane(scheduler, "users"));
    }

    Scheduler scheduler() {
        return scheduler;
    }

    Scenario scenario() {
        return scenario;
    }

    Audit audit() {
        return audit;
    }

    Database database() {
        return database;
    }

    Grapevine grapevine() {
        return grapevine;
    }

    Script.Runs runs() {
        return runs;
    }

    /** Where users and readers are: it never breaks. */
    Host users() {
        return users;
    }

    String nextId() {
        return "%05d".formatted(++ids);
    }

    void start() {
        for (int i = 0; i < scenario.servers(); i++) {
            startAnother();
        }
    }

    void startAnother() {
        var server = new Server(scheduler, scenario, this, "s" + ++started);
        servers.add(server);
        server.start();
    }

    /** Those that were neither killed nor stopped, starting ones included. */
    List<Server> servers() {
        servers.removeIf(Server::gone);
        return servers.stream().filter(server -> !server.stopping()).toList();
    }

    /** Starts as many as are missing; a store that is one server's alone is free when that is gone. */
    void complete() {
        while (servers().size() < scenario.servers() && (scenario.shared() || servers.isEmpty())) {
            startAnother();
        }
    }

    /** Nothing is wrong any more, and nothing will be. */
    void heal() {
        scheduler.note("faults", "all is well from here on");
        healed = true;
        database.setFull(false);
        servers.removeIf(Server::gone);
        for (Server server : List.copyOf(servers)) {
            server.mend();
            server.wire().slowDown(0);
            if (server.lane().frozen()) {
                server.lane().thaw();
            }
        }
        complete();
    }

    boolean healed() {
        return healed;
    }

    @Nullable Server anyUp() {
        List<Server> up = servers().stream().filter(Server::up).toList();
        return up.isEmpty() ? null : up.get(scheduler.random().nextInt(up.size()));
    }

    void sleep(Duration time) {
        try {
            boolean rung = new Doorbell(users).await(time);
            assert !rung;
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts a user", e);
        }
    }

    private static final class Mailbox<R> {
        @Nullable Answer<R> answer;
    }

    private long latency() {
        return scheduler.random().nextLong(2_000_000);
    }

    /** Asks any server. The calling user waits for the answer, but not for ever. */
    <R> Answer<R> ask(String what, Function<Engine, R> request) {
        Server server = anyUp();
        if (server == null) {
            sleep(Duration.ofMillis(500));
            return new Answer.Lost<>();
        }
        var box = new Mailbox<R>();
        var bell = new Doorbell(users);
        scheduler.note("users", "ask " + server.name() + " to " + what);
        scheduler.after(latency(), () -> {
            if (server.up()) {
                server.lane().start("request", () -> {
                    Answer<R> answer = answer(server, request);
                    scheduler.after(latency(), () -> {
                        if (!server.lane().dead()) {
                            box.answer = answer;
                            bell.ring();
                        }
                    });
                });
            }
        });
        try {
            boolean rung = bell.await(PATIENCE);
            Answer<R> answer = rung && box.answer != null ? box.answer : new Answer.Lost<>();
            scheduler.note("users", "are told of \"" + what + "\": " + words(answer));
            return answer;
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts a user", e);
        }
    }

    private static String words(Answer<?> answer) {
        return switch (answer) {
            case Answer.Done<?> done -> "done";
            case Answer.Declined<?> declined ->
                declined.reason().reason() + ", " + declined.reason().getMessage();
            case Answer.Lost<?> lost -> "nothing";
        };
    }

    private static <R> Answer<R> answer(Server server, Function<Engine, R> request) {
        try {
            return new Answer.Done<>(request.apply(server.engine()));
        } catch (Refused refused) {
            return new Answer.Declined<>(refused);
        }
    }
}
