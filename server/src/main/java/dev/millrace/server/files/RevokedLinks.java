package dev.millrace.server.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Links that were revoked before their time, until it is over. Kept in a file, one line for each, synced before the
 * revocation is acknowledged; or in memory only. Safe for use by many threads.
 */
final class RevokedLinks {
    private final @Nullable Path file;
    private final Map<String, Instant> untilBySignature = new ConcurrentHashMap<>();

    private RevokedLinks(@Nullable Path file) {
        this.file = file;
    }

    static RevokedLinks inMemory() {
        return new RevokedLinks(null);
    }

    /** @param now what was over by then is forgotten */
    static RevokedLinks inFile(Path file, Instant now) throws IOException {
        RevokedLinks links = new RevokedLinks(file);
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                String[] words = line.split(" ", -1);
                // A line that a crash cut short was never acknowledged.
                if (words.length == 2 && words[1].matches("[0-9]{1,12}")) {
                    Instant until = Instant.ofEpochSecond(Long.parseLong(words[1]));
                    if (until.isAfter(now)) {
                        links.untilBySignature.put(words[0], until);
                    }
                }
            }
            List<String> lines = links.untilBySignature.entrySet().stream()
                    .map(link -> line(link.getKey(), link.getValue()))
                    .toList();
            Path part = file.resolveSibling(file.getFileName() + ".part");
            Files.write(
                    part,
                    lines,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.SYNC);
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        }
        return links;
    }

    private static String line(String signature, Instant until) {
        return signature + ' ' + until.getEpochSecond();
    }

    synchronized void revoke(LinkSigner.Link link) throws IOException {
        if (untilBySignature.containsKey(link.signature())) {
            return;
        }
        if (file != null) {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(
                    file,
                    line(link.signature(), link.until()) + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND,
                    StandardOpenOption.SYNC);
        }
        untilBySignature.put(link.signature(), link.until());
    }

    boolean contains(String signature) {
        return untilBySignature.containsKey(signature);
    }
}
