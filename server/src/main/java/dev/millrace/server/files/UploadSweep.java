package dev.millrace.server.files;

import dev.millrace.engine.store.FileRegister;
import dev.millrace.engine.store.FileRegister.Entry;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.server.files.Uploads.About;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what nobody needs any more: files whose last chat was deleted a while ago, and uploads that do not go on. Several
 * servers may do so at once: the register gives each file to one of them, and to remove it twice does no harm. What a crash has
 * left half removed is removed the next time.
 *
 * <p>Once, first, it tells the register of files that are there and that it does not know: those from before there was one.
 */
final class UploadSweep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(UploadSweep.class);

    /** Removed between two looks. */
    private static final int AT_ONCE = 100;

    private final Arrivals arrivals;
    private final Vault vault;
    private final Uploads uploads;
    private final FileRegister register;
    private final UploadLife life;
    private final InstantSource clock;
    private @Nullable Thread thread;
    private volatile boolean closed;

    UploadSweep(
            Arrivals arrivals,
            Vault vault,
            Uploads uploads,
            FileRegister register,
            UploadLife life,
            InstantSource clock) {
        this.arrivals = arrivals;
        this.vault = vault;
        this.uploads = uploads;
        this.register = register;
        this.life = life;
        this.clock = clock;
    }

    /** Begins to look, and goes on until it is closed. */
    void start() {
        thread = Thread.ofVirtual().name("millrace-uploads").start(() -> {
            try {
                boolean told = false;
                while (!closed) {
                    told = told || carefully(this::tell);
                    carefully(this::sweep);
                    Thread.sleep(life.pause());
                }
            } catch (InterruptedException e) {
                LOG.debug("no more uploads are removed");
            }
        });
    }

    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    private boolean carefully(Step step) {
        try {
            step.run();
            return true;
        } catch (IOException | StoreFailure e) {
            if (!closed) {
                LOG.warn("uploads that are over could not be looked for; later: {}", e.toString());
            }
            return false;
        }
    }

    /** Tells the register what it does not know. */
    void tell() throws IOException {
        Instant now = clock.instant();
        vault.forEach(about -> {
            if (register.find(about.id()) == null) {
                var _ = register.add(about.entry(now, null), FileRegister.NO_QUOTA);
                removeIfGone(about);
            }
        });
        arrivals.forEach(about -> {
            if (register.find(about.id()) == null) {
                var _ = register.add(about.entry(now, null), FileRegister.NO_QUOTA);
            }
        });
    }

    /** Somebody may have removed it between the look and the note. */
    private void removeIfGone(About about) {
        try {
            vault.forget(about.id());
            if (vault.find(about.id()).isEmpty()) {
                register.remove(about.id());
            }
        } catch (IOException e) {
            LOG.debug("{} is taken to be there: {}", about.id(), e.toString());
        }
    }

    /** Removes what is over by now. */
    void sweep() throws IOException {
        Instant now = clock.instant();
        Instant loose = now.minus(life.grace());
        while (removeAll(register.loose(loose, AT_ONCE), entry -> collect(entry, loose))) {
            LOG.debug("more files that nobody needs");
        }
        Instant idle = now.minus(life.unfinished());
        while (removeAll(register.unfinished(idle, AT_ONCE), entry -> giveUp(entry, idle))) {
            LOG.debug("more uploads that do not go on");
        }
    }

    @FunctionalInterface
    private interface Removal {
        boolean of(Entry entry) throws IOException;
    }

    /** True if there may be more. What fails is for the next sweep. */
    private boolean removeAll(List<Entry> entries, Removal removal) {
        int removed = 0;
        for (Entry entry : entries) {
            if (closed) {
                return false;
            }
            try {
                removed += removal.of(entry) ? 1 : 0;
            } catch (IOException e) {
                LOG.warn("the upload {} could not be removed; later: {}", entry.id(), e.toString());
            }
        }
        return entries.size() == AT_ONCE && removed > 0;
    }

    private boolean collect(Entry entry, Instant before) throws IOException {
        if (!register.take(entry.id(), before)) {
            return true; // It is of use again, and no longer in the list.
        }
        uploads.removeTaken(About.of(entry));
        LOG.debug("removed {}, which no chat names any more", entry.id());
        return true;
    }

    private boolean giveUp(Entry entry, Instant before) throws IOException {
        vault.forget(entry.id());
        Optional<About> whole = vault.find(entry.id());
        if (whole.isPresent() && whole.get().sha256() != null) {
            // A crash came between the vault and the register.
            register.finish(
                    entry.id(), whole.get().size(), String.valueOf(whole.get().sha256()), entry.touchedAt());
            return true;
        }
        boolean gone = arrivals.remove(entry.id(), () -> {
            Entry now = register.find(entry.id());
            return now != null && !now.isWhole() && now.touchedAt().isBefore(before);
        });
        if (gone) {
            register.remove(entry.id());
            LOG.debug("gave up the upload {}", entry.id());
        }
        return gone;
    }

    /** When this returns, nothing is removed any more. */
    @Override
    public void close() {
        closed = true;
        Thread running = thread;
        if (running != null) {
            running.interrupt();
            boolean interrupted = false;
            while (running.isAlive()) {
                try {
                    var _ = running.join(Duration.ofSeconds(1));
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
