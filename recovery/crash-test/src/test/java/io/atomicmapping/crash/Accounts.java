package io.atomicmapping.crash;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A structure as a user would write it: balances in a mapping, a page for each; their sum stays the same. */
final class Accounts implements AutoCloseable {

    static final int COUNT = 3;
    static final long EACH = 100;
    private static final Path FILE = Path.of("/data/accounts");
    private static final long STRIDE = 4096;

    private final AtomicMapping mapping;

    private Accounts(AtomicMapping mapping) {
        this.mapping = mapping;
    }

    static Accounts open(Storage storage) throws IOException {
        MappingOptions options = MappingOptions.builder().storage(storage).size(COUNT * STRIDE)
                .maxSize(1 << 20).journalCapacity(16384).build();
        AtomicMapping mapping = AtomicMapping.open(FILE, options);
        Accounts accounts = new Accounts(mapping);
        if (mapping.lastCommit() == 0) {
            for (int i = 0; i < COUNT; i++) {
                accounts.set(i, EACH);
            }
            mapping.sync();
        }
        return accounts;
    }

    List<Long> balances() {
        List<Long> balances = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            balances.add(mapping.getLong(i * STRIDE));
        }
        return balances;
    }

    long total() {
        return balances().stream().mapToLong(Long::longValue).sum();
    }

    void set(int account, long balance) {
        mapping.putLong(account * STRIDE, balance);
    }

    void transfer(int from, int to, long amount) {
        mapping.update(() -> {
            set(from, balances().get(from) - amount);
            set(to, balances().get(to) + amount);
        });
    }

    void sync() throws IOException {
        mapping.sync();
    }

    /** Deliberately wrong: what is withdrawn becomes durable before it is deposited. */
    void hastyTransfer(int from, int to, long amount) throws IOException {
        withdraw(from, amount);
        set(to, balances().get(to) + amount);
        mapping.sync();
    }

    private void withdraw(int from, long amount) throws IOException {
        set(from, balances().get(from) - amount);
        mapping.sync();
    }

    @Override
    public void close() throws IOException {
        mapping.close();
    }
}
