package dev.millrace.server.files;

import dev.millrace.engine.Agent;
import dev.millrace.engine.AgentCatalog.Listing;
import dev.millrace.engine.Turn;
import dev.millrace.engine.store.FileNames;
import dev.millrace.files.BucketException;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.RawPart;
import dev.millrace.protocol.UrlPart;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files in conversations, so that a journal holds where their bytes are, and an agent holds the bytes.
 *
 * <p>A {@code url} part that names an uploaded file of the conversation's owner reaches the agent as a {@code raw} part
 * (files of up to 8 MiB, 32 MiB in one turn, the newest first; others stay URLs). A {@code raw} part of more than 64 KiB
 * that an agent emits in an artifact is kept as an uploaded file of that owner, and the journal, and so every reader, gets
 * a {@code url} part. An agent that is run again after a crash and makes the same artifact makes no second file.
 *
 * <p>On a server that takes no uploads everything stays as it is. Safe for use by many threads.
 */
public final class Attachments {
    /** Smaller ones cost a reader less in the journal than one more request would. */
    static final int STAYS_INLINE = 64 << 10;

    private static final int OPENED = 8 << 20;
    private static final long OPENED_IN_ALL = 32 << 20;

    private static final Pattern CANONICAL = Pattern.compile(Pattern.quote(FileNames.BEFORE) + "[0-9a-f]{32}/");

    private static final Logger LOG = LoggerFactory.getLogger(Attachments.class);

    private final @Nullable Uploads uploads;
    private final String base;

    /** @param publicUrl what the URLs of stored artifacts begin with; null: they are paths of this server */
    Attachments(@Nullable Uploads uploads, @Nullable URI publicUrl) {
        this.uploads = uploads;
        this.base = publicUrl == null ? "" : publicUrl.toString().replaceFirst("/+$", "");
    }

    /** The same agents, with their conversations' files at hand. */
    public List<Listing> given(List<Listing> agents) {
        return agents.stream()
                .map(each -> new Listing(each.name(), each.description(), given(each.agent())))
                .toList();
    }

    private Agent given(Agent agent) {
        Agent filed = new Agent() {
            @Override
            public void run(Turn turn) throws Exception {
                agent.run(uploads == null ? turn : new FiledTurn(turn, Attachments.this));
            }

            @Override
            public Agent inner() {
                return agent.inner();
            }
        };
        return agent.repliesWithMessage() ? Agent.replying(filed) : filed;
    }

    /**
     * The message with the name and type of each uploaded file that it names.
     *
     * @throws InvalidField if it names an uploaded file that is not there, or is not its owner's
     * @throws HttpProblem if the place where they are kept cannot tell now
     */
    public Message checked(String owner, Message message) throws HttpProblem {
        List<Part> parts = new ArrayList<>();
        for (Part part : message.parts()) {
            if (part instanceof UrlPart url && path(url.url()).isPresent()) {
                Uploads.About about = told(owner, url)
                        .orElseThrow(() -> new InvalidField(
                                "message.parts[" + parts.size() + "].url",
                                "names no file of yours; use the url that the upload was answered with"));
                parts.add(described(url, about));
            } else {
                parts.add(part);
            }
        }
        return message.withParts(parts);
    }

    private Optional<Uploads.About> told(String owner, UrlPart url) throws HttpProblem {
        try {
            Optional<String> path = path(url.url());
            return uploads == null || path.isEmpty() ? Optional.empty() : uploads.held(owner, path.get());
        } catch (BucketException e) {
            LOG.warn("a message names {}: {}", url.url(), e.getMessage());
            throw Problems.of(e);
        } catch (IOException e) {
            throw new UncheckedIOException("what is known of " + url.url() + " cannot be read", e);
        }
    }

    private static UrlPart described(UrlPart url, Uploads.About about) {
        return new UrlPart(
                url.url(),
                url.metadata(),
                url.filename() == null ? about.name() : url.filename(),
                url.mediaType() == null ? about.mediaType() : url.mediaType());
    }

    // ---- for turns

    /** What one turn may still be given, in bytes. */
    static AtomicLong allowance() {
        return new AtomicLong(OPENED_IN_ALL);
    }

    /** The message with the bytes of the files that it names, as far as the allowance goes. */
    Message opened(String owner, Message message, AtomicLong allowance) {
        if (message.parts().stream()
                .noneMatch(
                        part -> part instanceof UrlPart url && path(url.url()).isPresent())) {
            return message;
        }
        return message.withParts(message.parts().stream()
                .map(part -> part instanceof UrlPart url ? opened(owner, url, allowance) : part)
                .toList());
    }

    private Part opened(String owner, UrlPart url, AtomicLong allowance) {
        UrlPart described = url;
        try {
            Uploads.About about = find(owner, url).orElse(null);
            if (about == null || uploads == null) {
                return url;
            }
            described = described(url, about);
            if (about.size() > OPENED || about.size() > allowance.get()) {
                return described;
            }
            byte[] bytes = uploads.read(about);
            allowance.addAndGet(-bytes.length);
            return new RawPart(bytes, described.metadata(), described.filename(), described.mediaType());
        } catch (IOException e) {
            LOG.warn("an agent is not given {}: {}", url.url(), e.toString());
            return described;
        }
    }

    /**
     * The artifact with its large parts kept as files.
     *
     * @throws UncheckedIOException if they cannot be kept
     */
    Artifact stored(Turn turn, Artifact artifact) {
        if (uploads == null || artifact.parts().stream().noneMatch(Attachments::isLarge)) {
            return artifact;
        }
        List<Part> parts = new ArrayList<>();
        for (Part part : artifact.parts()) {
            parts.add(part instanceof RawPart raw && isLarge(raw) ? stored(uploads, turn, artifact, raw) : part);
        }
        return artifact.withParts(parts);
    }

    private static boolean isLarge(Part part) {
        return part instanceof RawPart raw && raw.raw().length > STAYS_INLINE;
    }

    private UrlPart stored(Uploads into, Turn turn, Artifact artifact, RawPart raw) {
        String name = raw.filename() != null ? raw.filename() : artifact.name() != null ? artifact.name() : "file";
        try {
            Uploads.About about = into.keep(
                    turn.owner(), turn.taskId() + '/' + artifact.artifactId(), name, raw.mediaType(), raw.raw());
            return new UrlPart(base + about.url(), raw.metadata(), raw.filename(), about.mediaType());
        } catch (IOException e) {
            throw new UncheckedIOException("the file " + name + " could not be kept: " + e.getMessage(), e);
        }
    }

    // ---- which file a URL names

    private Optional<Uploads.About> find(String owner, UrlPart url) throws IOException {
        Optional<String> path = path(url.url());
        return uploads == null || path.isEmpty() ? Optional.empty() : uploads.at(owner, path.get());
    }

    /** Below {@code /files/uploads/}, decoded; empty for every other URL. */
    private Optional<String> path(String url) {
        String own = !base.isEmpty() && url.startsWith(base + '/') ? url.substring(base.length()) : url;
        String root = FileNames.BEFORE;
        if (uploads == null || !own.startsWith(root)) {
            return Optional.empty();
        }
        if (!CANONICAL.matcher(own).lookingAt()) {
            return Optional.of(""); // Not as it was given out, so the register would not see that it is named.
        }
        try {
            return Optional.of(URI.create(own).getPath().substring(root.length()));
        } catch (IllegalArgumentException e) {
            return Optional.of("");
        }
    }
}
