package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.atomicmapping.journal.CorruptJournalException;
import io.atomicmapping.journal.IncompatibleJournalException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a path can name instead of a file to map, and journals that do not fit: errors that say what to do,
 * and no write.
 */
@Timeout(60)
class FileTroubleTest {

    private static final int PAGE = 4096;

    @TempDir
    private Path directory;
    private Path file;
    private Path journal;

    @BeforeEach
    void name() throws IOException {
        directory = directory.toRealPath();
        file = directory.resolve("data");
        journal = directory.resolve("data.journal");
    }

    /** Leaves a file whose journal has a commit that home lacks. */
    private void killWriter(long value) throws IOException {
        try (TestFile live = TestFile.onDisk(); AtomicMapping mapping = live.open(4 * PAGE)) {
            mapping.putLong(PAGE, value - 1);
            mapping.sync();
            mapping.putLong(PAGE, value);
            mapping.sync();
            TestFile.run("cp", "--preserve=all", live.journal().toString(), live.path.toString(),
                    directory.toString());
        }
    }

    private <E extends Exception> E refuses(Class<E> type, Executable open, String... said)
            throws IOException {
        Map<Path, byte[]> before = everything();
        E e = assertThrows(type, open);
        for (String part : said) {
            assertTrue(e.getMessage().contains(part), e::getMessage);
        }
        Map<Path, byte[]> after = everything();
        assertEquals(before.keySet(), after.keySet(), "nothing is left behind");
        before.forEach((path, bytes) -> assertArrayEquals(bytes, after.get(path), path::toString));
        return e;
    }

