package dev.millrace.agents.remote;

import dev.millrace.engine.Agent;
import dev.millrace.engine.Turn;

/**
 * An agent that is somewhere else and speaks A2A.
 *
 * <p>Its words, artifacts and questions are passed on as they come, and the user's answers go back to it. A chat here is one
 * conversation there. Who cancels here cancels there. After a crash its task is followed again from where it is; a message
 * that may or may not have arrived is sent again only with the id that it had, which Millrace and others with the {@link
 * dev.millrace.client.A2aClient#RESUMABLE} extension know again.
 */
public final class RemoteAgent implements Agent, AutoCloseable {
    private final RemotePeer peer;

    public RemoteAgent(RemoteConfig config) {
        peer = new RemotePeer(config);
    }

    @Override
    public void run(Turn turn) throws RemoteFailure, InterruptedException {
        new RemoteTurn(turn, peer).run();
    }

    /** Closes the connection. Turns that are under way fail. */
    @Override
    public void close() {
        peer.close();
    }
}
