/**
 * Many servers, their store, their users and everything that can go wrong, in one thread and in a time of their own: the
 * real engine under a scheduler that a seed drives. The same seed is the same run, step by step.
 *
 * <p>From the ground up: a {@code Scheduler} runs virtual threads of several {@code Lane}s, one for each process, in an
 * order that the seed decides; a {@code Database} and the {@code Wire} to it are simulated, and {@code SimulatedStore} is
 * the engine's view of them; {@code Users}, {@code Readers} and {@code Faults} make the load; {@code Audit} looks at every
 * commit and {@code Checker} at what users were told and readers saw.
 */
@NullMarked
package dev.millrace.bench.simulate;

import org.jspecify.annotations.NullMarked;
