/**
 * The command line. Standard output carries what a program would read (the one ready line of {@code serve}, the answer of
 * {@code send}); everything else goes to standard error. Exit codes: 0 done, 1 it could not be done, 2 it was asked for
 * in a way that can't be done.
 */
@NullMarked
package dev.millrace.server.cli;

import org.jspecify.annotations.NullMarked;
