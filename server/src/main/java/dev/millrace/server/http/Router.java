package dev.millrace.server.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which endpoint answers which path. A path is made of pieces: literal text, {@code {name}} (one piece),
 * {@code {name}:verb} (one piece that ends in {@code :verb}) and, at the end, {@code {name...}} (all that is left, at least
 * one piece). The most literal route wins, whatever the order of registration. {@code {name}} never takes a piece with
 * an unencoded colon in it when a verb is registered at the same place, so {@code /chats/7:interrupt} cannot be read as
 * the chat "7:interrupt".
 *
 * <p>HEAD is answered by GET routes, OPTIONS and 405 with the methods of the path. Register everything before the server
 * starts; the router is not for changing while it routes.
 */
public final class Router {
    private final Node root = new Node();
    private final List<Routes> all = new ArrayList<>();

    public Router get(String path, Endpoint endpoint) {
        return route("GET", path, endpoint);
    }

    public Router post(String path, Endpoint endpoint) {
        return route("POST", path, endpoint);
    }

    public Router put(String path, Endpoint endpoint) {
        return route("PUT", path, endpoint);
    }

    public Router patch(String path, Endpoint endpoint) {
        return route("PATCH", path, endpoint);
    }

    public Router delete(String path, Endpoint endpoint) {
        return route("DELETE", path, endpoint);
    }

    /** Answers OPTIONS, where listing the methods is not enough. */
    public Router options(String path, Endpoint endpoint) {
        return route("OPTIONS", path, endpoint);
    }

    public Router head(String path, Endpoint endpoint) {
        return route("HEAD", path, endpoint);
    }

    /** Accepts WebSocket connections at a path, which may have a GET endpoint too: the upgrade chooses. */
    public Router webSocket(String path, WebSocketEndpoint endpoint) {
        Routes routes = at(path);
        if (routes.webSocket != null) {
            throw new IllegalArgumentException("Registered twice: WebSocket " + path);
        }
        routes.webSocket = endpoint;
        return this;
    }

    /**
     * Lets everybody come to a path, whoever they are: who sends the request is not asked before its endpoint runs, which
     * may ask by itself. Any other path is for those alone whom the {@link Gate} knows.
     */
    public Router open(String path) {
        at(path).open = true;
        return this;
    }

    /** What is registered, each as its method and path: {@code "GET /chats/{id}"}. A WebSocket is a GET. */
    public Set<String> listing() {
        var listing = new TreeSet<String>();
        for (Routes routes : all) {
            routes.byMethod.keySet().forEach(method -> listing.add(method + " " + routes.path));
            if (routes.webSocket != null) {
                listing.add("GET " + routes.path);
            }
        }
        return listing;
    }

    private Router route(String method, String path, Endpoint endpoint) {
        if (at(path).byMethod.putIfAbsent(method, endpoint) != null) {
            throw new IllegalArgumentException("Registered twice: " + method + " " + path);
        }
        return this;
    }

    private Routes at(String path) {
        var names = new ArrayList<String>();
        Node node = root;
        for (var segment : PathPattern.parse(path).segments()) {
            switch (segment) {
                case PathPattern.Literal literal ->
                    node = node.literals.computeIfAbsent(literal.text(), text -> new Node());
                case PathPattern.Parameter parameter -> {
                    names.add(parameter.name());
                    node = node.parameters.computeIfAbsent(parameter.verb(), verb -> new Node());
                }
                case PathPattern.Tail tail -> {
                    names.add(tail.name());
                    node = node.tail();
                }
            }
        }
        if (node.routes == null) {
            node.routes = new Routes(path, List.copyOf(names));
            all.add(node.routes);
        } else if (!node.routes.names.equals(names)) {
            throw new IllegalArgumentException(
                    "The same path with other parameter names: " + node.routes.path + " and " + path);
        }
        return node.routes;
    }

    /** The routes of a path and its parameters, or null if there are none. */
    @Nullable Match match(PathSegments path) {
        var values = new ArrayList<Value>();
        Routes routes = find(root, path, 0, values);
        if (routes == null) {
            return null;
        }
        var parameters = new HashMap<String, Value>();
        for (int i = 0; i < values.size(); i++) {
            parameters.put(routes.names.get(i), values.get(i));
        }
        return new Match(routes, Map.copyOf(parameters));
    }

    private static @Nullable Routes find(Node node, PathSegments path, int at, List<Value> values) {
        if (at == path.raw().size()) {
            return node.routes;
        }
        String decoded = path.decoded().get(at);
        Node literal = node.literals.get(decoded);
        if (literal != null) {
            Routes found = find(literal, path, at + 1, values);
            if (found != null) {
                return found;
            }
        }
        // The verb is looked for in what was sent: an encoded colon belongs to the value.
        String raw = path.raw().get(at);
        int colon = raw.lastIndexOf(':');
        if (colon > 0) {
            Node verb = node.parameters.get(raw.substring(colon + 1));
            if (verb != null) {
                String value = decoded.substring(0, decoded.lastIndexOf(':'));
                return under(verb, path, at, new Value(raw.substring(0, colon), value), values);
            }
        }
        Node parameter = node.parameters.get("");
        boolean verbs = node.parameters.size() > (parameter == null ? 0 : 1);
        if (parameter != null && !raw.isEmpty() && !(colon >= 0 && verbs)) {
            Routes found = under(parameter, path, at, new Value(raw, decoded), values);
            if (found != null) {
                return found;
            }
        }
        if (node.tail != null) {
            String rawRest = String.join("/", path.raw().subList(at, path.raw().size()));
            String rest =
                    String.join("/", path.decoded().subList(at, path.decoded().size()));
            values.add(new Value(rawRest, rest));
            return node.tail.routes;
        }
        return null;
    }

    private static @Nullable Routes under(Node node, PathSegments path, int at, Value value, List<Value> values) {
        values.add(value);
        Routes found = find(node, path, at + 1, values);
        if (found == null) {
            values.removeLast();
        }
        return found;
    }

    /** A parameter's value. */
    record Value(String raw, String decoded) {}

    /** What was found for a path. */
    record Match(Routes routes, Map<String, Value> parameters) {}

    private static final class Node {
        final Map<String, Node> literals = new HashMap<>();
        final Map<String, Node> parameters = new HashMap<>();

        @Nullable Node tail;

        @Nullable Routes routes;

        Node tail() {
            if (tail == null) {
                tail = new Node();
            }
            return tail;
        }
    }

    /** All that is registered for one path. */
    static final class Routes {
        private final String path;
        private final List<String> names;
        private final Map<String, Endpoint> byMethod = new TreeMap<>();
        private @Nullable WebSocketEndpoint webSocket;
        private boolean open;

        private Routes(String path, List<String> names) {
            this.path = path;
            this.names = names;
        }

        /** As it was registered. */
        String path() {
            return path;
        }

        @Nullable Endpoint endpoint(String method) {
            Endpoint own = byMethod.get(method);
            return own == null && method.equals("HEAD") ? byMethod.get("GET") : own;
        }

        /** Whether everybody may come here. */
        boolean open() {
            return open;
        }

        @Nullable WebSocketEndpoint webSocket() {
            return webSocket;
        }

        /** The value of an {@code Allow} header (RFC 9110, 10.2.1). */
        String allow() {
            var methods = new LinkedHashSet<>(byMethod.keySet());
            if (webSocket != null) {
                methods.add("GET");
            }
            if (byMethod.containsKey("GET")) {
                methods.add("HEAD");
            }
            methods.add("OPTIONS");
            return String.join(", ", methods);
        }
    }
}
