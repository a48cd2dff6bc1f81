package io.atomicmapping.examples.chronicle;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.examples.chronicle.CrashRun.Mode;
import io.atomicmapping.examples.chronicle.CrashRun.Verdict;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import net.openhft.chronicle.map.ChronicleMap;

/**
 * The program that looks at what a killed one left, opened by the ordinary {@code createPersistedTo}. In a
 * JVM of its own, which a map that is damaged may take with it.
 */
final class Inspector {

    private Inspector() {}

    /**
     * Arguments: none. Each line read is the mode, the seed and the data file; the answer is a verdict, the
     * last commit, the steps of each thread, and what is wrong.
     */
    public static void main(String[] arguments) throws IOException {
        Workload.builder().create().close();
        System.out.println("ready");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            String said = inspect(Mode.valueOf(words[0]), Long.parseLong(words[1]), Path.of(words[2]));
            System.out.println(said.replace('\n', ' '));
        }
    }

    private static String inspect(Mode mode, long seed, Path file) {
        long commit = 0;
        if (Files.notExists(file)) {
            return line(Verdict.EXACT, commit, new long[Workload.THREADS], "it was never made");
        }
        try {
            if (mode != Mode.PLAIN) {
                commit = AtomicMapping.recover(file).lastCommit();
            }
            try (ChronicleMap<Long, byte[]> map = Workload.builder().createPersistedTo(file.toFile())) {
                return look(map, commit, seed);
            }
        } catch (IOException | RuntimeException | Error e) {
            return line(Verdict.UNREADABLE, commit, new long[Workload.THREADS], e.toString());
        }
    }

    private static String look(ChronicleMap<Long, byte[]> map, long commit, long seed) {
        String held = FailureAtomicChronicleMap.heldLock(map);
        if (held != null) {
            return line(Verdict.LOCKED, commit, new long[Workload.THREADS], held);
        }
        long[] progress = Workload.progress(map);
        String wrong = new Workload(seed).verify(map);
        return line(wrong == null ? Verdict.EXACT : Verdict.WRONG, commit, progress, wrong);
    }

    private static String line(Verdict verdict, long commit, long[] progress, String story) {
        String steps = Arrays.stream(progress).mapToObj(Long::toString).collect(Collectors.joining(" "));
        return verdict + " " + commit + " " + steps + " " + story;
    }
}
