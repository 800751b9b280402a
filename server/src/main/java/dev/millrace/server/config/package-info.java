/**
 * What a server can be told, and by whom: defaults, then {@code millrace.yaml}, then the command line. Reading is strict:
 * a setting that is unknown, of the wrong type or in contradiction to another is refused with its name.
 */
@NullMarked
package dev.millrace.server.config;

import org.jspecify.annotations.NullMarked;
