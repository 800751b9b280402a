/**
 * What HTTP says about serving a file, as plain functions that need no server: ranges, conditions, entity tags' headers,
 * dates and file names (RFC 9110, RFC 6266, RFC 8187).
 */
@NullMarked
package dev.millrace.files.http;

import org.jspecify.annotations.NullMarked;
