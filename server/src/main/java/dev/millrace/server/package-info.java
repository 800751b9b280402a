/**
 * The assembly: {@link dev.millrace.server.Millrace} puts the store, the engine, the agents and every protocol together
 * behind one port, starts them in order and stops them in order. All rooms below are built without knowing it.
 */
@NullMarked
package dev.millrace.server;

import org.jspecify.annotations.NullMarked;
