package io.atomicmapping.examples.chronicle;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.nio.file.Path;
import net.openhft.chronicle.map.ChronicleMap;

/** A program that leaves without closing anything: a hook of Chronicle's unmaps what is adopted. */
final class LeavingChild {

    private LeavingChild() {}

    /** The argument is the file. */
    public static void main(String[] arguments) throws IOException {
        Path file = Path.of(arguments[0]);
        ChronicleMap<Long, byte[]> map = AdoptedChronicleMapTest.builder().createPersistedTo(file.toFile());
        AtomicMapping mapping = AtomicMapping.adopt(file);
        for (long key = 0; key < 2_000; key++) { // grows
            map.put(key, new byte[100]);
        }
        mapping.sync();
        for (long key = 2_000; key < 4_000; key++) {
            map.put(key, new byte[100]);
        }
        System.out.println(map.size() + " entries");
    }
}
