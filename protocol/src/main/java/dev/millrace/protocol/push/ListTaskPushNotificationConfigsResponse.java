package dev.millrace.protocol.push;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One page of push configurations; {@code nextPageToken} is null on the last one. */
public record ListTaskPushNotificationConfigsResponse(
        List<TaskPushNotificationConfig> configs, @Nullable String nextPageToken) {

    public ListTaskPushNotificationConfigsResponse {
        configs = List.copyOf(configs);
    }
}
