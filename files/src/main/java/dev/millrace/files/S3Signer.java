package dev.millrace.files;

import java.io.InputStream;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignedRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/** Signs requests by Amazon's Signature Version 4, as S3 wants it. */
final class S3Signer implements Signer {
    private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();
    private final AwsCredentialsProvider credentials;
    private final String region;

    S3Signer(AwsCredentialsProvider credentials, String region) {
        this.credentials = credentials;
        this.region = region;
    }

    /** The content of a request, as often as it is asked for. */
    @FunctionalInterface
    interface Payload {
        InputStream open();
    }

    @Override
    public HttpRequest sign(HttpRequest request) throws SourceException {
        return sign(request, null);
    }

    /** @param payload what the request sends; null for nothing */
    HttpRequest sign(HttpRequest request, @Nullable Payload payload) throws SourceException {
        AwsCredentialsIdentity identity = identity();
        SdkHttpRequest bare = SdkHttpRequest.builder()
                .method(SdkHttpMethod.fromValue(request.method()))
                .uri(request.uri())
                .build();
        // S3 does neither of what the other services do to a path: its keys are signed as they stand in the URL.
        SignedRequest signed = signer.sign(s -> {
            s.identity(identity)
                    .request(bare)
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "s3")
                    .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                    .putProperty(AwsV4HttpSigner.DOUBLE_URL_ENCODE, false)
                    .putProperty(AwsV4HttpSigner.NORMALIZE_PATH, false);
            if (payload != null) {
                s.payload(payload::open);
            }
        });
        HttpRequest.Builder all = HttpRequest.newBuilder(request, (name, value) -> true);
        for (Map.Entry<String, List<String>> header : signed.request().headers().entrySet()) {
            // The client writes the same Host, from the URL.
            if (!header.getKey().toLowerCase(Locale.ROOT).equals("host")) {
                all.setHeader(header.getKey(), header.getValue().getFirst());
            }
        }
        return all.build();
    }

    private AwsCredentialsIdentity identity() throws SourceException {
        try {
            return credentials.resolveCredentials();
        } catch (SdkException e) {
            throw new SourceException.Failed("no credentials for S3: " + e.getMessage(), e);
        }
    }
}
