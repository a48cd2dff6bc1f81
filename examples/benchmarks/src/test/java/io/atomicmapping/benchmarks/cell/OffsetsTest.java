package io.atomicmapping.benchmarks.cell;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OffsetsTest {

    private static final long FILE = 1 << 20;
    private static final int DRAWN = 100_000;

    private static long[] draw(String cell, long file, int thread, int count) {
        long[] offsets = new long[count];
        Offsets.of(Cell.parse(cell), file, thread, 42).next(offsets, count);
        return offsets;
    }

    @ParameterizedTest
    @ValueSource(strings = {"random-1", "zipfian-1", "sequential-1", "dense-1", "random-1-page",
            "zipfian-1-page",
        "sequential-1-page", "dense-1-page"})
    void everyPlaceIsAlignedAndInTheFile(String cell) {
        int unit = Cell.parse(cell).unit().bytes();
        for (long offset : draw(cell, FILE, 0, DRAWN)) {
            assertEquals(0, offset % unit);
            assertTrue(offset >= 0 && offset <= FILE - unit, () -> "offset=" + offset);
        }
    }

    @Test
    void theSameSeedGivesTheSamePlacesAndAnotherThreadOthers() {
        assertArrayEquals(draw("random-1-2t", FILE, 0, 1000), draw("random-1-2t", FILE, 0, 1000));
        assertTrue(!Arrays.equals(draw("random-1-2t", FILE, 0, 1000), draw("random-1-2t", FILE, 1, 1000)));
    }

    @Test
    void uniformPlacesReachEveryPageAboutAsOften() {
        Map<Long, Long> pages = counts(draw("random-1", FILE, 0, DRAWN), 4096);
        double mean = (double) DRAWN / (FILE / 4096);
        assertEquals(FILE / 4096, pages.size());
        pages.values().forEach(count -> assertTrue(count > mean / 2 && count < mean * 2, () -> "count="
                + count));
    }

    /**
     * P(rank) of Zipf's law is rank^-s over the sum of all; the most popular word of 131,072 has about 8
     * percent.
     */
    @Test
    void zipfianPlacesFollowZipfsLaw() {
        int words = (int) (FILE / 8);
        double sum = 0;
        for (int rank = 1; rank <= words; rank++) {
            sum += Math.pow(rank, -0.99);
        }
        List<Long> most = counts(draw("zipfian-1", FILE, 0, 400_000), 8).values().stream()
                .sorted(Comparator.reverseOrder()).toList();
        for (int rank : new int[] {1, 2, 10}) {
            double expected = 400_000 * Math.pow(rank, -0.99) / sum;
            assertEquals(expected, most.get(rank - 1), expected * 0.15, "rank " + rank);
        }
    }

    @Test
    void popularPlacesAreScatteredOverTheFile() {
        List<Long> most = counts(draw("zipfian-1", FILE, 0, DRAWN), 8).entrySet().stream()
                .sorted(Map.Entry.<Long, Long>comparingByValue().reversed()).limit(64)
                .map(Map.Entry::getKey).toList();
        long pages = most.stream().map(word -> word * 8 / 4096).distinct().count();
        assertTrue(pages > 40, () -> "the 64 most popular words lie in pages: " + pages);
    }

    @Test
    void sequentialPlacesAreAPageEachAndThenTheNextWords() {
        assertArrayEquals(new long[] {0, 4096, 8, 4104, 16}, draw("sequential-1", 8192, 0, 5));
        assertArrayEquals(new long[] {4096, 8}, draw("sequential-1-2t", 8192, 1, 2));
        assertArrayEquals(new long[] {0, 4096, 0}, draw("sequential-1-page", 8192, 0, 3));
    }

    @Test
    void densePlacesAreWordAfterWord() {
        assertArrayEquals(new long[] {0, 8, 16, 0}, draw("dense-1", 24, 0, 4));
    }

    private static Map<Long, Long> counts(long[] offsets, int unit) {
        return Arrays.stream(offsets).mapToObj(offset -> offset / unit)
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    }
}
