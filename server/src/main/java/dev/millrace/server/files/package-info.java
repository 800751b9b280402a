/**
 * Files over HTTP: {@code GET} and {@code HEAD /files/{source}/{path}}, whole or by range, from the sources that are
 * configured.
 */
@NullMarked
package dev.millrace.server.files;

import org.jspecify.annotations.NullMarked;
