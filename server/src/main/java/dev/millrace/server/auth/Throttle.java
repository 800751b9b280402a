package dev.millrace.server.auth;

import dev.millrace.server.http.Gate.Stay;
import dev.millrace.server.http.HttpProblem;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Counts what each client asks for. The rate is kept as one time for each client: when it will have nothing on its account
 * any more (GCRA, ITU-T I.371), which needs no timer. Any thread; never blocks.
 *
 * <p>Its memory is bounded: at most {@value #MOST} clients have accounts. Accounts that say nothing any more are cleared
 * when room is needed; if there is none, newcomers share one account.
 */
final class Throttle {
    static final int MOST = 65_536;
    private static final String THE_REST = "";
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    /** A guess at when one of a client's streams is over. */
    private static final int OPEN_RETRY_SECONDS = 5;

    private static final class Account {
        private long emptyAt;
        private int open;

        Account(long now) {
            emptyAt = now;
        }

        boolean saysNothing(long now) {
            return open == 0 && emptyAt - now <= 0;
        }
    }

    private final LongSupplier nanoTime;
    private final ConcurrentHashMap<String, Account> accounts = new ConcurrentHashMap<>();
    private final AtomicLong clearedAt;

    /** @param nanoTime as {@link System#nanoTime} */
    Throttle(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.clearedAt = new AtomicLong(nanoTime.getAsLong() - SECOND);
    }

    /**
     * Counts a request in.
     *
     * @throws HttpProblem 429 if it is one too many
     */
    Stay enter(String client, Rates rates) throws HttpProblem {
        if (rates.perSecond() == 0 && rates.open() == 0) {
            return () -> {};
        }
        long now = nanoTime.getAsLong();
        String name = accounts.containsKey(client) || hasRoom(now) ? client : THE_REST;
        long interval = rates.perSecond() == 0 ? 0 : SECOND / rates.perSecond();
        long ahead = interval * rates.burst();
        var wait = new long[1];
        var tooMany = new boolean[1];
        accounts.compute(name, (key, known) -> {
            Account account = known == null ? new Account(now) : known;
            long emptyAt = Math.max(account.emptyAt - now, 0) + interval;
            if (rates.open() > 0 && account.open >= rates.open()) {
                tooMany[0] = true;
            } else if (emptyAt > ahead) {
                wait[0] = emptyAt - ahead;
            } else {
                account.emptyAt = now + emptyAt;
                account.open++;
            }
            return account;
        });
        if (tooMany[0]) {
            throw refused(
                    "There are " + rates.open() + " requests and streams of yours open already; close one first.",
                    OPEN_RETRY_SECONDS);
        }
        if (wait[0] > 0) {
            throw refused(
                    "This server takes " + rates.perSecond() + " requests a second of one client; slow down.",
                    Math.ceilDiv(wait[0], SECOND));
        }
        return () -> leave(name);
    }

    private void leave(String name) {
        long now = nanoTime.getAsLong();
        accounts.computeIfPresent(name, (key, account) -> {
            account.open--;
            return account.saysNothing(now) ? null : account;
        });
    }

    private boolean hasRoom(long now) {
        if (accounts.size() < MOST) {
            return true;
        }
        long last = clearedAt.get();
        if (now - last >= SECOND && clearedAt.compareAndSet(last, now)) {
            accounts.keySet()
                    .forEach(name -> accounts.computeIfPresent(
                            name, (key, account) -> account.saysNothing(now) ? null : account));
        }
        return accounts.size() < MOST;
    }

    /** How many clients have accounts. */
    int size() {
        return accounts.size();
    }

    private static HttpProblem refused(String detail, long seconds) {
        return new HttpProblem(429, "too-many-requests", "Too many requests", detail)
                .header("Retry-After", Long.toString(seconds));
    }
}
