package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ReadmeTest {

    @Test
    void programInTheReadmeIsTheOneThatIsCompiled() throws IOException {
        String readme = Files.readString(Path.of("../README.md"));
        String program = Files.readString(Path.of("src/main/java/io/atomicmapping/examples/Accounts.java"));
        assertTrue(readme.contains("```java\n" + program + "```\n"), "README.md shows another program");
    }
}
