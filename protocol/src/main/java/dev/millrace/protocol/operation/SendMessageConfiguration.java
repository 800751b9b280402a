package dev.millrace.protocol.operation;

import dev.millrace.protocol.push.TaskPushNotificationConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a client wants a send to be answered.
 *
 * @param acceptedOutputModes the media types that the client can take; empty if it does not say
 * @param taskPushNotificationConfig where to push the task's events, or null
 * @param historyLength at most so many messages of history in the answer; 0 for none, null for the server's default
 * @param returnImmediately true to answer once the task is there; false (the default) to wait until it ends or needs its
 *     user
 */
public record SendMessageConfiguration(
        List<String> acceptedOutputModes,
        @Nullable TaskPushNotificationConfig taskPushNotificationConfig,
        @Nullable Integer historyLength,
        boolean returnImmediately) {

    /** What holds where the client says nothing. */
    public static final SendMessageConfiguration DEFAULT = new SendMessageConfiguration(List.of(), null, null, false);

    public SendMessageConfiguration {
        acceptedOutputModes = List.copyOf(acceptedOutputModes);
    }

    /** The defaults, but the answer comes once the task is there. */
    public static SendMessageConfiguration immediately() {
        return new SendMessageConfiguration(List.of(), null, null, true);
    }
}
