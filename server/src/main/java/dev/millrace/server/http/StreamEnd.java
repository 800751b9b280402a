package dev.millrace.server.http;

/** Why a pump ended. */
public enum StreamEnd {
    /** The framing said that this was the last event. */
    COMPLETE,
    /** The journal was closed, and everything in it has been sent. */
    CLOSED,
    /** The client left, or was cut because it read nothing for too long. */
    GONE,
    /** The server stops. The client may resume at its last offset elsewhere. */
    STOPPING
}
