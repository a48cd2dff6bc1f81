package io.atomicmapping.crash;

import java.util.HashSet;
import java.util.Set;

/** A file, whatever its names: what the disk holds for sure, what the cache holds, and who has locked it. */
final class Content {

    /** For stories: a file keeps its number through renames and crashes. */
    final int number;

    /** What was durable when the disk was switched on. */
    final FileImage atStart;

    /** What programs see. */
    final FileImage cached;

    final Set<SimulatedFile> sharedHolders = new HashSet<>();
    SimulatedFile exclusiveHolder;

    Content(int number, FileImage atStart, FileImage cached) {
        this.number = number;
        this.atStart = atStart;
        this.cached = cached;
    }

    boolean tryLock(SimulatedFile holder, boolean shared) {
        boolean others = exclusiveHolder != null && exclusiveHolder != holder
                || !shared && sharedHolders.stream().anyMatch(other -> other != holder);
        if (others) {
            return false;
        }
        unlock(holder);
        if (shared) {
            sharedHolders.add(holder);
        } else {
            exclusiveHolder = holder;
        }
        return true;
    }

    boolean isLocked() {
        return exclusiveHolder != null || !sharedHolders.isEmpty();
    }

    void unlock(SimulatedFile holder) {
        sharedHolders.remove(holder);
        if (exclusiveHolder == holder) {
            exclusiveHolder = null;
        }
    }
}
