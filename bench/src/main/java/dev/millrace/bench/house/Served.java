package dev.millrace.bench.house;

import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.engine.store.postgres.PostgresAddress;
import dev.millrace.engine.store.postgres.PostgresSettings;
import dev.millrace.engine.store.postgres.PostgresStore;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.server.http.HttpServer;
import dev.millrace.server.http.Router;
import java.nio.file.Path;

/** The main of a house's process: serves until its standard input ends, which it does when the parent dies, too. */
final class Served {
    private Served() {}

    /** @param arguments the kind of house, and a data folder if its store is SQLite, or PostgreSQL's address */
    public static void main(String[] arguments) throws Exception {
        if (House.Kind.valueOf(arguments[0]) == House.Kind.BARE) {
            System.out.println(House.READY + BareHouse.open());
            System.exit(System.in.read() < 0 ? 0 : 1);
        }
        Store store = arguments.length > 1 ? open(arguments[1]) : new MemoryStore();
        var controls = new Controls();
        var router = new Router();
        controls.register(router);
        AutoCloseable house =
                switch (House.Kind.valueOf(arguments[0])) {
                    case MILLRACE -> MillraceHouse.open(store, controls, router);
                    case TICKER -> TickerHouse.open(store, controls, router);
                    case BROADCAST -> BroadcastHouse.open(controls, router);
                    case BARE -> throw new IllegalStateException("it has no store and no router");
                };
        HttpServer http = HttpServer.builder(router).build();
        http.start();
        System.out.println(House.READY + http.port());
        int end = System.in.read();
        house.close();
        System.exit(end < 0 ? 0 : 1); // without waiting for connections: nobody is there
    }

    private static Store open(String where) {
        return where.startsWith("postgresql:")
                ? PostgresStore.open(PostgresSettings.of(PostgresAddress.parse(where)))
                : SqliteStore.open(Path.of(where));
    }
}
