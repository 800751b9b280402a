package dev.millrace.server.files;

import dev.millrace.engine.store.RevocationStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;

/** Links that were revoked before their time, until it is over. Safe for use by many threads. */
interface RevokedLinks {
    /** When this returns the link is no longer good, and a crash does not change that unless all is kept in memory. */
    void revoke(LinkSigner.Link link) throws IOException;

    boolean contains(String signature);

    /** Forgotten with the process. */
    static RevokedLinks inMemory() {
        return new ListedRevocations(null);
    }

    /** Shared by all servers of a store, each of which asks it about each use of a link. */
    static RevokedLinks inStore(RevocationStore store, InstantSource clock) {
        return new RevokedLinks() {
            @Override
            public void revoke(LinkSigner.Link link) {
                store.revoke(link.signature(), link.until(), clock.instant());
            }

            @Override
            public boolean contains(String signature) {
                return store.isRevoked(signature);
            }
        };
    }

    /**
     * In a file, one line for each.
     *
     * @param now what was over by then is forgotten
     */
    static RevokedLinks inFile(Path file, Instant now) throws IOException {
        return ListedRevocations.inFile(file, now);
    }
}
