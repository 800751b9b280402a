package dev.millrace.files;

/**
 * An object that arrives in a bucket part by part (S3's multipart upload), from whoever knows this.
 *
 * @param key the object's, as {@link S3Bucket} takes it
 * @param id S3's name for the upload
 */
public record S3Upload(String key, String id) {

    /**
     * A part that the bucket has.
     *
     * @param number from 1
     * @param size in bytes
     * @param tag its entity tag, as S3 wants it back
     */
    public record Part(int number, long size, String tag) {}
}
