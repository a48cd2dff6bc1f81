package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.nio.file.Path;

final class Accounts {
    public static void main(String[] args) throws Exception {
        long alice = 0;
        long bob = 8;
        try (AtomicMapping money = AtomicMapping.open(Path.of("/tmp/accounts"), 4096)) {
            System.out.printf("commit %d: alice has %d, bob has %d%n",
                    money.lastCommit(), money.getLong(alice), money.getLong(bob));
            money.update(() -> {                      // no sync cuts this in two
                money.putLong(alice, money.getLong(alice) - 10);
                money.putLong(bob, money.getLong(bob) + 10);
            });
            long commit = money.sync();               // now both are durable; before, after a crash, neither

            money.putLong(alice, 1_000_000);
            money.rollback();                         // back to the last commit
            System.out.printf("commit %d: alice has %d, bob has %d%n",
                    commit, money.getLong(alice), money.getLong(bob));
        }
    }
}