    private Map<Path, byte[]> everything() throws IOException {
        Map<Path, byte[]> all = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.toList()) {
                all.put(path, Files.isRegularFile(path) ? Files.readAllBytes(path) : new byte[0]);
            }
        }
        return all;
    }

    @Test
    void aMissingFileWithoutASizeIsNotCreated() throws IOException {
        refuses(NoSuchFileException.class, () -> AtomicMapping.open(file), file.toString());
        refuses(IOException.class, () -> AtomicMapping.open(directory.resolve("no/such/data"), 10),
                "no/such");
    }

    @Test
    void aDirectoryOrAPipeIsRefused() throws IOException {
        refuses(IOException.class, () -> AtomicMapping.open(directory, 10), "directory");
        refuses(IOException.class, () -> AtomicMapping.open(directory), "directory");
        TestFile.run("mkfifo", file.toString());
        refuses(IOException.class, () -> AtomicMapping.open(file, 10), file.toString());
        refuses(IOException.class, () -> AtomicMapping.open(Path.of("/dev/null"), 10), "/dev/null");
    }

    @Test
    void aDanglingLinkIsRefusedAndALinkToAFileIsFollowed() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        refuses(IOException.class, () -> AtomicMapping.open(link, 10), "link");
        try (AtomicMapping mapping = AtomicMapping.open(file, PAGE)) {
            mapping.putLong(0, 5);
            mapping.sync();
            refuses(IOException.class, () -> AtomicMapping.open(link), file.toString());
        }
        try (AtomicMapping mapping = AtomicMapping.open(link)) {
            assertEquals(5, mapping.getLong(0));
            assertEquals(file, mapping.recovery().file());
        }
        assertFalse(Files.exists(directory.resolve("link.journal")));
    }

    @Test
    void theSameFileByAHardLinkIsRefusedWhileItIsOpen() throws IOException {
        try (AtomicMapping mapping = AtomicMapping.open(file, PAGE)) {
            Path other = Files.createLink(directory.resolve("other"), file);
            refuses(IOException.class, () -> AtomicMapping.open(other));
            mapping.putLong(0, 5);
            assertEquals(1, mapping.sync());
        }
    }

    @Test
    void sizesOutOfRangeAreRefused() throws IOException {
        refuses(IllegalArgumentException.class, () -> AtomicMapping.open(file, -1), "-1");
        refuses(IllegalArgumentException.class, () -> AtomicMapping.open(file, MappingOptions.SIZE_LIMIT + 1),
                "size");
        refuses(IllegalArgumentException.class, () -> MappingOptions.builder().size(11).maxSize(10).build(),
                "maxSize");
        AtomicMapping.open(file, 11).close();
        Files.delete(journal);
        assertThrows(IllegalArgumentException.class,
                () -> AtomicMapping.open(file, MappingOptions.builder().maxSize(10).build()));
        AtomicMapping.open(file).close();
    }

    @Test
    void everySmallSizeOpensCommitsAndReopens() throws IOException {
        for (int size : new int[] {0, 1, 63, 64, 65, 511, 512, 513, PAGE - 1, PAGE, PAGE + 1}) {
            Path path = directory.resolve("data" + size);
            try (AtomicMapping mapping = AtomicMapping.open(path, size)) {
                mapping.fill(0, size, (byte) 7);
                assertEquals(size == 0 ? 0 : 1, mapping.sync());
            }
            byte[] expected = new byte[size];
            Arrays.fill(expected, (byte) 7);
            assertArrayEquals(expected, Files.readAllBytes(path));
        }
    }

    @Test
    void theLockSurvivesOtherUseOfTheFileInTheSameProcess() throws IOException {
        try (AtomicMapping mapping = AtomicMapping.open(file, PAGE)) {
            Files.readAllBytes(file);
            Files.readAllBytes(journal);
            IOException e = assertThrows(IOException.class, () -> AtomicMapping.open(file));
            assertTrue(e.getMessage().contains(file.toString()), e::getMessage);
            assertThrows(IOException.class,
                    () -> AtomicMapping.open(file, MappingOptions.builder().readOnly(true).build()));
            mapping.putLong(0, 1);
            assertEquals(1, mapping.sync());
        }
        try (AtomicMapping reader = AtomicMapping.open(file, MappingOptions.builder().readOnly(true).build());
                AtomicMapping other = AtomicMapping.open(file,
                        MappingOptions.builder().readOnly(true).build())) {
            Files.readAllBytes(file);
            assertThrows(IOException.class, () -> AtomicMapping.open(file));
            assertEquals(reader.getLong(0), other.getLong(0));
        }
    }

    @Test
    void anotherProcessCannotOpenWhatIsOpen() throws Exception {
        try (AtomicMapping mapping = AtomicMapping.open(file, PAGE)) {
            mapping.putLong(0, 1);
            mapping.sync();
            ChildJvm.Ended ended = ChildJvm.run(List.of(), Opener.class, file.toString());
            assertEquals(1, ended.status(), ended.output());
            assertTrue(ended.output().contains(file.toString()), ended.output());
        }
        assertEquals(0, ChildJvm.run(List.of(), Opener.class, file.toString()).status());
    }

    @Test
    void withoutPermissionTheErrorSaysSoAndNothingIsWritten() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "only root can become another user");
        AtomicMapping.open(file, PAGE).close();
        String classPath = classPathForEveryone();
        Map<Path, byte[]> before = everything();
        List<String> asNobody = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
        assumeTrue(ChildJvm.run(asNobody, classPath, Nothing.class).status() == 0,
                "cannot run as nobody here");
        ChildJvm.Ended ended = ChildJvm.run(asNobody, classPath, Opener.class, file.toString());
        assertEquals(1, ended.status(), ended.output());
        assertTrue(ended.output().contains("AccessDenied") || ended.output().contains("ermission"),
                ended.output());
        ended = ChildJvm.run(asNobody, classPath, Opener.class, directory.resolve("new").toString());
        assertEquals(1, ended.status(), ended.output());
        assertEquals(before.keySet(), everything().keySet());
    }

    /** The class path copied to where every user can read it. */
    private String classPathForEveryone() throws IOException {
        StringJoiner copied = new StringJoiner(File.pathSeparator);
        int number = 0;
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (entry.matches(".*(classes|slf4j|atomic-mapping|jctools).*") && Files.exists(Path.of(entry))) {
                Path copy = Files.createDirectories(directory.resolve("lib" + number++));
                TestFile.run("cp", "-r", entry, copy.toString());
                copied.add(copy.resolve(Path.of(entry).getFileName()).toString());
            }
        }
        TestFile.run("chmod", "-R", "a+rX", directory.toString());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return copied.toString();
    }

    @Test
    void onAReadOnlyFileSystemAWriterIsRefusedAndAReaderSeesTheLastCommit() throws Exception {
        Shell shell = new Shell(directory);
        assumeTrue(shell.mount("8M"), "may not mount here");
        try {
            Path mounted = directory.resolve("mounted");
            killWriter(8);
            assertTrue(shell.run("cp --preserve=all data.journal data mounted/"));
            assertTrue(shell.run("mount -o remount,ro mounted"));
            IOException refused =
                    assertThrows(IOException.class, () -> AtomicMapping.open(mounted.resolve("data")));
            assertTrue(refused.getMessage().contains("EROFS") && refused.getMessage().contains("data"),
                    refused::getMessage);
            assertThrows(IOException.class, () -> AtomicMapping.open(mounted.resolve("new"), PAGE));
            try (AtomicMapping reader = AtomicMapping.open(mounted.resolve("data"),
                    MappingOptions.builder().readOnly(true).build())) {
                assertEquals(8, reader.getLong(PAGE));
            }
        } finally {
            shell.run("umount mounted");
        }
    }

    @Test
    void theJournalHasTheFilesPermissions() throws IOException {
        Files.write(file, new byte[10]);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        AtomicMapping.open(file).close();
        assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(journal)));
    }

    @Test
    void aNeededJournalThatIsMissingIsRefusedUnlessDiscarded() throws IOException {
        killWriter(2);
        Files.delete(journal);
        refuses(IncompatibleJournalException.class, () -> AtomicMapping.open(file), "discardMissingJournal");
        refuses(IncompatibleJournalException.class,
                () -> AtomicMapping.open(file, MappingOptions.builder().readOnly(true).build()),
                        "discardMissingJournal");
        try (AtomicMapping mapping = AtomicMapping.open(file,
                MappingOptions.builder().discardMissingJournal(true).build())) {
            mapping.putLong(0, 1);
            assertTrue(mapping.sync() > 0);
        }
    }

    @Test
    void aRottenRecordBeforeTheLastCommitIsCorruption() throws IOException {
        killWriter(2);
        byte[] bytes = Files.readAllBytes(journal);
        bytes[8192 + 100] ^= 1; // in the first commit's record, the second one is after it
        Files.write(journal, bytes);
        refuses(CorruptJournalException.class, () -> AtomicMapping.open(file), journal.toString());
        refuses(CorruptJournalException.class,
                () -> AtomicMapping.open(file, MappingOptions.builder().readOnly(true).build()),
                        journal.toString());
    }

    @Test
    void oneRottenSlotIsSurvivedBothAreCorruption() throws IOException {
        killWriter(2);
        byte[] bytes = Files.readAllBytes(journal);
        bytes[4096 + 50] ^= 1;
        bytes[50] ^= 1;
        Files.write(journal, bytes);
        refuses(CorruptJournalException.class, () -> AtomicMapping.open(file), journal.toString());
        bytes[50] ^= 1;
        Files.write(journal, bytes);
        try (AtomicMapping mapping = AtomicMapping.open(file)) {
            assertEquals(2, mapping.getLong(PAGE));
        }
    }

    @Test
    void aJournalOfAnotherFileIsRefused() throws IOException {
        killWriter(2);
        byte[] foreign = Files.readAllBytes(journal);
        Files.delete(file);
        Files.delete(journal);
        killWriter(3);
        Files.write(journal, foreign);
        refuses(IncompatibleJournalException.class, () -> AtomicMapping.open(file), "another data file");
    }

    @Test
    void aPairCopiedTogetherOpensAndAnEditAfterACleanCloseIsAccepted() throws IOException {
        killWriter(2);
        try (AtomicMapping mapping = AtomicMapping.open(file)) {
            assertEquals(2, mapping.getLong(PAGE));
            assertEquals(2, mapping.lastCommit());
        }
        byte[] bytes = Files.readAllBytes(file);
        bytes[5] = 99;
        Files.write(file, Arrays.copyOf(bytes, 2 * PAGE + 7));
        try (AtomicMapping mapping = AtomicMapping.open(file)) {
            assertEquals(99, mapping.getByte(5));
            assertEquals(2 * PAGE + 7, mapping.size());
            mapping.putByte(6, (byte) 1);
            assertEquals(3, mapping.sync());
        }
    }

    @Test
    void aJournalElsewhereLeavesAStubThatNamesIt() throws IOException {
        Path elsewhere = directory.resolve("other.journal");
        try (AtomicMapping mapping = AtomicMapping.open(file,
                MappingOptions.builder().size(PAGE).journal(elsewhere).build())) {
            mapping.putLong(0, 1);
            mapping.sync();
        }
        assertTrue(Files.size(elsewhere) > 16384);
        assertTrue(Files.size(journal) < Files.size(elsewhere));
        try (AtomicMapping mapping = AtomicMapping.open(file)) {
            assertEquals(elsewhere, mapping.recovery().journal());
            mapping.putLong(0, 2);
            assertEquals(2, mapping.sync());
        }
    }

    /** Opens and closes; says why not. */
    static final class Opener {
        private Opener() {
        }

        public static void main(String[] arguments) {
            try (AtomicMapping mapping = AtomicMapping.open(Path.of(arguments[0]), 10)) {
                System.out.println("opened " + mapping.size());
            } catch (IOException e) {
                System.out.println(e);
                System.exit(1);
            }
        }
    }

    /** Runs, which is all. */
    static final class Nothing {
        private Nothing() {
        }

        public static void main(String[] arguments) {
            System.out.println("ran");
        }
    }
}
