package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Only {@code io.atomicmapping.storage} opens files and changes them: whatever else the library does to a
 * file, it does through {@code Storage} and {@code DurableFile}, where the crash tests record it. The
 * examples are programs, not the library; the page that tells of a violation is no file of a mapping, and
 * memory that mappings of other libraries share is no file on any disk.
 */
class OneSeamTest {

    private static final String SEAM = "io.atomicmapping.storage";
    private static final String LINUX = "io.atomicmapping.storage.linux.Linux";
    private static final String PAGE_FOR_PEOPLE = "io.atomicmapping.crash.StoryPage";
    /** All that it may do to files: make its directory and write itself there. */
    private static final Set<String> PAGE_WRITING = Set.of("createDirectories", "writeString");
    /** The length of that memory. */
    private static final String MEMORY_SIZING = "io.atomicmapping.adoption.OwnersMappings -> " + LINUX
            + ".ftruncate(int, long)";
    private static final int FEWEST_CLASSES = 90;
    private static final int FEWEST_CHANGES_SEEN = 15;

    /** Native calls that open or change a file; {@code open} by a string is for the kernel's own files. */
    private static final Set<String> CHANGING_CALLS = Set.of("write", "fdatasync", "fsync", "ftruncate",
            "fallocate", "lock", "setAttribute", "removeAttribute", "fchmod", "fchown");

    /** Methods of {@code java.nio.file.Files} that only look; all its others open or change a file. */
    private static final Set<String> LOOKING = Set.of("exists", "notExists", "isDirectory", "isRegularFile",
            "isSymbolicLink", "isReadable", "isWritable", "isSameFile", "size", "readAttributes",
            "getAttribute", "getFileStore", "list", "walk", "find", "readSymbolicLink",
            "getLastModifiedTime", "getOwner", "getPosixFilePermissions", "mismatch", "readString",
            "readAllBytes", "readAllLines", "lines", "newBufferedReader", "newInputStream",
            "probeContentType", "isHidden", "isExecutable", "newDirectoryStream");

    private static final Set<String> CHANNELS = Set.of("java.nio.channels.FileChannel",
            "java.nio.channels.AsynchronousFileChannel", "java.io.RandomAccessFile",
            "java.io.FileOutputStream", "java.io.FileInputStream", "java.io.FileWriter",
            "java.io.FileReader", "java.io.PrintWriter", "java.nio.MappedByteBuffer");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.atomicmapping");

    private static List<JavaClass> library() {
        return CLASSES.stream().filter(each -> !each.getPackageName().startsWith("io.atomicmapping.examples"))
                .toList();
    }

    private static boolean isInSeam(JavaClass each) {
        return each.getPackageName().equals(SEAM) || each.getPackageName().startsWith(SEAM + ".");
    }

    /** Whether what is accessed opens or changes a file. */
    private static boolean opensOrChanges(JavaAccess<?> access) {
        String owner = access.getTargetOwner().getName();
        String name = access.getTarget().getName();
        if (owner.equals("java.nio.file.Files")) {
            return !LOOKING.contains(name);
        }
        if (owner.equals("java.nio.file.spi.FileSystemProvider")) {
            return true;
        }
        if (owner.equals("java.io.File")) {
            return Set.of("delete", "deleteOnExit", "renameTo", "createNewFile", "createTempFile", "mkdir",
                    "mkdirs", "setLastModified", "setReadOnly", "setWritable", "setReadable",
                    "setExecutable").contains(name);
        }
        if (owner.equals(LINUX)) {
            boolean byPath = name.equals("open")
                    && access.getTarget().getFullName().contains("MemorySegment");
            return byPath || CHANGING_CALLS.contains(name);
        }
        return CHANNELS.contains(owner);
    }

    private static Set<String> changesBy(List<JavaClass> classes) {
        Set<String> changes = new TreeSet<>();
        for (JavaClass each : classes) {
            for (JavaAccess<?> access : each.getAccessesFromSelf()) {
                if (opensOrChanges(access)) {
                    changes.add(each.getName() + " -> " + access.getTarget().getFullName());
                }
            }
        }
        return changes;
    }

    @Test
    void onlyTheSeamOpensAndChangesFiles() {
        List<JavaClass> library = library();
        List<JavaClass> others = library.stream().filter(each -> !isInSeam(each)).toList();
        System.out.println("classes of the library: seen=" + library.size()
                + ", outside the seam=" + others.size());
        assertTrue(library.size() >= FEWEST_CLASSES, "classes seen: " + library.size());
        Set<String> changes = changesBy(others);
        Set<String> page = new TreeSet<>(changes);
        page.removeIf(change -> PAGE_WRITING.stream()
                .noneMatch(method -> change.startsWith(PAGE_FOR_PEOPLE + " -> java.nio.file.Files." + method
                + "(")));
        assertEquals(PAGE_WRITING.size(), page.size(), "what the page does: " + page);
        changes.removeAll(page);
        assertTrue(changes.remove(MEMORY_SIZING), "memory that mappings share is made elsewhere by now");
        assertEquals(Set.of(), changes, "files opened or changed outside " + SEAM);
    }

    /** Or the claim above would hold because nothing is recognised. */
    @Test
    void whatTheSeamDoesToFilesIsSeen() {
        Set<String> changes = changesBy(library().stream().filter(OneSeamTest::isInSeam).toList());
        System.out.println("calls that open or change files, in the seam: " + changes.size());
        assertTrue(changes.size() >= FEWEST_CHANGES_SEEN, changes::toString);
        for (String one : CHANGING_CALLS) {
            assertTrue(changes.stream().anyMatch(change -> change.contains("Linux." + one + "(")),
                    () -> one + ": " + changes);
        }
    }
}
