package io.atomicmapping.examples.chronicle;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;

final class Stock {
    public static void main(String[] args) throws IOException {
        Path file = Path.of(args[0]);
        if (Files.exists(file)) {
            AtomicMapping.recover(file);                  // to its last commit, whatever happened
        }
        try (ChronicleMap<String, Long> stock = ChronicleMapBuilder.of(String.class, Long.class)
                        .averageKey("apples").entries(1_000).createPersistedTo(file.toFile());
                AtomicMapping mapping = AtomicMapping.adopt(file)) {    // is closed before the map
            mapping.update(() -> {                        // no commit cuts this in two; reads belong here
                stock.merge("apples", -10L, Long::sum);
                stock.merge("pears", 10L, Long::sum);
            });
            long commit = mapping.sync();                 // now both are durable; before, neither
            System.out.println("commit " + commit + ": " + stock);
        }
    }
}
