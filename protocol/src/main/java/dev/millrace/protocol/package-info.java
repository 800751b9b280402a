@NullMarked
package dev.millrace.protocol;

import org.jspecify.annotations.NullMarked;
