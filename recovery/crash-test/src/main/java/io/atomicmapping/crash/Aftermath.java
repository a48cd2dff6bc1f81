package io.atomicmapping.crash;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** What one crash makes of a disk. The disk's lock is held throughout. */
final class Aftermath {

    /** Which units of an operation count. */
    private interface Units {
        BitSet of(Operation operation);
    }

    private final SimulatedDisk disk;
    private final List<Operation> log;
    private final Crash crash;
    private final Durability durability;
    private final BitSet[] left;
    private final Map<Content, FileImage> images = new IdentityHashMap<>();

    Aftermath(SimulatedDisk disk, Crash crash) {
        this.disk = disk;
        this.log = disk.log();
        this.crash = crash;
        this.durability = new Durability(log, crash.kind(), crash.time());
        this.left = log.stream().map(operation -> durability.left(operation, crash)).toArray(BitSet[]::new);
    }

    SimulatedDisk disk() {
        // From here on the order of what the disk has for sure and of what only the cache has still counts.
        int inherited = log.size();
        if (crash.kind() == Crash.Kind.PROCESS_KILL) {
            inherited = (int) log.stream().takeWhile(operation -> !isOnlyCached(operation)).count();
        }
        int end = inherited;
        Units all = operation -> left[operation.number()];
        Units before = operation -> operation.number() < end ? left[operation.number()] : new BitSet();
        Map<Content, Content> contents = new IdentityHashMap<>();
        for (Content old : contents()) {
            FileImage onDisk = image(old, before);
            onDisk.cutToLength();
            FileImage cached = end == log.size() ? onDisk.copy() : image(old, all);
            cached.cutToLength();
            contents.put(old, new Content(old.number, onDisk, cached));
        }
        return new SimulatedDisk(disk, names(contents, before), names(contents, all),
                inherited(end, contents));
    }

    /** The units that are left of an operation. */
    BitSet left(Operation operation) {
        return left[operation.number()];
    }

    /** What is left where a unit of an operation would change something. */
    Object value(Operation operation, Change.Target target, int unit) {
        if (target.content() < 0) {
            return null;
        }
        FileImage image = images.computeIfAbsent(operation.content(), content -> image(content, this::left));
        return operation.change().valueIn(image, unit);
    }

    /** Whether it left something in the cache that the disk may not have. */
    private boolean isOnlyCached(Operation operation) {
        BitSet units = (BitSet) left[operation.number()].clone();
        units.andNot(durability.durable(operation));
        return !units.isEmpty();
    }

    private List<Operation> inherited(int from, Map<Content, Content> contents) {
        List<Operation> inherited = new ArrayList<>();
        for (Operation old : log.subList(from, log.size())) {
            if (!left[old.number()].isEmpty()) {
                Operation operation = Operation.inherited(old, inherited.size(), left[old.number()],
                        durability.durable(old), contents);
                if (old.isForceFailed(crash.time())) {
                    operation.failForce(0);
                }
                inherited.add(operation);
            }
        }
        return inherited;
    }

    private Collection<Content> contents() {
        Map<Integer, Content> contents = new TreeMap<>();
        disk.namesAtStart().values().forEach(content -> contents.put(content.number, content));
        log.stream().map(Operation::content).filter(Objects::nonNull)
                .forEach(content -> contents.put(content.number, content));
        return contents.values();
    }

    private FileImage image(Content content, Units units) {
        FileImage image = content.atStart.copy();
        for (Operation operation : log) {
            if (operation.content() == content && operation.units() > 0) {
                operation.change().applyTo(image, units.of(operation));
            }
        }
        return image;
    }

    private Map<Path, Content> names(Map<Content, Content> contents, Units units) {
        Map<Path, Content> old = new HashMap<>(disk.namesAtStart());
        for (Operation operation : log) {
            if (operation.isOfEntries() && units.of(operation).get(0)) {
                operation.change().applyTo(old);
            }
        }
        Map<Path, Content> fresh = new HashMap<>();
        old.forEach((path, content) -> fresh.put(path, contents.get(content)));
        return fresh;
    }
}
