package io.atomicmapping.writeback;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.atomicmapping.dirty.Cuts;
import io.atomicmapping.dirty.ExplicitTracking;
import io.atomicmapping.dirty.Gate;
import io.atomicmapping.dirty.PageTree;
import io.atomicmapping.dirty.Range;
import io.atomicmapping.dirty.SealedGeneration;
import io.atomicmapping.dirty.Sections;
import io.atomicmapping.dirty.Stripe;
import io.atomicmapping.dirty.WorkingImage;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.PosixStorage;
import io.atomicmapping.storage.Storage;
import io.atomicmapping.storage.linux.Linux;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which private pages are handed back, at each moment of a commit: too early, and a commit is lost. */
@Timeout(60)
class RecyclerTest {

    private static final int PAGE_SHIFT = Integer.numberOfTrailingZeros(Linux.pageBytes());
    private static final int PAGE = 1 << PAGE_SHIFT;
    private static final int PAGES = 4;
    private static final int ROUNDS = 200;
    /** the most that a committing thread waits while somebody wants to exclude it; longer, and he gives up */
    private static final long WAIT_NANOS_MAX = TimeUnit.MICROSECONDS.toNanos(1_500);

    @TempDir
    Path directory;

    private final Sections sections = new Sections(new Gate());
    private final SealedGeneration generation = new SealedGeneration();
    private DurableFile home;
    private WorkingImage image;
    private ExplicitTracking tracking;
    private CommittedPages committed;
    private Recycler recycler;
    private long number;

    @BeforeEach
    void open() throws IOException {
        Path path = Files.write(directory.resolve("data"), new byte[PAGES * PAGE]);
        home = PosixStorage.instance().open(path, Storage.OpenMode.WRITE);
        image = new WorkingImage(home, PAGES * PAGE);
        image.mapHome(0, PAGES * PAGE);
        tracking = new ExplicitTracking(image.address(), PAGES, PAGE_SHIFT, sections);
        committed = new CommittedPages(PAGES, PAGE_SHIFT,
                new CommittedPages.Point(0, 0, PAGES * PAGE, Cuts.NONE, 0));
        recycler = new Recycler(image, tracking, sections, committed, new PageTree(PAGES), PAGE_SHIFT, 0);
    }

    @AfterEach
    void close() throws IOException {
        recycler.close();
        committed.close();
        tracking.close();
        generation.close();
        image.close();
        home.close();
    }

    private void store(long value) {
        Stripe stripe = sections.enterPut();
        tracking.mark(PAGE, Long.BYTES, stripe);
        image.segment().set(ValueLayout.JAVA_LONG, PAGE, value);
        sections.exitPut(stripe);
    }

    private long load() {
        return image.segment().get(ValueLayout.JAVA_LONG, PAGE);
    }

    private void seal() {
        generation.clear();
        while (!sections.tryExclude(TimeUnit.SECONDS.toNanos(1))) {
            Thread.onSpinWait();
        }
        tracking.seal(generation, Range.EVERYTHING, PAGES * PAGE, Cuts.NONE);
        sections.endExclusion();
    }

    private void complete() {
        number++;
        committed.add(generation, tracking, number - 1, number, null);
    }

    /** As a checkpoint that writes the page home. */
    private void writeHome() throws IOException {
        CommittedPages.Point target = committed.begin(false);
        home.write(PAGE, image.segment().asSlice(PAGE, Long.BYTES));
        committed.end(target);
        committed.forgetWritten();
    }

    @Test
    void onlyAPageThatIsHomeIsHandedBack() throws IOException {
        store(7);
        recycler.recycle(PAGES);
        assertEquals(7, load(), "stored");
        seal();
        recycler.recycle(PAGES);
        assertEquals(7, load(), "sealed");
        complete();
        recycler.recycle(PAGES);
        assertEquals(7, load(), "committed");
        assertEquals(1, tracking.nextPrivate(0));
        writeHome();
        recycler.recycle(PAGES);
        assertEquals(-1, tracking.nextPrivate(0), "a page that is home was kept");
        assertEquals(7, load(), "home");
    }

    /** The commit is completed between the choice of pages and the exclusion in which they go. */
    @Test
    void pageThatIsCommittedWhileItsExclusionIsAwaitedStays() throws Exception {
        Random random = new Random(5);
        for (int round = 1; round <= ROUNDS; round++) {
            store(round);
            seal();
            CountDownLatch open = new CountDownLatch(1);
            long wait = random.nextLong(WAIT_NANOS_MAX);
            Thread thread = Thread.ofPlatform().start(() -> {
                Stripe update = sections.enterUpdate(); // keeps the exclusion waiting
                open.countDown();
                LockSupport.parkNanos(wait);
                complete();
                sections.exitUpdate(update);
            });
            open.await();
            recycler.recycle(PAGES);
            thread.join();
            assertEquals(round, load(), "a page of a commit that is not home was handed back");
            writeHome();
        }
    }
}
