/**
 * Files: where their bytes come from, and how a range of them is read in order while it is still arriving.
 *
 * <p>A {@link dev.millrace.files.Source} opens one version of a file as a {@link dev.millrace.files.SourceFile}; a
 * {@link dev.millrace.files.Pipeline} reads a range of it through a {@link dev.millrace.files.RangeReader}. What HTTP
 * says about ranges and conditions is in {@link dev.millrace.files.http}.
 */
@NullMarked
package dev.millrace.files;

import org.jspecify.annotations.NullMarked;
