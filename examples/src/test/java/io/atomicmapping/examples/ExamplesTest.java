package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Each example throws if what it shows does not hold. */
class ExamplesTest {

    @Test
    void heap() throws Exception {
        HeapExample.main(new String[0]);
    }

    @Test
    void hashMap() throws Exception {
        HashMapExample.main(new String[0]);
    }

    @Test
    void bTree() throws Exception {
        BTreeExample.main(new String[0]);
    }

    @Test
    void queue() throws Exception {
        QueueExample.main(new String[0]);
    }

    @Test
    void log() throws Exception {
        LogExample.main(new String[0]);
    }

    @Test
    void readmeNamesEachExample() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        for (String name : new String[] {"HeapExample", "HashMapExample", "BTreeExample", "QueueExample",
            "LogExample", "Accounts"}) {
            assertTrue(readme.contains("io.atomicmapping.examples." + name), name);
        }
    }
}
