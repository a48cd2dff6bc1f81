package io.atomicmapping.crash;

import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which operations of a log a crash cannot lose: those that were complete before a force began that covers
 * them, and that returned before the crash.
 */
final class Durability {

    private final Crash.Kind kind;
    private final long time;
    private final Map<Content, Long> contentForced = new HashMap<>();
    private final Map<Content, Long> attributesForced = new HashMap<>();
    private final Map<Path, Long> entriesForced = new HashMap<>();

    Durability(List<Operation> log, Crash.Kind kind, long time) {
        this.kind = kind;
        this.time = time;
        for (Operation operation : log) {
            if (!isComplete(operation) || operation.isForceFailed(time)) {
                continue;
            }
            switch (operation.kind()) {
                case FORCE -> contentForced.merge(operation.content(), operation.begin(), Math::max);
                case FORCE_ALL -> {
                    contentForced.merge(operation.content(), operation.begin(), Math::max);
                    attributesForced.merge(operation.content(), operation.begin(), Math::max);
                }
                case FORCE_DIRECTORY -> entriesForced.merge(operation.path(), operation.begin(), Math::max);
                default -> { }
            }
        }
    }

    boolean isBegun(Operation operation) {
        return operation.begin() <= time;
    }

    private boolean isComplete(Operation operation) {
        return operation.end() <= time;
    }

    /** The units of an operation that are on the disk. */
    BitSet durable(Operation operation) {
        BitSet units = (BitSet) operation.alwaysDurable().clone();
        if (isComplete(operation) && isCovered(operation)) {
            boolean bytesFailed = operation.isWrite() && operation.isForceFailed(time);
            units.set(bytesFailed ? operation.sectorCount() : 0, operation.units());
        }
        return units;
    }

    private boolean isCovered(Operation operation) {
        if (operation.isOfEntries()) {
            return operation.change().directories().stream()
                    .anyMatch(directory -> entriesForced.getOrDefault(directory, -1L) > operation.end());
        }
        Map<Content, Long> forced = operation.change().isOfAttribute() ? attributesForced : contentForced;
        return forced.getOrDefault(operation.content(), -1L) > operation.end();
    }

    /** Whether the crash may lose it, or part of it. */
    boolean isUndecided(Operation operation) {
        if (!isBegun(operation) || operation.units() == 0) {
            return false;
        }
        return kind == Crash.Kind.PROCESS_KILL ? !isComplete(operation)
                : durable(operation).cardinality() < operation.units();
    }

    /** The units that are left of an operation, in the cache after a kill, on the disk after a power cut. */
    BitSet left(Operation operation, Crash crash) {
        BitSet units = new BitSet();
        if (!isBegun(operation)) {
            return units;
        }
        if (isUndecided(operation)) {
            units = crash.kept(operation);
            units.or(durable(operation));
        } else {
            units.set(0, operation.units());
        }
        return units;
    }
}
