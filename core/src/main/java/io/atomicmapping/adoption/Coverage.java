package io.atomicmapping.adoption;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.LongStream;

/** Arithmetic with sets of stretches of a file; a set is a list in order, of stretches that do not touch. */
public final class Coverage {

    /**
     * A stretch of a file.
     *
     * @param from its first byte
     * @param to the byte after its last
     */
    public record Stretch(long from, long to) { }

    private Coverage() {
    }

    /**
     * What is mapped more than once, and at least once so that it can be stored to.
     *
     * @param ranges the mappings
     * @param end where to end
     * @return the stretches
     */
    public static List<Stretch> twice(List<OwnedRange> ranges, long end) {
        long[] borders = ranges.stream()
                .flatMapToLong(range -> LongStream.of(range.offset(), range.endOffset()))
                .map(border -> Math.min(border, end)).sorted().distinct().toArray();
        List<Stretch> result = new ArrayList<>();
        for (int i = 0; i + 1 < borders.length; i++) {
            int count = 0;
            boolean writable = false;
            for (OwnedRange range : ranges) {
                if (range.offset() <= borders[i] && range.endOffset() >= borders[i + 1]) {
                    count++;
                    writable |= range.isWritable();
                }
            }
            if (count > 1 && writable) {
                append(result, borders[i], borders[i + 1]);
            }
        }
        return result;
    }

    private static void append(List<Stretch> list, long from, long to) {
        if (!list.isEmpty() && list.getLast().to() == from) {
            list.set(list.size() - 1, new Stretch(list.getLast().from(), to));
        } else {
            list.add(new Stretch(from, to));
        }
    }

    /**
     * What one set has and another has not.
     *
     * @param set the set
     * @param without the other
     * @return the difference
     */
    public static List<Stretch> minus(List<Stretch> set, List<Stretch> without) {
        List<Stretch> result = new ArrayList<>();
        for (Stretch stretch : set) {
            long at = stretch.from();
            for (Stretch hole : without) {
                if (hole.from() < hole.to() && hole.to() > at && hole.from() < stretch.to()) {
                    if (hole.from() > at) {
                        result.add(new Stretch(at, hole.from()));
                    }
                    at = Math.max(at, hole.to());
                }
            }
            if (at < stretch.to()) {
                result.add(new Stretch(at, stretch.to()));
            }
        }
        return result;
    }

    /**
     * What at least one of two sets has.
     *
     * @param set a set
     * @param other another
     * @return the union
     */
    public static List<Stretch> either(List<Stretch> set, List<Stretch> other) {
        List<Stretch> parts = new ArrayList<>(set);
        parts.addAll(minus(other, set));
        parts.sort(Comparator.comparingLong(Stretch::from));
        List<Stretch> result = new ArrayList<>();
        for (Stretch part : parts) {
            append(result, part.from(), part.to());
        }
        return result;
    }

    /**
     * What both of two sets have.
     *
     * @param set a set
     * @param other another
     * @return the intersection
     */
    public static List<Stretch> both(List<Stretch> set, List<Stretch> other) {
        return minus(set, minus(set, other));
    }
}
