package io.atomicmapping.crash;

import io.atomicmapping.journal.JournalFormat;
import io.atomicmapping.recovery.JournalInspector;
import io.atomicmapping.recovery.JournalReport;
import io.atomicmapping.recovery.TailCase;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How the journals on a disk end, as recovery will find them. */
final class Tails {

    private Tails() {
    }

    /** The case of the first journal; {@link TailCase#NO_JOURNAL} where there is none, or no file at all. */
    static String of(SimulatedDisk disk) {
        for (Path file : dataFiles(disk)) {
            try {
                return JournalInspector.inspect(disk, file).tail().name();
            } catch (NoSuchFileException e) {
                return TailCase.NO_JOURNAL.name();
            } catch (IOException e) {
                return "UNREADABLE";
            }
        }
        return TailCase.NO_JOURNAL.name();
    }

    /** What the journals hold, for people. */
    static List<String> reports(SimulatedDisk disk) {
        List<String> texts = new ArrayList<>();
        for (Path file : dataFiles(disk)) {
            try {
                JournalReport report = JournalInspector.inspect(disk, file);
                texts.add(report.toString().strip());
            } catch (IOException e) {
                texts.add("journal of " + file + ": " + e);
            }
        }
        return texts;
    }

    private static List<Path> dataFiles(SimulatedDisk disk) {
        List<Path> paths = disk.paths();
        return paths.stream()
                .filter(path -> disk.kind(JournalFormat.besidePath(path)) == Storage.FileKind.REGULAR)
                .toList();
    }
}
