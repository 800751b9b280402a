package dev.millrace.server.push;

import dev.millrace.engine.Page;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

public interface Pushes {
    void check(TaskPushNotificationConfig config, String at);

    TaskPushNotificationConfig put(String owner, String contextId, TaskPushNotificationConfig config, long after);

    Optional<TaskPushNotificationConfig> get(String taskId, String id);

    Page<TaskPushNotificationConfig> list(String taskId, int limit, @Nullable String after);

    void delete(String taskId, String id);
}
