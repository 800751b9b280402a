package dev.millrace.server.files;

import dev.millrace.engine.store.FileRegister;
import dev.millrace.engine.store.RevocationStore;
import dev.millrace.engine.store.SecretStore;
import dev.millrace.engine.store.memory.MemoryFileRegister;
import dev.millrace.files.BlockCache;
import dev.millrace.files.CachedSource;
import dev.millrace.files.Pipeline;
import dev.millrace.files.S3Bucket;
import dev.millrace.files.Source;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Router;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything about files that a server has: sources behind their cache, uploads, links, and the endpoints for them. */
public final class FileHouse implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FileHouse.class);

    private final FilesEndpoint files;
    private final @Nullable UploadsEndpoint uploads;
    private final LinksEndpoint links;
    private final Attachments attachments;
    private final @Nullable Uploads kept;
    private final @Nullable UploadSweep sweep;
    private final Pipeline pipeline;
    private final @Nullable BlockCache cache;

    /**
     * Opens the cache and the sources, and connects to nothing.
     *
     * @param data the server's data folder, for uploads, the links' key and those that were revoked; null for none:
     *     then nothing can be uploaded unless into a bucket, and links end with the process
     * @param publicUrl where clients reach the server, or null for what each request says
     * @throws IOException if the data folder or the cache's folder cannot be used
     */
    public FileHouse(
            Map<String, FileSourceConfig> sources,
            FileOptions options,
            @Nullable Path data,
            Identity identity,
            @Nullable URI publicUrl)
            throws IOException {
        this(sources, options, data, identity, publicUrl, null, null, null);
    }

    /**
     * The same for a server that shares a store with others.
     *
     * @param secrets where the links' key is if the options name none; null: it is this server's own
     * @param revocations where revoked links are; null: they are this server's own
     * @param register where it is noted which files there are and which are named; null: in memory, and nothing names any
     */
    public FileHouse(
            Map<String, FileSourceConfig> sources,
            FileOptions options,
            @Nullable Path data,
            Identity identity,
            @Nullable URI publicUrl,
            @Nullable SecretStore secrets,
            @Nullable RevocationStore revocations,
            @Nullable FileRegister register)
            throws IOException {
        this(
                sources,
                options,
                data,
                identity,
                publicUrl,
                secrets,
                revocations,
                register == null ? new MemoryFileRegister() : register,
                InstantSource.system());
    }

    FileHouse(
            Map<String, FileSourceConfig> sources,
            FileOptions options,
            @Nullable Path data,
            Identity identity,
            @Nullable URI publicUrl,
            @Nullable SecretStore secrets,
            @Nullable RevocationStore revocations,
            FileRegister register,
            InstantSource clock)
            throws IOException {
        this.cache = cache(options);
        this.pipeline = new Pipeline(options.pipeline());
        Map<String, Source> opened = new LinkedHashMap<>();
        sources.forEach((name, config) -> opened.put(name, cached(name, config.source(), options)));
        Keeping keeping = uploads(options, data, register, clock);
        Uploads kept = keeping == null ? null : keeping.uploads;
        this.sweep = keeping == null ? null : keeping.sweep;
        Uploads.Owners owners = kept == null ? (owner, path) -> false : kept::owns;
        if (kept != null) {
            opened.put(Uploads.SOURCE, cached(Uploads.SOURCE, kept.source(), options));
        }
        this.kept = kept;
        this.attachments = new Attachments(kept, publicUrl);
        LinkKeys keys = keys(options, data, secrets);
        RevokedLinks revoked = revoked(data, revocations, clock);
        LinkSigner signer = new LinkSigner(keys, clock, revoked::contains);
        Admission admission = new Admission(signer, new Guesses(clock), options.linksOnly(), owners, identity);
        this.files = new FilesEndpoint(opened, pipeline, new Cors(options.origins()), admission, clock);
        this.uploads =
                kept == null ? null : new UploadsEndpoint(kept, identity, options.uploadBytes(), options.uploadTypes());
        this.links = new LinksEndpoint(signer, revoked, opened.keySet(), owners, identity, publicUrl, clock);
    }

    private record Keeping(Uploads uploads, UploadSweep sweep) {
        static Keeping of(
                Arrivals arrivals, Vault vault, FileRegister register, FileOptions options, InstantSource clock) {
            UploadLife life = options.uploadLife();
            Uploads uploads = new Uploads(arrivals, vault, register, life, clock);
            return new Keeping(uploads, new UploadSweep(arrivals, vault, uploads, register, life, clock));
        }
    }

    private static @Nullable Keeping uploads(
            FileOptions options, @Nullable Path data, FileRegister register, InstantSource clock) throws IOException {
        FileSourceConfig.S3 bucket = options.uploadBucket();
        Path folder =
                options.uploadFolder() != null ? options.uploadFolder() : data == null ? null : data.resolve("uploads");
        if (bucket != null) {
            Path scratch =
                    folder == null ? Files.createTempDirectory("millrace-uploads") : Files.createDirectories(folder);
            S3Bucket writable = bucket.bucketToWrite();
            BucketVault vault = new BucketVault(writable, bucket::source);
            return Keeping.of(
                    new BucketArrivals(writable, vault, scratch, register, clock, BucketArrivals.PART),
                    vault,
                    register,
                    options,
                    clock);
        }
        if (folder == null) {
            return null;
        }
        FolderVault vault = new FolderVault(folder);
        return Keeping.of(new FolderArrivals(folder, vault), vault, register, options, clock);
    }

    /** As {@link #start} does it again and again: once, now. */
    void sweep() throws IOException {
        if (sweep != null) {
            sweep.tell();
            sweep.sweep();
        }
    }

    /** Begins to remove what nobody needs any more; see {@link UploadLife}. */
    public void start() {
        if (sweep != null) {
            sweep.start();
        }
    }

    /** What is read at this moment, or is still being given back. */
    public int openStreams() {
        return pipeline.openStreams();
    }

    /** Bytes of buffers that are in use at this moment. */
    public long bufferBytes() {
        return pipeline.lentBytes();
    }

    /** What the cache has done and holds; zeros if there is none. */
    public BlockCache.Statistics cache() {
        return cache == null ? new BlockCache.Statistics(0, 0, 0, 0) : cache.statistics();
    }

    /** What conversations have to do with files. */
    public Attachments attachments() {
        return attachments;
    }

    private static @Nullable BlockCache cache(FileOptions options) throws IOException {
        if (options.cacheFolder() != null) {
            return BlockCache.inFolder(options.cacheMemory(), options.cacheFolder(), options.cacheDisk());
        }
        return options.cacheMemory() > 0 ? BlockCache.inMemory(options.cacheMemory()) : null;
    }

    private Source cached(String name, Source source, FileOptions options) {
        // A local file is cached by the system already.
        return cache == null || source.access() == Source.Access.IN_PLACE
                ? source
                : new CachedSource(name, source, cache, options.lookups());
    }

    private static RevokedLinks revoked(@Nullable Path data, @Nullable RevocationStore revocations, InstantSource clock)
            throws IOException {
        if (revocations != null) {
            return RevokedLinks.inStore(revocations, clock);
        }
        return data == null
                ? RevokedLinks.inMemory()
                : RevokedLinks.inFile(data.resolve("revoked-links"), clock.instant());
    }

    private static LinkKeys keys(FileOptions options, @Nullable Path data, @Nullable SecretStore secrets)
            throws IOException {
        if (options.keys() != null) {
            return options.keys();
        }
        if (secrets != null) {
            return LinkKeys.inStore(secrets);
        }
        if (data != null) {
            return LinkKeys.inFile(data.resolve("link-key"));
        }
        LOG.debug("no data folder and no files.links.keys: links to files end with this process");
        return LinkKeys.random();
    }

    /** Adds the routes. */
    public FileHouse register(Router router) {
        files.register(router);
        links.register(router);
        if (uploads != null) {
            uploads.register(router);
        }
        return this;
    }

    /** Removes nothing any more; the rest goes on. */
    public void rest() {
        if (sweep != null) {
            sweep.close();
        }
    }

    @Override
    public void close() {
        rest();
        files.close();
        if (kept != null) {
            kept.close();
        }
        if (cache != null) {
            cache.close();
        }
    }
}
