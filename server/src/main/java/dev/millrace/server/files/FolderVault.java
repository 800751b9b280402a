package dev.millrace.server.files;

import dev.millrace.files.DirectorySource;
import dev.millrace.files.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.function.Consumer;

/** Keeps uploads in the very folder where they arrive, so that to take one over is to rename it. */
final class FolderVault implements Vault {
    private final Path root;

    FolderVault(Path root) {
        this.root = root;
    }

    @Override
    public Optional<Uploads.About> find(String id) throws IOException {
        try {
            return Optional.of(Uploads.About.read(root.resolve(id).resolve(Uploads.ABOUT)))
                    .filter(Uploads.About::isWhole);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public void forEach(Consumer<Uploads.About> found) throws IOException {
        Uploads.forEach(root, about -> {
            if (about.isWhole()) {
                found.accept(about);
            }
        });
    }

    /** Makes a part the file: a rename, so that a crash leaves the one or the other. */
    void take(Uploads.About whole, Path part) throws IOException {
        Path folder = root.resolve(whole.id());
        Files.move(part, folder.resolve(whole.name()), StandardCopyOption.ATOMIC_MOVE);
        note(whole);
    }

    /** From now on the file, which is there already, is one of the vault's. */
    void note(Uploads.About whole) throws IOException {
        whole.write(root.resolve(whole.id()).resolve(Uploads.ABOUT));
    }

    @Override
    public byte[] read(Uploads.About about) throws IOException {
        return Files.readAllBytes(root.resolve(about.id()).resolve(about.name()));
    }

    @Override
    public void delete(Uploads.About about) throws IOException {
        Uploads.remove(root.resolve(about.id()));
    }

    @Override
    public Source source() {
        return new DirectorySource(root);
    }

    @Override
    public void close() {}
}
