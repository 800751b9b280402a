package dev.millrace.server.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A certificate.
 *
 * @param cert PEM file of the chain, the server's own certificate first
 * @param key PEM file of its unencrypted PKCS #8 key
 * @param clients PEM file of the authorities that sign clients' certificates, or null if clients need none
 */
public record Tls(Path cert, Path key, @Nullable Path clients) {}
