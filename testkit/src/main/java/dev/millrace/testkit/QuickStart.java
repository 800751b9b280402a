package dev.millrace.testkit;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Starts Java processes from this JVM's class path, for tests that start one many times. As {@code ./millrace} does, it
 * records once what a start loads (JEP 514): each further start takes half of the processor's time. Such a record needs
 * jars, so folders of the class path are packed. The record is in {@code target/quick-start}, under a name that stands for
 * all that it was made from, and is shared by the JVMs that test at the same time. Thread-safe.
 */
public final class QuickStart {
    /** Compiled in a hurry and collected by one thread: what such a process does is soon done. */
    private static final List<String> OPTIONS = List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "-Xlog:disable",
            "-Xlog:all=error:stderr",
            "-Xlog:aot*=off",
            "-Xlog:cds*=off");

    /** So many starts are made without a record: to make one takes as long as ten of them. */
    private static final int UNPREPARED = 3;

    private static final String RECORD = "start.aot";
    private static final String DONE = "done";

    private final List<String> rehearsal;
    private int starts;
    private @Nullable List<String> prepared;

    /** @param rehearsal the main class and the arguments of a process that does what the others do, and ends by itself */
    public QuickStart(String... rehearsal) {
        this.rehearsal = List.of(rehearsal);
    }

    /** The path of {@code java} and its options, to be followed by more of them or by a main class and its arguments. */
    public synchronized List<String> command() throws IOException {
        if (prepared != null) {
            return prepared;
        }
        String classPath = System.getProperty("java.class.path");
        List<Path> places = Stream.of(classPath.split(File.pathSeparator))
                .filter(place -> !place.isEmpty())
                .map(place -> Path.of(place).toAbsolutePath())
                .filter(Files::exists)
                .toList();
        Path all = Files.createDirectories(Path.of("target", "quick-start").toAbsolutePath());
        Path folder = all.resolve(fingerprint(places));
        if (++starts <= UNPREPARED && !Files.exists(folder.resolve(DONE))) {
            return java(List.of("-cp", classPath));
        }
        prepared = java(prepare(places, all, folder));
        return prepared;
    }

    private static List<String> java(List<String> more) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(OPTIONS);
        command.addAll(more);
        return List.copyOf(command);
    }

    private List<String> prepare(List<Path> places, Path all, Path folder) throws IOException {
        try (FileChannel file =
                        FileChannel.open(all.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock _ = file.lock()) {
            if (!Files.exists(folder.resolve(DONE))) {
                deleteOthers(all);
                Files.createDirectories(folder);
                rehearse(folder, packed(places, folder));
                Files.createFile(folder.resolve(DONE));
            }
        }
        return List.of("-XX:AOTCache=" + folder.resolve(RECORD), "-cp", joined(packed(places, folder)));
    }

    private void rehearse(Path folder, List<Path> jars) throws IOException {
        var command =
                new ArrayList<>(java(List.of("-XX:AOTCacheOutput=" + folder.resolve(RECORD), "-cp", joined(jars))));
        command.addAll(rehearsal);
        Path log = folder.resolve("rehearsal.log");
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            int code = process.waitFor();
            if (code != 0) {
                throw new IOException("the rehearsal ended with " + code + ":\n" + Files.readString(log));
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static String joined(List<Path> places) {
        return places.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }

    /** The same places, with the jar that stands for it instead of each folder; makes those that are not there. */
    private static List<Path> packed(List<Path> places, Path into) throws IOException {
        var jars = new ArrayList<Path>();
        for (Path place : places) {
            if (!Files.isDirectory(place)) {
                jars.add(place);
                continue;
            }
            Path jar = into.resolve(jars.size() + ".jar");
            if (!Files.exists(jar)) {
                pack(place, jar);
            }
            jars.add(jar);
        }
        return jars;
    }

    /** With its folders: who looks for what is in one finds nothing if the jar does not name it. */
    private static void pack(Path folder, Path jar) throws IOException {
        try (OutputStream out = Files.newOutputStream(jar);
                var zip = new ZipOutputStream(out);
                Stream<Path> all = Files.walk(folder)) {
            zip.setLevel(Deflater.BEST_SPEED);
            for (Path each : all.filter(each -> !each.equals(folder)).sorted().toList()) {
                String name = folder.relativize(each).toString().replace(File.separatorChar, '/');
                if (Files.isDirectory(each)) {
                    zip.putNextEntry(new ZipEntry(name + "/"));
                } else {
                    zip.putNextEntry(new ZipEntry(name));
                    Files.copy(each, zip);
                }
                zip.closeEntry();
            }
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /** Of every file's name, length and time: what was compiled anew is another one. */
    private String fingerprint(List<Path> places) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        digest.update((System.getProperty("java.vm.version") + OPTIONS + rehearsal).getBytes(StandardCharsets.UTF_8));
        for (Path place : places) {
            for (Path file : files(place)) {
                digest.update((file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file) + "\n")
                        .getBytes(StandardCharsets.UTF_8));
            }
        }
        return HexFormat.of().formatHex(digest.digest(), 0, 8);
    }

    /** Those of classes that are no more. Under the lock: nobody tests with them now. */
    private static void deleteOthers(Path all) throws IOException {
        try (Stream<Path> files = Files.walk(all)) {
            files.sorted(Comparator.reverseOrder())
                    .filter(file -> !file.equals(all) && !file.endsWith("lock"))
                    .forEach(file -> {
                        try {
                            Files.delete(file);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    });
        }
    }
}
