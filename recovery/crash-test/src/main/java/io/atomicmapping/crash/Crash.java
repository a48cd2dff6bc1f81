package io.atomicmapping.crash;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * One crash of a {@link SimulatedDisk}: its kind, its time, and what it keeps of everything that it may lose.
 * Immutable.
 *
 * <p>Time is the disk's: an operation that began at or before it and ended after it is in flight. What no
 * crash names is lost.
 */
public final class Crash {

    /** What goes down. */
    public enum Kind {
        /** The process: the page cache survives; operations in flight may be cut short. */
        PROCESS_KILL,
        /** The machine: nothing survives for sure that no completed force covers. */
        POWER_CUT
    }

    /** What becomes of an operation that it may lose. */
    public enum Fate {
        /** All of it survives. */
        KEPT,
        /** Part of it survives. */
        TORN,
        /** Nothing of it survives. */
        LOST
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

    /** A crash that keeps given units of operations, by their numbers. */
    static Crash keeping(Kind kind, long time, Map<Integer, BitSet> kept) {
        return new Crash(kind, time, kept);
    }

    /**
     * A crash that keeps a random part of what it may lose. Everything and nothing, all but one and one alone
     * are tried more often than chance would.
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
        if (kind == Kind.PROCESS_KILL && operation.isAllOrNothingInAKill()) {
            return random.nextBoolean() ? all(operation) : new BitSet();
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

    /**
     * What becomes of an operation that it may lose.
     *
     * @param operation the operation
     * @return its fate
     */
    public Fate fate(Operation operation) {
        BitSet units = kept(operation);
        units.or(operation.alwaysDurable());
        int left = units.cardinality();
        return left == 0 ? Fate.LOST : left == operation.units() ? Fate.KEPT : Fate.TORN;
    }

    /** What happened, in words. */
    String name() {
        return kind == Kind.POWER_CUT ? "power cut" : "process kill";
    }

    /**
     * The plan, from which {@link #parse} makes the crash again: kind, time, and what it keeps of which
     * operations.
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(kind + "@" + time);
        new TreeMap<>(kept).forEach((number, units) ->
                text.append(' ').append(number).append(':').append(text(units)));
        return text.toString();
    }

    /**
     * Makes a crash again.
     *
     * @param plan what {@link #toString} gave
     * @return the crash
     * @throws IllegalArgumentException if it is not such a text
     */
    public static Crash parse(String plan) {
        String[] parts = plan.split(" ");
        String[] moment = parts[0].split("@");
        if (moment.length != 2) {
            throw new IllegalArgumentException("not a crash, expected kind@time: crash=" + plan);
        }
        Map<Integer, BitSet> kept = new HashMap<>();
        for (int i = 1; i < parts.length; i++) {
            int colon = parts[i].indexOf(':');
            if (colon < 1) {
                throw new IllegalArgumentException("not what a crash keeps, expected number:units: part="
                        + parts[i]
                        + ", crash=" + plan);
            }
            kept.put(Integer.valueOf(parts[i].substring(0, colon)),
                    parseUnits(parts[i].substring(colon + 1)));
        }
        return new Crash(Kind.valueOf(moment[0]), Long.parseLong(moment[1]), kept);
    }

    /** Units as runs: 0-7,9. */
    static String text(BitSet units) {
        StringBuilder text = new StringBuilder();
        for (int from = units.nextSetBit(0); from >= 0; from = units.nextSetBit(units.nextClearBit(from))) {
            int last = units.nextClearBit(from) - 1;
            text.append(text.isEmpty() ? "" : ",").append(from).append(last > from ? "-" + last : "");
        }
        return text.toString();
    }

    static BitSet parseUnits(String text) {
        BitSet units = new BitSet();
        for (String run : text.split(",")) {
            int dash = run.indexOf('-');
            int from = Integer.parseInt(dash < 0 ? run : run.substring(0, dash));
            units.set(from, dash < 0 ? from + 1 : Integer.parseInt(run.substring(dash + 1)) + 1);
        }
        return units;
    }
}
