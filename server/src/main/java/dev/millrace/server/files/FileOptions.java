package dev.millrace.server.files;

import dev.millrace.files.Pipeline;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How files are served, apart from where they are.
 *
 * @param pipeline how they are read
 * @param cacheMemory bytes of remote files kept in memory; 0 for no cache
 * @param cacheFolder where more of them are kept, or null for nowhere
 * @param cacheDisk bytes kept in the folder at most
 * @param lookups for how long what was learned of a remote file is good
 * @param origins whose pages may read files without a link; see {@link Cors}
 * @param linksOnly whether a file is served only to who has a signed link to it
 * @param keys what links are signed with; null for a key in the data folder, or a random one if there is none
 * @param uploadBytes the largest file that may be uploaded
 * @param uploadTypes media types that may be uploaded, such as {@code image/png}, {@code video/*} or {@code *}
 * @param uploadBucket where uploads are kept; null for the folder
 * @param uploadFolder where uploads arrive and are kept if there is no bucket; servers that share it can each go on with
 *     what another began. With a bucket only where the next part is gathered. Null for {@code uploads} in the data folder
 * @param uploadLife how long uploads stay, and how much of them there may be
 */
public record FileOptions(
        Pipeline.Settings pipeline,
        long cacheMemory,
        @Nullable Path cacheFolder,
        long cacheDisk,
        Duration lookups,
        Set<String> origins,
        boolean linksOnly,
        @Nullable LinkKeys keys,
        long uploadBytes,
        Set<String> uploadTypes,
        FileSourceConfig.@Nullable S3 uploadBucket,
        @Nullable Path uploadFolder,
        UploadLife uploadLife) {
    /**
     * 64 MiB of cache in memory, none on disk, lookups good for 30 s, no other origins, no link needed, uploads of up to
     * 1 GiB of any type, in the data folder, with {@link UploadLife#DEFAULT}.
     */
    public static final FileOptions DEFAULT = new FileOptions(
            Pipeline.Settings.DEFAULT,
            64L << 20,
            null,
            1L << 30,
            Duration.ofSeconds(30),
            Set.of(),
            false,
            null,
            1L << 30,
            Set.of("*"),
            null,
            null,
            UploadLife.DEFAULT);

    /** Amazon S3 User Guide, "Multipart upload limits". */
    private static final long LARGEST_OBJECT = 5L << 40;

    public FileOptions {
        origins = Set.copyOf(origins);
        uploadTypes = Set.copyOf(uploadTypes);
        if (uploadBucket != null && uploadBytes > LARGEST_OBJECT) {
            throw new IllegalArgumentException("uploads.size: a bucket takes files of up to 5 TiB");
        }
    }
}
