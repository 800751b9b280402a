/** What A2A's operations take and give, where that is not a word of the model itself. */
@NullMarked
package dev.millrace.protocol.operation;

import org.jspecify.annotations.NullMarked;
