package io.atomicmapping.crash;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * All crashes of one kind at one moment that leave different disks.
 *
 * <p>What a crash may lose is taken apart by what it changes: each sector, each length, each attribute, each
 * name. Of each the disk ends with the value that was durable or with that of any later operation: those that
 * are the same count once. A sector that is written as it was, or twice alike, so adds nothing, and nothing
 * that differs is left out: the crashes are the product of all these choices. Two simplifications: disk space
 * that was taken is kept everywhere or nowhere, as no program sees whose it is; a cut by a kill is whole or
 * nothing, as the kernel finishes it.
 *
 * <p>The first crash keeps everything, the last nothing.
 */
final class Choices {

    /** Units that are kept or lost together. */
    private record Units(Operation operation, BitSet units) { }

    /** One thing that ends with one of several values. */
    private static final class Choice {
        final List<Units> units = new ArrayList<>();
        final List<Object> values = new ArrayList<>();
        boolean together;
        /** How many of the units are kept, from the first: all, and fewer where that leaves another value. */
        int[] options;

        void add(Operation operation, BitSet part, Object value) {
            units.add(new Units(operation, part));
            values.add(value);
        }

        void decide(Object base) {
            if (together) {
                options = new int[] {units.size(), 0};
                return;
            }
            int[] counts = new int[units.size() + 1];
            int found = 0;
            for (int count = units.size(); count >= 0; count--) {
                Object value = count == 0 ? base : values.get(count - 1);
                boolean fresh = true;
                for (int i = 0; i < found; i++) {
                    fresh &= !isSame(value, counts[i] == 0 ? base : values.get(counts[i] - 1));
                }
                if (fresh) {
                    counts[found++] = count;
                }
            }
            options = Arrays.copyOf(counts, found);
        }

        private static boolean isSame(Object left, Object right) {
            if (left instanceof byte[] || right instanceof byte[]) {
                return Arrays.equals(bytes(left), bytes(right));
            }
            return Objects.equals(left, right);
        }

        /** A sector that was never written, and one that was zeroed, hold zeros. */
        private static byte[] bytes(Object value) {
            return value == null ? FileImage.ZEROS : (byte[]) value;
        }
    }

    private final Crash.Kind kind;
    private final long time;
    private final Map<Operation, BitSet> undecided = new LinkedHashMap<>();
    private final List<Choice> choices = new ArrayList<>();

    private Choices(Crash.Kind kind, long time) {
        this.kind = kind;
        this.time = time;
    }

    static Choices of(SimulatedDisk disk, Crash.Kind kind, long time) {
        Choices made = new Choices(kind, time);
        synchronized (disk) {
            made.collect(new Aftermath(disk, Crash.at(kind, time)), disk.log());
        }
        return made;
    }

    private void collect(Aftermath nothingKept, List<Operation> log) {
        Map<Object, Choice> byTarget = new LinkedHashMap<>();
        Map<Object, Operation> contents = new HashMap<>();
        for (Operation operation : log) {
            if (operation.begin() > time || operation.units() == 0) {
                continue;
            }
            BitSet open = new BitSet();
            open.set(0, operation.units());
            open.andNot(nothingKept.left(operation));
            if (!open.isEmpty()) {
                undecided.put(operation, open);
            }
            if (kind == Crash.Kind.PROCESS_KILL && operation.isAllOrNothingInAKill() && !open.isEmpty()) {
                Choice whole = byTarget.computeIfAbsent(operation, key -> new Choice());
                whole.together = true;
                whole.add(operation, open, operation);
                continue;
            }
            for (int unit = 0; unit < operation.units(); unit++) {
                Change.Target target = operation.target(unit);
                if (open.get(unit)) {
                    BitSet part = new BitSet();
                    part.set(unit);
                    Choice choice = byTarget.computeIfAbsent(target, key -> new Choice());
                    choice.together = operation.kind() == Operation.Kind.ALLOCATE;
                    choice.add(operation, part, operation.value(unit));
                    contents.putIfAbsent(choice, operation);
                } else if (target.content() >= 0) {
                    byTarget.remove(target); // what comes before it is covered for good
                }
            }
        }
        byTarget.forEach((target, choice) -> {
            int firstUnit = choice.units.getFirst().units().nextSetBit(0);
            choice.decide(target instanceof Change.Target each && !choice.together
                    ? nothingKept.value(contents.get(choice), each, firstUnit) : null);
            if (choice.options.length > 1) {
                choices.add(choice);
            }
        });
    }

