/**
 * The web page as it stands in the jar: its files, how browsers may keep them, and what they may not do. The page itself is
 * the folder {@code web/} of the project, and uses the public API alone.
 */
@NullMarked
package dev.millrace.server.page;

import org.jspecify.annotations.NullMarked;
