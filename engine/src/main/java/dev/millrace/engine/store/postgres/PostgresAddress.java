package dev.millrace.engine.store.postgres;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a PostgreSQL store is: {@code postgresql://user:password@host:port/database?schema=millrace&sslmode=require}.
 * The port is 5432 if it is left out, the schema {@value #DEFAULT_SCHEMA}. Whatever else stands behind the question mark
 * goes to the driver (pgjdbc), which lists its names: {@code sslmode}, {@code sslrootcert} and so on. The password shows
 * in no text that this class makes.
 */
public final class PostgresAddress {
    private static final String DEFAULT_SCHEMA = "millrace";

    /** What PostgreSQL takes without quotes; it is also part of a channel's name, which has 63 bytes at most. */
    private static final Pattern SCHEMA = Pattern.compile("[a-z_][a-z0-9_]{0,40}");

    private final String host;
    private final int port;
    private final String database;
    private final @Nullable String user;
    private final @Nullable String password;
    private final String schema;
    private final Map<String, String> options;

    private PostgresAddress(
            String host,
            int port,
            String database,
            @Nullable String user,
            @Nullable String password,
            String schema,
            Map<String, String> options) {
        this.host = host;
        this.port = port;
        this.database = database;
        this.user = user;
        this.password = password;
        this.schema = schema;
        this.options = Map.copyOf(options);
    }

    /** @throws IllegalArgumentException that says what is wrong, without the password */
    public static PostgresAddress parse(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            // Neither the text nor the cause: both hold the password.
            throw wrong("it is not a URL; write special characters of the password as %XX");
        }
        if (!"postgresql".equals(uri.getScheme()) && !"postgres".equals(uri.getScheme())) {
            throw wrong("it must begin with postgresql://");
        }
        if (uri.getHost() == null) {
            throw wrong("the host is missing, or not one that a URL can have");
        }
        String path = uri.getRawPath();
        if (path == null || path.length() < 2 || path.indexOf('/', 1) >= 0) {
            throw wrong("the name of the database is missing behind the host");
        }
        String info = uri.getRawUserInfo();
        int colon = info == null ? -1 : info.indexOf(':');
        String user = info == null ? null : decode(colon < 0 ? info : info.substring(0, colon));
        String password = info == null || colon < 0 ? null : decode(info.substring(colon + 1));
        var options = options(uri.getRawQuery());
        String schema = Objects.requireNonNullElse(options.remove("schema"), DEFAULT_SCHEMA);
        if (!SCHEMA.matcher(schema).matches()) {
            throw wrong(
                    "the schema \"" + schema + "\" may have small letters, digits and underscores only, 41 at most");
        }
        return new PostgresAddress(
                uri.getHost(),
                uri.getPort() < 0 ? 5432 : uri.getPort(),
                decode(path.substring(1)),
                user,
                password,
                schema,
                options);
    }

    private static Map<String, String> options(@Nullable String query) {
        var options = new TreeMap<String, String>();
        if (query == null || query.isEmpty()) {
            return options;
        }
        for (String each : query.split("&", -1)) {
            int equals = each.indexOf('=');
            if (equals < 1) {
                throw wrong("options are name=value, joined by &");
            }
            options.put(decode(each.substring(0, equals)), decode(each.substring(equals + 1)));
        }
        return options;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException("the address of the PostgreSQL store is wrong: " + what
                + " (postgresql://user:password@host/database)");
    }

    String schema() {
        return schema;
    }

    String jdbcUrl() {
        String name = host.startsWith("[") || !host.contains(":") ? host : "[" + host + "]";
        return "jdbc:postgresql://" + name + ":" + port + "/"
                + java.net.URLEncoder.encode(database, StandardCharsets.UTF_8);
    }

    /** What was asked for; the caller may add its own. */
    Properties properties() {
        var properties = new Properties();
        properties.putAll(options);
        if (user != null) {
            properties.setProperty("user", user);
        }
        if (password != null) {
            properties.setProperty("password", password);
        }
        return properties;
    }

    /** Without user and password. */
    @Override
    public String toString() {
        return "postgresql://" + host + ":" + port + "/" + database + "?schema=" + schema;
    }
}
