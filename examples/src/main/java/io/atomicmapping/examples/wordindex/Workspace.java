package io.atomicmapping.examples.wordindex;

import io.atomicmapping.examples.program.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The folder of a run, with everything in it that the run writes.
 *
 * @param directory the folder, of this run alone
 */
record Workspace(Path directory) {

    static Workspace create() throws IOException {
        return new Workspace(Files.createTempDirectory("word-index"));
    }

    Path text() {
        return directory.resolve("text");
    }

    Path index() {
        return directory.resolve("index");
    }

    Path childrenLog() {
        return directory.resolve("children.log");
    }

    void delete() throws IOException {
        Programs.delete(directory);
    }
}
