package dev.millrace.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URLEncoder;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Where an operation goes in HTTP+JSON (A2A v1.0, 5.3).
 *
 * @param path below the interface's URL; a name in braces stands for that field of the request
 */
record RestRoute(String verb, String path) {
    private static final Pattern FIELD = Pattern.compile("\\{(\\w+)}");

    private static final Map<Operation<?, ?>, RestRoute> ROUTES = Map.ofEntries(
            Map.entry(Operation.SEND_MESSAGE, new RestRoute("POST", "/message:send")),
            Map.entry(Operation.SEND_STREAMING_MESSAGE, new RestRoute("POST", "/message:stream")),
            Map.entry(Operation.GET_TASK, new RestRoute("GET", "/tasks/{id}")),
            Map.entry(Operation.LIST_TASKS, new RestRoute("GET", "/tasks")),
            Map.entry(Operation.CANCEL_TASK, new RestRoute("POST", "/tasks/{id}:cancel")),
            // The text says POST and the protocol's definition GET; servers that take one alone take POST.
            Map.entry(Operation.SUBSCRIBE_TO_TASK, new RestRoute("POST", "/tasks/{id}:subscribe")),
            Map.entry(Operation.CREATE_PUSH_CONFIG, new RestRoute("POST", "/tasks/{taskId}/pushNotificationConfigs")),
            Map.entry(Operation.GET_PUSH_CONFIG, new RestRoute("GET", "/tasks/{taskId}/pushNotificationConfigs/{id}")),
            Map.entry(Operation.LIST_PUSH_CONFIGS, new RestRoute("GET", "/tasks/{taskId}/pushNotificationConfigs")),
            Map.entry(
                    Operation.DELETE_PUSH_CONFIG,
                    new RestRoute("DELETE", "/tasks/{taskId}/pushNotificationConfigs/{id}")),
            Map.entry(Operation.GET_EXTENDED_CARD, new RestRoute("GET", "/extendedAgentCard")));

    static RestRoute of(Operation<?, ?> operation) {
        RestRoute route = ROUTES.get(operation);
        if (route == null) {
            throw new IllegalArgumentException("no route for " + operation.name());
        }
        return route;
    }

    boolean hasBody() {
        return verb.equals("POST");
    }

    /** Takes the fields that belong in the URL out of the request and gives the URL. */
    URI take(URI base, ObjectNode request) {
        var url = new StringBuilder(base.toString().replaceAll("/+$", ""));
        JsonNode tenant = request.get("tenant");
        if (tenant != null) {
            url.append('/').append(escaped(tenant.stringValue()));
            request.remove("tenant");
        }
        Matcher field = FIELD.matcher(path);
        while (field.find()) {
            field.appendReplacement(
                    url,
                    Matcher.quoteReplacement(
                            escaped(request.path(field.group(1)).asString(""))));
            request.remove(field.group(1));
        }
        field.appendTail(url);
        if (!hasBody()) {
            char before = '?';
            for (Map.Entry<String, JsonNode> parameter : request.properties()) {
                url.append(before)
                        .append(parameter.getKey())
                        .append('=')
                        .append(escaped(parameter.getValue().asString()));
                before = '&';
            }
        }
        return URI.create(url.toString());
    }

    /** For a path or a query alike: a space is %20 in both. */
    private static String escaped(String text) {
        return URLEncoder.encode(text, UTF_8).replace("+", "%20");
    }
}
