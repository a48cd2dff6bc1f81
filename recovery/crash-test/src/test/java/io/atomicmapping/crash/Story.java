package io.atomicmapping.crash;

import java.util.BitSet;
import java.util.List;

/** What a crash cut into, told from the disk's record: the last operations before it, and what was left of each. */
final class Story {

    private static final int TOLD_MAX = 60;

    private final SimulatedDisk disk;
    private final Crash crash;

    Story(SimulatedDisk disk, Crash crash) {
        this.disk = disk;
        this.crash = crash;
    }

    @Override
    public String toString() {
        List<Operation> log = disk.operations().stream().filter(operation -> operation.begin() <= crash.time()).toList();
        List<Operation> undecided = disk.undecided(crash.kind(), crash.time());
        StringBuilder text = new StringBuilder();
        for (Operation operation : log.subList(Math.max(0, log.size() - TOLD_MAX), log.size())) {
            text.append("\n    ").append(operation.begin()).append(' ').append(operation)
                    .append(operation.end() > crash.time() ? " IN FLIGHT" : "")
                    .append(undecided.contains(operation) ? fate(operation) : "").append(" [").append(operation.thread())
                    .append(']');
        }
        return text.toString();
    }

    private String fate(Operation operation) {
        BitSet kept = crash.kept(operation);
        if (kept.isEmpty()) {
            return " LOST";
        }
        return kept.cardinality() == operation.units() ? " KEPT" : " TORN: kept units " + kept + " of " + operation.units();
    }
}
