/**
 * Millrace beside other A2A servers, each in a process of its own, all under the same load: one program that belongs to none
 * of them, sends what A2A prescribes and checks every event.
 */
@NullMarked
package dev.millrace.bench.peers;

import org.jspecify.annotations.NullMarked;
