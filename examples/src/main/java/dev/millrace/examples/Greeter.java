package dev.millrace.examples;

import dev.millrace.server.Millrace;

/** An agent of one's own, served over the chat API and A2A. */
public final class Greeter {
    private Greeter() {}

    /** Serves on port 8080, or on the one given, until the process is stopped. */
    public static void main(String[] args) throws Exception {
        Millrace server = start(args.length == 0 ? 8080 : Integer.parseInt(args[0]));
        System.out.println("greeting on " + server.uri());
        Runtime.getRuntime().addShutdownHook(new Thread(server::close));
    }

    static Millrace start(int port) throws Exception {
        return Millrace.with("greeter", turn -> {
                    turn.say("Hello");
                    turn.say(", " + turn.message().text() + "!");
                })
                .port(port)
                .start();
    }
}
