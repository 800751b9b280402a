/** Small programs to copy: each runs by itself and has a test that runs it. */
@NullMarked
package dev.millrace.examples;

import org.jspecify.annotations.NullMarked;
