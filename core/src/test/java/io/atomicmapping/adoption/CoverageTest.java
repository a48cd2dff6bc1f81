package io.atomicmapping.adoption;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.atomicmapping.adoption.Coverage.Stretch;
import io.atomicmapping.storage.linux.LinuxConstants;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Sets of stretches, against bits. */
class CoverageTest {

    private static final int BITS = 40;

    private static List<Stretch> set(BitSet bits) {
        List<Stretch> stretches = new ArrayList<>();
        for (int from = bits.nextSetBit(0); from >= 0;) {
            int to = bits.nextClearBit(from);
            stretches.add(new Stretch(from, to));
            from = bits.nextSetBit(to);
        }
        return stretches;
    }

    private static BitSet bits(List<Integer> numbers) {
        BitSet bits = new BitSet();
        numbers.forEach(bits::set);
        return bits;
    }

    @Property
    void differenceAndIntersectionAreThoseOfBits(@ForAll List<@IntRange(max = BITS) Integer> one,
            @ForAll List<@IntRange(max = BITS) Integer> other) {
        BitSet difference = bits(one);
        difference.andNot(bits(other));
        assertEquals(set(difference), Coverage.minus(set(bits(one)), set(bits(other))));
        BitSet intersection = bits(one);
        intersection.and(bits(other));
        assertEquals(set(intersection), Coverage.both(set(bits(one)), set(bits(other))));
    }

    @Property
    void whatIsMappedTwiceIsCounted(
            @ForAll @Size(max = 6) List<@IntRange(max = BITS * BITS * 2 - 1) Integer> numbers,
            @ForAll @IntRange(max = BITS) int end) {
        List<OwnedRange> ranges = new ArrayList<>();
        int[] count = new int[BITS * 2];
        BitSet writable = new BitSet();
        for (int number : numbers) {
            int offset = number / 2 / BITS;
            int length = 1 + number / 2 % BITS;
            boolean canBeStoredTo = number % 2 == 0;
            ranges.add(new OwnedRange(1000, 1000 + length, offset,
                    canBeStoredTo ? LinuxConstants.PROT_WRITE : LinuxConstants.PROT_READ));
            for (int i = offset; i < offset + length; i++) {
                count[i]++;
                writable.set(i, writable.get(i) || canBeStoredTo);
            }
        }
        BitSet twice = new BitSet();
        for (int i = 0; i < end; i++) {
            twice.set(i, count[i] > 1 && writable.get(i));
        }
        assertEquals(set(twice), Coverage.twice(ranges, end));
    }

    @Property
    void whatIsMissingOfARangeIsFoundByItsAddresses(@ForAll @IntRange(min = 1, max = BITS) int length,
            @ForAll List<@IntRange(max = BITS) Integer> left) {
        OwnedRange range = new OwnedRange(1000, 1000 + length, 7, LinuxConstants.PROT_WRITE);
        BitSet kept = bits(left);
        kept.clear(length, BITS + 1);
        List<OwnedRange> parts = new ArrayList<>();
        parts.add(new OwnedRange(5000, 5000 + length, 7, LinuxConstants.PROT_WRITE)); // another's
        for (Stretch stretch : set(kept)) {
            parts.add(new OwnedRange(1000 + stretch.from(), 1000 + stretch.to(), 7 + stretch.from(),
                    LinuxConstants.PROT_WRITE));
        }
        BitSet gone = new BitSet();
        for (int i = 0; i < length; i++) {
            gone.set(7 + i, !kept.get(i));
        }
        assertEquals(set(gone), range.without(parts));
    }
}
