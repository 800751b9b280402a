package dev.millrace.examples;

import dev.millrace.engine.Agent;
import dev.millrace.engine.Turn;
import dev.millrace.server.Millrace;

/** An agent of one's own, served over the chat API and A2A. */
public final class Greeter implements Agent {
    @Override
    public void run(Turn turn) {
        turn.say("Hello, ");
        turn.say(turn.message().text() + "!");
    }

    public static void main(String[] args) throws Exception {
        Millrace server = Millrace.with("greeter", new Greeter()).port(8080).start();
        System.out.println("greeting on " + server.uri());
    }
}
