package dev.millrace.protocol.push;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * Where to push the events of a task.
 *
 * @param tenant the tenant of the request, or null
 * @param id the configuration's id; null when the server is to make one
 * @param taskId the task; null inside a send, where the task may not exist yet
 * @param url the receiver
 * @param token a secret that each push carries, so that the receiver knows it for its own; or null
 * @param authentication how the push identifies itself, or null
 */
public record TaskPushNotificationConfig(
        @Nullable String tenant,
        @Nullable String id,
        @Nullable String taskId,
        String url,
        @Nullable String token,
        @Nullable AuthenticationInfo authentication) {

    public TaskPushNotificationConfig {
        requireNonNull(url, "url");
    }

    /** A configuration that pushes to this URL, with nothing else set. */
    public static TaskPushNotificationConfig to(String url) {
        return new TaskPushNotificationConfig(null, null, null, url, null, null);
    }

    /** This configuration with the ids that the server gave it. */
    public TaskPushNotificationConfig identified(String taskId, String id) {
        return new TaskPushNotificationConfig(tenant, id, taskId, url, token, authentication);
    }

    /** Hides the token: it is a secret, and this text ends up in logs. */
    @Override
    public String toString() {
        return "TaskPushNotificationConfig[tenant=" + tenant + ", id=" + id + ", taskId=" + taskId + ", url=" + url
                + ", token=" + (token == null ? "none" : "hidden") + ", authentication=" + authentication + "]";
    }
}
