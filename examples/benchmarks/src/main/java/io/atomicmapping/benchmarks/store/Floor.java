package io.atomicmapping.benchmarks.store;

import io.atomicmapping.benchmarks.cell.Batch;
import io.atomicmapping.benchmarks.cell.Unit;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.PosixStorage;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What no journal can do without: one sequential append of what changed and one fdatasync, into a ring that
 * is preallocated and filled with zeros; nothing else is done, and nothing is ever home. The append is direct
 * or buffered, whichever a trial at the opening found faster. Several threads take turns: it has no group
 * commit.
 */
final class Floor implements Store {

    static final int UPDATE_BYTES = 24;
    private static final long RING_BYTES = 256L << 20;
    private static final long TRIAL_BYTES = 64 << 20;
    private static final long TRIAL_APPENDS_MIN = 5;
    private static final long TRIAL_APPENDS_MAX = 200;
    private static final int TRIAL_TURNS = 2;

    private final DurableFile ring;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment record;
    private final ReentrantLock turn = new ReentrantLock();
    private final boolean direct;
    private final String note;
    private long position;
    private volatile long appended;

    /**
     * Opens one.
     *
     * @param settings how
     * @param wholePages whether a page is appended for each store, else 24 bytes, or the page that it stores
     *     and 16 more
     */
    Floor(Settings settings, boolean wholePages) throws IOException {
        Path file = settings.directory().resolve("ring");
        DataFile.createOfZeros(file, RING_BYTES);
        ring = PosixStorage.instance().open(file, Storage.OpenMode.WRITE);
        long bytes = recordBytes(settings.cell().pages(), settings.cell().unit(), wholePages,
                ring.directAlignment());
        if (bytes > RING_BYTES) {
            throw new IOException("a commit does not fit into the floor's ring: bytes=" + bytes + ", ring="
                    + RING_BYTES);
        }
        record = arena.allocate(bytes, Unit.PAGE.bytes()).fill((byte) 0x5A);
        long[] nanos = new long[2];
        for (int i = 0; i < TRIAL_TURNS; i++) {
            nanos[0] += trial(true);
            nanos[1] += trial(false);
        }
        direct = nanos[0] <= nanos[1];
        note = (direct ? "direct" : "buffered") + ", " + bytes + " bytes an append";
    }

    static long recordBytes(int updates, Unit unit, boolean wholePages, int alignment) {
        int overhead = UPDATE_BYTES - Unit.WORD.bytes();
        long bytes = (long) updates * (wholePages ? Unit.PAGE.bytes() : unit.bytes() + overhead);
        return (bytes + alignment - 1) / alignment * alignment;
    }

    /**
     * Nanoseconds of as many appends in each trial: the calls of a run can be told from those of the trial.
     */
    private long trial(boolean isDirect) throws IOException {
        long appends = Math.clamp(TRIAL_BYTES / record.byteSize(), TRIAL_APPENDS_MIN, TRIAL_APPENDS_MAX);
        long begin = System.nanoTime();
        for (long i = 0; i < appends; i++) {
            append(isDirect);
        }
        return System.nanoTime() - begin;
    }

    private void append(boolean isDirect) throws IOException {
        if (position + record.byteSize() > RING_BYTES) {
            position = 0;
        }
        if (isDirect) {
            ring.writeDirect(position, record);
        } else {
            ring.write(position, record);
        }
        ring.force();
        position += record.byteSize();
    }

    @Override
    public Session session() {
        return new Session() {
            @Override
            public void store(Batch batch) {
                // What is stored does not matter to a floor.
            }

            @Override
            public void sync() throws IOException {
                turn.lock();
                try {
                    append(direct);
                    appended += record.byteSize(); // by the thread whose turn it is
                } finally {
                    turn.unlock();
                }
            }
        };
    }

    @Override
    public Progress progress() {
        return new Progress(appended, RING_BYTES, 0, 0, 0);
    }

    @Override
    public String note() {
        return note;
    }

    @Override
    public void close() throws IOException {
        ring.close();
        arena.close();
    }
}
