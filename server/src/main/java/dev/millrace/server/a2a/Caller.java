package dev.millrace.server.a2a;

/**
 * In whose name something is asked, and of which agent. Both bound what is seen: tasks of other owners, and of other
 * agents, do not exist.
 *
 * @param owner who asks, as the engine knows it
 * @param agent the agent's name, one of the catalog's
 */
public record Caller(String owner, String agent) {}
