/** What an agent says about itself: its card, and all its parts. */
@NullMarked
package dev.millrace.protocol.card;

import org.jspecify.annotations.NullMarked;
