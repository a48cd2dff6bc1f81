package io.atomicmapping.crash;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * One crash of a {@link SimulatedDisk}: its kind, its time, and what it keeps of everything that it may lose. Immutable.
 *
 * <p>Time is the disk's: an operation that began at or before it and ended after it is in flight. What no crash names is
 * lost.
 */
public final class Crash {

    /** What goes down. */
    public enum Kind {
        /** The process: the page cache survives; operations in flight may be cut short. */
        PROCESS_KILL,
        /** The machine: nothing survives for sure that no completed force covers. */
        POWER_CUT
    }

    private final Kind kind;
    private final long time;
    private final Map<Integer, BitSet> kept;

    private Crash(Kind kind, long time, Map<Integer, BitSet> kept) {
        this.kind = kind;
        this.time = time;
        this.kept = kept;
    }

    /**
     * A crash that loses everything that it may lose.
     *
     * @param kind what goes down
     * @param time when, from 0 to {@link SimulatedDisk#time()}
     * @return the crash
     */
    public static Crash at(Kind kind, long time) {
        return new Crash(kind, time, Map.of());
    }

    /**
     * The same crash, which also keeps some of an operation.
     *
     * @param operation an operation that it may lose
     * @param units the units to keep
     * @return the crash
     */
    public Crash keeping(Operation operation, BitSet units) {
        Map<Integer, BitSet> more = new HashMap<>(kept);
        more.merge(operation.number(), (BitSet) units.clone(), (old, added) -> {
            added.or(old);
            return added;
        });
        return new Crash(kind, time, more);
    }

    /**
     * The same crash, which keeps all of an operation.
     *
     * @param operation an operation that it may lose
     * @return the crash
     */
    public Crash keeping(Operation operation) {
        return keeping(operation, all(operation));
    }

    /**
     * A crash that keeps a random part of what it may lose. Everything and nothing, all but one and one alone are tried more
     * often than chance would.
     *
     * @param disk where it is to happen
     * @param kind what goes down
     * @param time when
     * @param random decides
     * @return the crash
     */
    public static Crash random(SimulatedDisk disk, Kind kind, long time, RandomGenerator random) {
        List<Operation> undecided = disk.undecided(kind, time);
        Map<Integer, BitSet> kept = new HashMap<>();
        int strategy = random.nextInt(8);
        int single = undecided.isEmpty() ? 0 : random.nextInt(undecided.size());
        double share = random.nextDouble();
        for (int i = 0; i < undecided.size(); i++) {
            Operation operation = undecided.get(i);
            boolean whole = switch (strategy) {
                case 0 -> false;
                case 1 -> true;
                case 2 -> i == single;
                case 3 -> i != single;
                default -> random.nextDouble() < share;
            };
            boolean torn = switch (strategy) {
                case 0, 1 -> false;
                case 2, 3 -> i == single && random.nextBoolean();
                default -> random.nextInt(3) == 0;
            };
            BitSet units = torn ? tear(operation, kind, random) : whole ? all(operation) : new BitSet();
            if (!units.isEmpty()) {
                kept.put(operation.number(), units);
            }
        }
        return new Crash(kind, time, kept);
    }

    private static BitSet tear(Operation operation, Kind kind, RandomGenerator random) {
        BitSet units = new BitSet();
        int sectors = operation.sectorCount();
        int style = random.nextInt(4);
        int edge = random.nextInt(sectors + 1);
        double share = random.nextDouble();
        for (int unit = 0; unit < operation.units(); unit++) {
            units.set(unit, switch (style) {
                case 0 -> unit < edge;
                case 1 -> unit >= edge;
                case 2 -> unit != edge;
                default -> random.nextDouble() < share;
            });
        }
        if (kind == Kind.PROCESS_KILL && operation.kind() == Operation.Kind.SET_LENGTH) {
            return random.nextBoolean() ? all(operation) : new BitSet(); // the kernel finishes what it began
        }
        return units;
    }

    private static BitSet all(Operation operation) {
        BitSet units = new BitSet();
        units.set(0, operation.units());
        return units;
    }

    /**
     * What goes down.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * When.
     *
     * @return the disk's time
     */
    public long time() {
        return time;
    }

    /**
     * What it keeps of an operation that it may lose.
     *
     * @param operation the operation
     * @return the units, a copy
     */
    public BitSet kept(Operation operation) {
        BitSet units = kept.get(operation.number());
        return units == null ? new BitSet() : (BitSet) units.clone();
    }

    /** The plan, from which the crash can be made again: kind, time, and for each operation the units that were kept. */
    @Override
    public String toString() {
        return kind + " at " + time + ", kept=" + new TreeMap<>(kept);
    }
}
