package dev.millrace.server.config;

import java.nio.file.Path;

/**
 * A certificate.
 *
 * @param cert PEM file of the chain, the server's own certificate first
 * @param key PEM file of its unencrypted PKCS #8 key
 */
public record Tls(Path cert, Path key) {}
