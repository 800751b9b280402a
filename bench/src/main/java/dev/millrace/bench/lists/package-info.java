/**
 * How long pages of many chats, and of the many messages of one chat, take.
 */
@NullMarked
package dev.millrace.bench.lists;

import org.jspecify.annotations.NullMarked;
