package dev.millrace.bench.prefetch;

import dev.millrace.testkit.FreePort;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A server that passes on an origin's films, or those of a folder, as a process of its own. */
final class FilmServer implements AutoCloseable {
    static final String OURS = "Millrace";
    private static final int START_SECONDS = 60;

    private final String name;
    private final @Nullable Process process;
    private final URI films;
    private int named;

    private FilmServer(String name, @Nullable Process process, URI films) {
        this.name = name;
        this.process = process;
        this.films = films;
    }

    String title() {
        return name;
    }

    URI film(String film) {
        return films.resolve(film);
    }

    /**
     * The name of a film that this server has not seen.
     *
     * @throws IllegalStateException if it has seen all: the next would come from its cache
     */
    String unseen() {
        if (named == Origin.NAMES) {
            throw new IllegalStateException(name + " has seen all of the " + Origin.NAMES + " films");
        }
        return "film" + named++;
    }

    /** Whether it is Millrace. */
    boolean isOurs() {
        return name.startsWith(OURS);
    }

    /** No server in between. */
    static FilmServer none(URI origin) {
        return new FilmServer("no server, one request", null, origin);
    }

    /** Whether there is a server in between. */
    boolean isThere() {
        return process != null;
    }

    /** The same film by another of Millrace's sources; others have one for all. */
    URI film(String source, String film) {
        return isOurs() ? films.resolve("../" + source + '/' + film) : film(film);
    }

    /** The most memory it has had at once, in bytes (VmHWM in proc(5)); empty where that is not told. */
    Optional<Long> peakMemory() {
        return status("VmHWM:");
    }

    /** The memory that it has now, in bytes (VmRSS). */
    Optional<Long> memory() {
        return status("VmRSS:");
    }

    private Optional<Long> status(String line) {
        if (process == null) {
            return Optional.empty();
        }
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
            return lines.filter(each -> each.startsWith(line))
                    .map(each -> Long.parseLong(each.replaceAll("\\D", "")) << 10)
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /**
     * This server, with 192 MiB of heap.
     *
     * @param sources all the same, since a source learns how fast its origin is: one for each origin that it stands for
     */
    static FilmServer millrace(Path folder, String source, int sources) throws IOException, InterruptedException {
        return millrace(OURS, folder, source, sources);
    }

    /** The same, under another title, which begins with Millrace. */
    static FilmServer millrace(String title, Path folder, String source, int sources)
            throws IOException, InterruptedException {
        int port = FreePort.find();
        Path settings = folder.resolve("millrace.yaml");
        StringBuilder all = new StringBuilder("films: " + source);
        for (int i = 0; i < sources; i++) {
            all.append(", place").append(i).append(": ").append(source);
        }
        Files.writeString(settings, "files: {sources: {" + all + "}}\n");
        return start(
                title,
                folder,
                port,
                "/files/films/",
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx192m",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.millrace.server.cli.MillraceCommand",
                        "serve",
                        "--memory",
                        "--port",
                        Integer.toString(port),
                        "--config",
                        settings.toString()));
    }

    /** nginx with its module {@code slice}, which fetches and caches 1 MiB at a time; empty if it is not installed. */
    static Optional<FilmServer> nginxSlice(Path folder, URI origin) throws IOException, InterruptedException {
        return nginx(
                "nginx slice 1m",
                folder,
                "slice 1m; proxy_cache films; proxy_cache_key $uri$slice_range; proxy_set_header Range $slice_range;"
                        + " proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_cache_valid 200 206 1h;"
                        + " proxy_pass " + origin.toString().replaceFirst("/$", "") + ";");
    }

    /** nginx with a folder, by sendfile; empty if it is not installed. */
    static Optional<FilmServer> nginxFolder(Path folder, Path films) throws IOException, InterruptedException {
        return nginx("nginx sendfile", folder, "sendfile on; tcp_nopush on; root " + films + ";");
    }

    private static Optional<FilmServer> nginx(String name, Path folder, String location)
            throws IOException, InterruptedException {
        Optional<Path> program = program("nginx");
        if (program.isEmpty()) {
            return Optional.empty();
        }
        int port = FreePort.find();
        Path settings = folder.resolve("nginx.conf");
        StringBuilder places = new StringBuilder();
        for (String kind : List.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) {
            places.append(kind)
                    .append("_temp_path ")
                    .append(folder.resolve(kind))
                    .append("; ");
        }
        Files.writeString(settings, """
                daemon off; master_process off; pid %1$s/nginx.pid; error_log %1$s/error.log;
                events { worker_connections 1024; }
                http {
                  access_log off; %2$s
                  proxy_cache_path %1$s/cache keys_zone=films:10m max_size=4g;
                  server { listen 127.0.0.1:%3$d; location / { %4$s } }
                }
                """.formatted(folder, places, port, location));
        return Optional.of(start(
                name,
                folder,
                port,
                "/",
                List.of(
                        program.get().toString(),
                        "-e",
                        folder + "/error.log",
                        "-p",
                        folder + "/",
                        "-c",
                        settings.toString())));
    }

    /** {@code rclone serve http}, as it is without options; empty if it is not installed. */
    static Optional<FilmServer> rclone(Path folder, URI origin) throws IOException, InterruptedException {
        Optional<Path> program = program("rclone");
        if (program.isEmpty()) {
            return Optional.empty();
        }
        int port = FreePort.find();
        return Optional.of(start(
                "rclone serve http",
                folder,
                port,
                "/",
                List.of(
                        program.get().toString(),
                        "serve",
                        "http",
                        ":http:",
                        "--http-url",
                        origin.toString(),
                        "--config",
                        folder.resolve("rclone.conf").toString(),
                        "--cache-dir",
                        folder.resolve("rclone").toString(),
                        "--dir-cache-time",
                        "24h",
                        "--addr",
                        "127.0.0.1:" + port)));
    }

    private static FilmServer start(String name, Path folder, int port, String path, List<String> command)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        var server = new FilmServer(name, process, URI.create("http://127.0.0.1:" + port + path));
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS); ; ) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
                return server;
            } catch (IOException e) {
                if (!process.isAlive() || System.nanoTime() > end) {
                    server.close();
                    throw new IOException(name + " did not start: " + Files.readString(folder.resolve("log")), e);
                }
                Thread.sleep(20);
            }
        }
    }

    private static Optional<Path> program(String name) {
        List<String> folders = new ArrayList<>(List.of(System.getenv("PATH").split(File.pathSeparator, -1)));
        folders.add("/usr/sbin");
        return folders.stream()
                .map(folder -> Path.of(folder.isEmpty() ? "." : folder, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    @Override
    public void close() throws InterruptedException {
        if (process == null) {
            return;
        }
        process.destroy();
        if (!process.waitFor(5, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