    /** What the crashes may lose. */
    List<Operation> undecided() {
        return List.copyOf(undecided.keySet());
    }

    /** How many crashes there are; {@link Long#MAX_VALUE} for more than that. */
    long count() {
        long count = 1;
        for (Choice choice : choices) {
            if (count > Long.MAX_VALUE / choice.options.length) {
                return Long.MAX_VALUE;
            }
            count *= choice.options.length;
        }
        return count;
    }

    /** The crash that keeps everything. */
    Crash nothingLost() {
        return crash(new int[choices.size()]);
    }

    /** All crashes. */
    Iterable<Crash> all() {
        return () -> new Iterator<>() {
            private long next;

            @Override
            public boolean hasNext() {
                return next < count();
            }

            @Override
            public Crash next() {
                int[] picked = new int[choices.size()];
                long rest = next++;
                for (int i = 0; i < picked.length; i++) {
                    picked[i] = (int) (rest % choices.get(i).options.length);
                    rest /= choices.get(i).options.length;
                }
                return crash(picked);
            }
        };
    }

    /**
     * Some crashes, where all are too many: everything kept, everything lost, each one thing alone kept or
     * lost, each beginning of the operations, and random ones. What is left out may matter.
     */
    List<Crash> some(int count) {
        List<int[]> picks = new ArrayList<>();
        int[] newest = new int[choices.size()];
        int[] oldest = choices.stream().mapToInt(choice -> choice.options.length - 1).toArray();
        picks.add(newest);
        picks.add(oldest);
        for (int i = 0; i < choices.size(); i++) {
            for (int option = 0; option < choices.get(i).options.length; option++) {
                picks.add(with(newest, i, option));
                picks.add(with(oldest, i, option));
            }
        }
        undecided.keySet().forEach(operation -> picks.add(upTo(operation)));
        SplittableRandom random = new SplittableRandom(time);
        while (picks.size() < count) {
            picks.add(choices.stream().mapToInt(choice -> random.nextInt(choice.options.length)).toArray());
        }
        return picks.stream().limit(count).map(this::crash).toList();
    }

    private static int[] with(int[] picked, int index, int option) {
        int[] changed = picked.clone();
        changed[index] = option;
        return changed;
    }

    /** Keeps what began up to an operation. */
    private int[] upTo(Operation last) {
        return choices.stream().mapToInt(choice -> {
            int option = 0;
            while (option < choice.options.length - 1
                    && choice.units.get(choice.options[option] - 1).operation().number() > last.number()) {
                option++;
            }
            return option;
        }).toArray();
    }

    private Crash crash(int[] picked) {
        Map<Operation, BitSet> kept = new LinkedHashMap<>();
        undecided.forEach((operation, units) -> kept.put(operation, (BitSet) units.clone()));
        Map<Operation, Boolean> anythingLeft = new HashMap<>();
        for (int i = 0; i < picked.length; i++) {
            Choice choice = choices.get(i);
            for (int unit = 0; unit < choice.units.size(); unit++) {
                Units each = choice.units.get(unit);
                boolean left = unit < choice.options[picked[i]];
                anythingLeft.merge(each.operation(), left, Boolean::logicalOr);
                if (!left) {
                    kept.get(each.operation()).andNot(each.units());
                }
            }
        }
        Map<Integer, BitSet> byNumber = new HashMap<>();
        kept.forEach((operation, units) -> {
            // where all that it changed is lost, so is what it left as it was
            if (!units.isEmpty() && anythingLeft.getOrDefault(operation, true)) {
                byNumber.put(operation.number(), units);
            }
        });
        return Crash.keeping(kind, time, byNumber);
    }
}
