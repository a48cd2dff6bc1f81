package io.atomicmapping.crash;

import static io.atomicmapping.storage.Storage.OpenMode.CREATE_NEW;
import static io.atomicmapping.storage.Storage.OpenMode.WRITE;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** A simulated disk with verbs for its tests: files are named by a letter, sectors are filled with one. */
final class DiskFixture {

    static final Path DIRECTORY = Path.of("/disk");

    final SimulatedDisk disk = new SimulatedDisk();
    final Storage storage;

    DiskFixture() {
        storage = disk;
    }

    static Path path(String name) {
        return DIRECTORY.resolve(name);
    }

    /** A new file, durable with its name, of so many sectors filled with a letter. */
    DurableFile durable(String name, int sectors, char letter) throws IOException {
        DurableFile file = disk.open(path(name), CREATE_NEW);
        write(file, 0, sectors, letter);
        file.forceAll();
        disk.forceDirectory(DIRECTORY);
        return file;
    }

    DurableFile open(String name) throws IOException {
        return disk.open(path(name), WRITE);
    }

    static void write(DurableFile file, int firstSector, int sectors, char letter) throws IOException {
        writeAt(file, firstSector * 512L, String.valueOf(letter).repeat(512 * sectors));
    }

    static void writeAt(DurableFile file, long position, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment source = arena.allocate(bytes.length, 512);
            source.copyFrom(MemorySegment.ofArray(bytes));
            file.write(position, source);
        }
    }

    /** A file as one letter a sector, a dot for zeros, a question mark for a mix; "missing" without it. */
    static String sectors(SimulatedDisk disk, String name) {
        try {
            byte[] bytes = disk.contents(path(name));
            StringBuilder letters = new StringBuilder();
            for (int i = 0; i < bytes.length; i += 512) {
                byte first = bytes[i];
                boolean same = true;
                for (int j = i; j < Math.min(bytes.length, i + 512); j++) {
                    same &= bytes[j] == first;
                }
                letters.append(!same ? '?' : first == 0 ? '.' : (char) first);
            }
            return letters.toString();
        } catch (IOException e) {
            return "missing";
        }
    }

    /** All that any crash of a kind at a time can leave, seen through a view: all subsets of all units. */
    Set<String> outcomes(Crash.Kind kind, long time, Function<SimulatedDisk, String> view) {
        Set<String> outcomes = new TreeSet<>();
        var undecided = disk.undecided(kind, time);
        int units = undecided.stream().mapToInt(Operation::units).sum();
        if (units > 16) {
            throw new IllegalArgumentException("too many to try all: units=" + units);
        }
        for (int subset = 0; subset < 1 << units; subset++) {
            Crash crash = Crash.at(kind, time);
            int unit = 0;
            for (Operation operation : undecided) {
                BitSet kept = new BitSet();
                for (int i = 0; i < operation.units(); i++, unit++) {
                    kept.set(i, (subset >> unit & 1) != 0);
                }
                crash = crash.keeping(operation, kept);
            }
            outcomes.add(view.apply(disk.crash(crash)));
        }
        return outcomes;
    }

    /** All that a power cut now can leave of a file. */
    Set<String> powerCut(String name) {
        return outcomes(Crash.Kind.POWER_CUT, disk.time(), after -> sectors(after, name));
    }
}
