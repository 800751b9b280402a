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

/** Kept in a file, synced before a revocation is acknowledged; or in memory only. */
final class ListedRevocations implements RevokedLinks {
    private final @Nullable Path file;
    private final Map<String, Instant> untilBySignature = new ConcurrentHashMap<>();

    ListedRevocations(@Nullable Path file) {
        this.file = file;
    }

    static ListedRevocations inFile(Path file, Instant now) throws IOException {
        ListedRevocations links = new ListedRevocations(file);
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

    @Override
    public synchronized void revoke(LinkSigner.Link link) throws IOException {
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

    @Override
    public boolean contains(String signature) {
        return untilBySignature.containsKey(signature);
    }
}
