/**
 * Agents that are somewhere else and speak A2A, as agents of this server and as tools of its agents. What they stream is
 * passed on piece by piece; a cancel goes there, too; after a crash of ours their task is taken up where it is.
 */
@NullMarked
package dev.millrace.agents.remote;

import org.jspecify.annotations.NullMarked;
