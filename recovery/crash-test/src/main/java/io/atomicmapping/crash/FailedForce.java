package io.atomicmapping.crash;

import java.util.List;
import java.util.TreeSet;

/** A force that fails, and what becomes of the bytes that it would have covered. The disk's lock is held. */
final class FailedForce {

    private final List<Operation> log;
    private final Operation force;
    private final Durability before;

    FailedForce(List<Operation> log, Operation force) {
        this.log = log;
        this.force = force;
        this.before = new Durability(log, Crash.Kind.POWER_CUT, force.begin());
    }

    /** It covers nothing, and the bytes that it would have covered no later force will. */
    void fail() {
        log.stream().filter(this::wouldBeCovered).forEach(operation -> operation.failForce(force.begin()));
        force.failForce(force.begin());
    }

    private boolean wouldBeCovered(Operation operation) {
        return operation.content() == force.content() && operation.end() < force.begin()
                && operation.isWrite() && before.isUndecided(operation);
    }

    /**
     * What changes for programs where the cache drops these bytes: they read what the disk holds. Ranges that
     * were zeroed or cut off stay so. To be asked before it fails.
     */
    Change dropped() {
        TreeSet<Long> sectors = new TreeSet<>();
        log.stream().filter(this::wouldBeCovered)
                .forEach(operation -> operation.change().addSectors(sectors));
        FileImage onDisk = force.content().atStart.copy();
        for (Operation operation : log) {
            if (operation.content() == force.content() && operation.isWrite()) {
                operation.change().applyTo(onDisk, before.durable(operation));
            } else if (operation.content() == force.content()) {
                operation.change().applyTo(onDisk);
            }
        }
        Change dropped = new Change(Operation.Kind.REVERT, force.path(), force.content());
        dropped.sectors = sectors.stream().mapToLong(Long::longValue).toArray();
        dropped.after = sectors.stream().map(onDisk.sectors::get).toArray(byte[][]::new);
        dropped.position = sectors.isEmpty() ? 0 : sectors.first() * SimulatedDisk.SECTOR_BYTES;
        dropped.bytes = (long) dropped.sectors.length * SimulatedDisk.SECTOR_BYTES;
        return dropped;
    }
}
