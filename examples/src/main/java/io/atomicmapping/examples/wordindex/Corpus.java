package io.atomicmapping.examples.wordindex;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Enumeration;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Gathers the text to count into one file, so that a position in it is a number and nobody edits it
 * meanwhile.
 *
 * <p>What is given is taken as it is; nothing given means {@value #DEFAULT_BYTES} bytes of the JDK's own
 * sources, or, where this JDK came without, of the Java and Markdown files beneath the working folder,
 * repeated.
 */
final class Corpus implements AutoCloseable {

    private static final long DEFAULT_BYTES = 20 << 20;
    private static final int SNIFFED_BYTES = 4096;

    private final OutputStream text;
    private final long limit;
    private long written;

    private Corpus(Path target, long limit) throws IOException {
        this.text = Files.newOutputStream(target);
        this.limit = limit;
    }

    /** Writes the text of files and folders, or the default text, and gives a name for it. */
    static String gather(List<Path> paths, Path target) throws IOException {
        if (!paths.isEmpty()) {
            try (Corpus corpus = new Corpus(target, Long.MAX_VALUE)) {
                for (Path path : paths) {
                    corpus.addTree(path, "");
                }
            }
            return paths.size() == 1 ? paths.getFirst().toString() : paths.size() + " files and folders";
        }
        Path sources = Path.of(System.getProperty("java.home"), "lib", "src.zip");
        try (Corpus corpus = new Corpus(target, DEFAULT_BYTES)) {
            if (Files.isRegularFile(sources)) {
                corpus.addZip(sources);
                return sources.toString();
            }
            Path here = Path.of("").toAbsolutePath();
            long before;
            do {
                before = corpus.written;
                corpus.addTree(here, ".java");
                corpus.addTree(here, ".md");
            } while (!corpus.isFull() && corpus.written > before);
            return here + " (this JDK has no " + sources + ")";
        }
    }

    /** Makes a text as long as so many copies of it. */
    static void repeat(Path text, long times) throws IOException {
        byte[] once = Files.readAllBytes(text);
        try (OutputStream out = Files.newOutputStream(text, StandardOpenOption.APPEND)) {
            for (long i = 1; i < times; i++) {
                out.write(once);
            }
        }
    }

    private void addZip(Path zip) throws IOException {
        try (ZipFile file = new ZipFile(zip.toFile())) {
            Enumeration<? extends ZipEntry> entries = file.entries();
            while (entries.hasMoreElements() && !isFull()) {
                ZipEntry entry = entries.nextElement();
                if (entry.getName().endsWith(".java")) {
                    try (InputStream in = file.getInputStream(entry)) {
                        add(in.readAllBytes());
                    }
                }
            }
        }
    }

    private void addTree(Path path, String ending) throws IOException {
        List<Path> files;
        try (Stream<Path> tree = Files.walk(path)) {
            files = tree.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        }
        for (Path file : files) {
            if (Files.isRegularFile(file)) {
                addIfText(Files.readAllBytes(file));
            }
        }
    }

    private void addIfText(byte[] bytes) throws IOException {
        if (isText(bytes)) {
            add(bytes);
        }
    }

    private void add(byte[] bytes) throws IOException {
        int length = (int) Math.min(bytes.length, limit - written);
        text.write(bytes, 0, length);
        text.write('\n');
        written += length;
    }

    private boolean isFull() {
        return written >= limit;
    }

    private static boolean isText(byte[] bytes) {
        for (int i = 0; i < Math.min(bytes.length, SNIFFED_BYTES); i++) {
            if (bytes[i] == 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        text.close();
    }
}
