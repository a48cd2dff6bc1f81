package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls that met a truncated file and let the JVM's own error out. */
@Timeout(60)
class TruncationRegressionTest {

    private static final int PAGE = 4096;
    private static final int SIZE = 64 * PAGE;

    /**
     * After another program truncated the file, a resize, which keeps what is committed of the end of its
     * last page, threw an {@link InternalError}: not what its signature says, and no word of the file.
     */
    @Test
    void resizeIntoATruncatedFileIsAnIOExceptionThatNamesIt() throws Exception {
        try (TestFile file = TestFile.onDisk()) {
            ChildJvm.Ended ended = ChildJvm.run(List.of(), Truncated.class, file.path.toString());
            assertEquals(0, ended.status(), ended.output());
            assertTrue(ended.output().contains("told"), ended.output());
        }
    }

    /** Runs in the child. */
    static final class Truncated {
        public static void main(String[] arguments) throws Exception {
            Path file = Path.of(arguments[0]);
            try (AtomicMapping first = AtomicMapping.open(file, SIZE)) {
                first.fill(0, SIZE, (byte) 1);
                first.sync();
            }
            AtomicMapping mapping = AtomicMapping.open(file);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(PAGE);
            }
            try {
                mapping.resize(40 * PAGE + 20);
            } catch (IOException e) {
                boolean told = e.getMessage().contains(file.toString());
                System.out.println(told ? "told" : "does not name the file: " + e);
            }
        }
    }
}
