/**
 * The agents that come with Millrace: {@link dev.millrace.agents.EchoAgent} needs nothing, {@link
 * dev.millrace.agents.ModelAgent} talks to a chat model.
 */
@NullMarked
package dev.millrace.agents;

import org.jspecify.annotations.NullMarked;
