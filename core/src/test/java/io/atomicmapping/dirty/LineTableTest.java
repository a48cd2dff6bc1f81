package io.atomicmapping.dirty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Marks, twins and the lists of dirty pages, without a mapping around them. */
class LineTableTest {

    private static final int PAGE_SHIFT = 12;
    private static final int PAGE = 1 << PAGE_SHIFT;
    private static final int LINE = PAGE / 64;
    private static final int PAGES = 8;

    private final Sections sections = new Sections(new Gate());
    private final MarkedPages drained = new MarkedPages(PAGE_SHIFT);

    private LineTable table(Arena arena) throws IOException {
        return table(arena, PAGES);
    }

    private LineTable table(Arena arena, int pages) throws IOException {
        MemorySegment image = arena.allocate((long) pages * PAGE, PAGE);
        return new LineTable(image.address(), pages, PAGE_SHIFT, sections);
    }

    private void mark(LineTable table, long offset) {
        Stripe stripe = sections.enterPut();
        table.mark(offset, Long.BYTES, stripe);
        sections.exitPut(stripe);
    }

    private List<Long> drain(LineTable table, Range range) {
        table.drain(range, Long.MAX_VALUE, drained);
        List<Long> pages = new ArrayList<>();
        for (int i = 0; i < drained.size(); i++) {
            if (table.mask(drained.page(i)) != 0) {
                pages.add(drained.page(i));
                table.setMask(drained.page(i), 0);
            }
        }
        return pages;
    }

    /** The first to mark does it by plain stores: the others must have waited for the one under way. */
    @Test
    void noMarkIsLostWhenASecondThreadComes() throws Exception {
        for (int round = 0; round < 2_000; round++) {
            try (Arena arena = Arena.ofShared(); LineTable table = table(arena)) {
                AtomicInteger ready = new AtomicInteger();
                List<Thread> threads = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    int first = i;
                    Thread.Builder builder = i == 2 ? Thread.ofVirtual() : Thread.ofPlatform();
                    threads.add(builder.start(() -> {
                        ready.getAndIncrement();
                        while (ready.get() < 2) {
                            Thread.onSpinWait();
                        }
                        for (int line = first; line < 64; line += 3) {
                            mark(table, (long) line * LINE);
                        }
                    }));
                }
                for (Thread thread : threads) {
                    thread.join();
                }
                assertEquals(-1L, table.mask(0), "round=" + round);
                assertEquals(List.of(0L), drain(table, Range.EVERYTHING));
            }
        }
    }

    /** What a failed append takes back is marked again while the program goes on. */
    @Test
    void noMarkIsLostWhenLinesAreMarkedAgainBesideTheOnlyThread() throws Exception {
        int pages = 1024;
        for (int round = 0; round < 20; round++) {
            try (Arena arena = Arena.ofShared(); LineTable table = table(arena, pages)) {
                AtomicInteger page = new AtomicInteger(-1);
                Thread thread = Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < pages; i++) {
                        mark(table, (long) i * PAGE);
                    }
                    for (int i = 0; i < pages; i++) {
                        page.set(i);
                        for (int line = 1; line < 63; line++) {
                            mark(table, (long) i * PAGE + (long) line * LINE);
                        }
                    }
                });
                while (page.get() < 0) {
                    Thread.onSpinWait();
                }
                List<Integer> again = new ArrayList<>();
                // always on to the page that the thread is marking
                for (int i = 0; i < pages; i = Math.max(i + 1, page.get())) {
                    table.remark(i, 1L << 63);
                    again.add(i);
                }
                thread.join();
                for (int i : again) {
                    assertEquals(-1L, table.mask(i), "round=" + round + ", page=" + i);
                }
            }
        }
    }

    @Test
    void pagesOutsideARangeStayListedWhicheverWayTheRangeIsLookedAt() throws IOException {
        try (Arena arena = Arena.ofShared(); LineTable table = table(arena)) {
            for (int page : new int[] {5, 1, 3}) {
                mark(table, (long) page * PAGE);
            }
            // a range of fewer pages than are dirty, then one of more
            assertEquals(List.of(3L), drain(table, new Range(3 * PAGE, 4 * PAGE)));
            assertEquals(List.of(5L), drain(table, new Range(2 * PAGE, 8 * PAGE)));
            mark(table, 0);
            assertEquals(List.of(0L, 1L), drain(table, Range.EVERYTHING));
            assertTrue(table.dirty().isEmpty());
        }
    }

    @Test
    void theListDoesNotGrowHoweverOftenARangeIsSealed() throws IOException {
        try (Arena arena = Arena.ofShared(); LineTable table = table(arena)) {
            mark(table, 0);
            mark(table, PAGE);
            for (int i = 0; i < 1_000; i++) {
                mark(table, 2 * PAGE);
                assertEquals(List.of(2L), drain(table, new Range(2 * PAGE, 3 * PAGE)));
                assertTrue(table.dirty().size() < 16, "entries=" + table.dirty().size());
            }
            table.drain(Range.EVERYTHING, Long.MAX_VALUE, drained);
            assertEquals(0, drained.page(0));
            assertEquals(1, drained.page(1));
        }
    }

    @Test
    void aPageHasATwinFromItsFirstMarkUntilItIsHandedBack() throws IOException {
        try (Arena arena = Arena.ofShared(); LineTable table = table(arena)) {
            assertEquals(0, table.twin(4));
            mark(table, 4 * PAGE + LINE);
            assertNotEquals(0, table.twin(4));
            assertEquals(1, table.privatePages());
            assertEquals(List.of(4L), drain(table, Range.EVERYTHING));
            assertNotEquals(0, table.twin(4));
            table.notPrivate(4);
            assertEquals(0, table.twin(4));
            assertEquals(0, table.privatePages());
        }
    }

    /**
     * Ranges that take some of very many pages leave entries behind; to remove those the pages that stay move
     * to one list, which grew from its own length, never enough: the sync never returned.
     */
    @Test
    void manyPagesAreLeftWhenRangesTakeAsManyOneByOne() throws Exception {
        int pages = 5_000;
        try (Arena arena = Arena.ofShared(); LineTable table = table(arena, pages)) {
            for (long page = 0; page < pages; page++) {
                mark(table, page * PAGE);
            }
            int taken = pages / 2 + 100;
            for (long page = 0; page < taken; page++) {
                assertEquals(List.of(page), drain(table, new Range(page * PAGE, page * PAGE + 1)));
            }
            assertEquals(pages - taken, drain(table, Range.EVERYTHING).size());
        }
    }
}
