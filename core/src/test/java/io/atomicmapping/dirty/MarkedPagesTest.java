package io.atomicmapping.dirty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MarkedPagesTest {

    private static final int PAGE_SHIFT = 12;

    /** Few and many, close together and scattered over the largest file: both ways of sorting. */
    @ParameterizedTest
    @CsvSource({"1, 1", "255, 100", "256, 100", "300, 1", "1000, 512", "1000, 513", "5000, 262144",
            "20000, 34359738368"})
    void pagesComeInOrderOnceEachWithTheirStoreIfThatIsTheOnlyOne(int count, long pages) {
        Random random = new Random(count);
        MarkedPages marked = new MarkedPages(PAGE_SHIFT);
        for (int round = 0; round < 3; round++) {
            marked.clear();
            marked.reserve(count);
            Map<Long, Long> values = new HashMap<>();
            TreeSet<Long> twice = new TreeSet<>();
            for (int i = 0; i < count; i++) {
                long page = random.nextLong(pages);
                long value = random.nextLong();
                if (values.put(page, value) != null) {
                    twice.add(page);
                }
                marked.add(MarkedPages.place((page << PAGE_SHIFT) + 8 * (page % 512), 8), value);
            }
            marked.sortDistinct();
            List<Long> expected = values.keySet().stream().sorted().toList();
            assertEquals(expected.size(), marked.size());
            for (int i = 0; i < marked.size(); i++) {
                long page = expected.get(i);
                assertEquals(page, marked.page(i));
                assertEquals(!twice.contains(page), marked.hasStore(i));
                if (marked.hasStore(i)) {
                    assertEquals((page << PAGE_SHIFT) + 8 * (page % 512), marked.wordOffset(i));
                    assertEquals(values.get(page), marked.word(i));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"2", "600"})
    void aPageThatIsListedWithoutItsStoreHasNone(int count) {
        MarkedPages marked = new MarkedPages(PAGE_SHIFT);
        for (int i = 0; i < count; i++) {
            marked.reserve(2);
            marked.add(MarkedPages.place((long) i << PAGE_SHIFT, 8), 1);
            if (i % 2 == 0) {
                marked.add(i);
            }
        }
        marked.sortDistinct();
        assertEquals(count, marked.size());
        assertFalse(marked.hasStore(0));
        assertTrue(marked.hasStore(count - 1));
    }
}
