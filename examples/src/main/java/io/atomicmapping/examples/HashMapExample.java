package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Accounts under names, transfers between them by several threads, durable: money is neither made nor lost.
 */
final class HashMapExample {

    private static final int ACCOUNTS = 10_000;
    private static final long EACH = 100;
    private static final int THREADS = 4;
    private static final int TRANSFERS = 20_000;
    private static final int TRANSFERS_A_COMMIT = 1000;

    public static void main(String[] args) throws Exception {
        Path file = Examples.newFile("accounts");
        try (AtomicMapping mapping = Examples.openGrowing(file)) {
            PersistentHashMap<String, Long> accounts = open(mapping);
            for (int i = 0; i < ACCOUNTS; i++) {
                accounts.put("account " + i, EACH);
            }
            mapping.sync();
            long begin = System.nanoTime();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                threads.add(Thread.ofVirtual().start(() -> transfer(mapping, accounts)));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            System.out.printf("%,d transfers in %,d ms, %d commits%n", THREADS * TRANSFERS,
                    (System.nanoTime() - begin) / 1_000_000, mapping.lastCommit());
            accounts.put("account 0", Long.MAX_VALUE); // is not committed: the close discards it
        }
        try (AtomicMapping mapping = AtomicMapping.open(file)) {
            long total = 0;
            for (var entry : open(mapping)) {
                total += entry.getValue();
            }
            System.out.printf("%,d accounts have %,d together%n", open(mapping).size(), total);
            Examples.require(total == ACCOUNTS * EACH, "money is neither made nor lost");
        }
    }

    private static PersistentHashMap<String, Long> open(AtomicMapping mapping) {
        return PersistentHashMap.open(PersistentHeap.open(mapping), "accounts", Codec.STRING, Codec.LONG);
    }

    private static void transfer(AtomicMapping mapping, PersistentHashMap<String, Long> accounts) {
        try {
            for (int i = 1; i <= TRANSFERS; i++) {
                String from = "account " + ThreadLocalRandom.current().nextInt(ACCOUNTS);
                String to = "account " + ThreadLocalRandom.current().nextInt(ACCOUNTS);
                mapping.update(() -> { // both changes are in one commit, whichever thread syncs
                    accounts.merge(from, -1L, Long::sum);
                    accounts.merge(to, 1L, Long::sum);
                });
                if (i % TRANSFERS_A_COMMIT == 0) {
                    mapping.sync();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
