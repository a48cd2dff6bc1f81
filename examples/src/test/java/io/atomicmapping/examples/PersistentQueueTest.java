package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PersistentQueueTest {

    @TempDir
    private Path directory;
    private AtomicMapping mapping;
    private PersistentHeap heap;
    private PersistentQueue<String> queue;

    @BeforeEach
    void open() throws IOException {
        open("queue", MappingOptions.builder().size(4096).build());
    }

    private void open(String file, MappingOptions options) throws IOException {
        mapping = AtomicMapping.open(directory.resolve(file), options);
        heap = PersistentHeap.open(mapping);
        queue = PersistentQueue.open(heap, "queue", Codec.STRING);
    }

    @AfterEach
    void close() throws IOException {
        mapping.close();
    }

    private List<String> contents() {
        List<String> contents = new ArrayList<>();
        queue.forEach(contents::add);
        return contents;
    }

    @Test
    void emptyQueueHasNothing() throws IOException {
        assertNull(queue.poll());
        assertNull(queue.peek());
        assertEquals(0, queue.size());
        assertFalse(queue.poll(element -> {
            throw new AssertionError(element);
        }));
        assertThrows(NoSuchElementException.class, () -> queue.iterator().next());
        queue.clear();
    }

    @Test
    void firstInFirstOutOverManySegments() throws IOException {
        int put = 0;
        int taken = 0;
        for (int round = 1; round < 200; round++) {
            for (int i = 0; i < round; i++) {
                queue.offer("element " + put++);
            }
            for (int i = 0; i < round * 2 / 3; i++) {
                assertEquals("element " + taken, queue.peek());
                assertEquals("element " + taken++, queue.poll());
            }
        }
        assertEquals(put - taken, queue.size());
        for (String element : queue) {
            assertEquals("element " + taken++, element);
        }
        assertEquals(put, taken);
        HeapCheck.of(heap, queue);
    }

    @Test
    void spaceIsUsedAgain() throws IOException {
        for (int i = 0; i < 100; i++) {
            queue.offer("x".repeat(500));
        }
        long end = heap.end();
        for (int i = 0; i < 10_000; i++) {
            queue.offer("x".repeat(500));
            queue.poll();
        }
        assertTrue(heap.end() <= end + (32 << 10), "before=" + end + ", after=" + heap.end());
        queue.clear();
        assertEquals(2, HeapCheck.of(heap, queue).pieces(), "header and name");
    }

    @Test
    void elementsOfAnySize() throws IOException {
        PersistentQueue<byte[]> bytes = PersistentQueue.open(heap, "bytes", Codec.BYTES);
        for (int round = 0; round < 2; round++) {
            for (int length : new int[] {0, 1 << 20, 4092, 4093, 0, 20_000, 16_000, 10, 16_348, 16_349,
                    16_356}) {
                bytes.offer(new byte[length]);
                bytes.offer(new byte[] {1});
                assertEquals(length, bytes.poll().length);
                bytes.offer(new byte[length + 1]);
                assertArrayEquals(new byte[] {1}, bytes.poll());
                assertEquals(length + 1, bytes.poll().length);
                HeapCheck.of(heap, bytes);
            }
        }
    }

    @Test
    void handlersWorkIsInTheCommitThatTakes() throws IOException {
        PersistentHashMap<String, Long> done = PersistentHashMap.open(heap, "done", Codec.STRING, Codec.LONG);
        queue.offer("a");
        queue.offer("b");
        mapping.sync();
        assertTrue(queue.poll(element -> done.put(element, 1L)));
        mapping.rollback();
        assertEquals(List.of("a", "b"), contents());
        assertEquals(0, done.size());
        assertTrue(queue.poll(element -> done.put(element, 1L)));
        mapping.sync();
        mapping.close();
        open();
        assertEquals(List.of("b"), contents());
        assertEquals(1, PersistentHashMap.open(heap, "done", Codec.STRING, Codec.LONG).get("a"));
    }

    @Test
    void elementOfAFailedHandlerIsTheFirstAgain() throws IOException {
        for (int size = 1; size < 4; size++) {
            queue.clear();
            for (int i = 0; i < size; i++) {
                queue.offer("element " + i);
            }
            List<String> before = contents();
            for (int i = 0; i < 3; i++) {
                IOException failure = new IOException("of the work");
                assertEquals(failure, assertThrows(IOException.class, () -> queue.poll(element -> {
                    assertEquals("element 0", element);
                    throw failure;
                })));
                assertEquals(before, contents());
                HeapCheck.of(heap, queue);
            }
            queue.offer("last");
            for (String element : before) {
                assertEquals(element, queue.poll());
            }
            assertEquals("last", queue.poll());
            assertNull(queue.poll());
        }
    }

    @Test
    void syncInAHandlerIsRefusedAndTheElementIsPutBack() throws IOException {
        queue.offer("a");
        assertThrows(IllegalStateException.class, () -> queue.poll(element -> mapping.sync()));
        assertEquals(List.of("a"), contents());
    }

    @Test
    void fullQueueTakesNoMore() throws IOException {
        PersistentQueue<String> small = PersistentQueue.open(heap, "small", Codec.STRING, 2);
        assertTrue(small.offer("a"));
        assertTrue(small.offer("b"));
        assertFalse(small.offer("c"));
        assertEquals("a", small.poll());
        assertTrue(small.offer("c"));
        assertThrows(IllegalArgumentException.class, () -> PersistentQueue.open(heap, "none", Codec.STRING,
                0));
    }

    @Test
    void iteratorNoticesChangesAndTheirRollback() throws IOException {
        queue.offer("a");
        mapping.sync();
        Iterator<String> before = queue.iterator();
        queue.offer("b");
        assertThrows(ConcurrentModificationException.class, before::next);
        Iterator<String> between = queue.iterator();
        mapping.rollback();
        assertThrows(ConcurrentModificationException.class, between::next);
    }

    @Test
    void whoWaitsIsInterrupted() throws InterruptedException {
        AtomicInteger interrupted = new AtomicInteger();
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                queue.take();
            } catch (InterruptedException e) {
                interrupted.incrementAndGet();
            }
        });
        thread.interrupt();
        thread.join();
        assertEquals(1, interrupted.get());
    }

    @Test
    void whoWaitsGetsWhatARollbackBringsBack() throws Exception {
        queue.offer("a");
        mapping.sync();
        assertEquals("a", queue.take());
        List<String> taken = new ArrayList<>();
        Threads threads = new Threads();
        threads.start(true, () -> taken.add(queue.take()));
        threads.start(false, () -> {
            Thread.sleep(10); // so that the other one waits, mostly
            mapping.rollback();
        });
        threads.join();
        assertEquals(List.of("a"), taken);
    }

    @Test
    void mappingThatCannotGrowLeavesTheElementsAsTheyWere() throws IOException {
        for (long size = 64 << 10; size < 80 << 10; size += 4 << 10) {
            mapping.close();
            open("queue" + size, MappingOptions.builder().size(size).maxSize(size).build());
            int put = 0;
            for (int refused = 0; refused < 20;) {
                String element = "x".repeat(put % 3000);
                try {
                    queue.offer(element);
                    put++;
                } catch (IOException e) {
                    refused++;
                    assertThrows(IOException.class, () -> queue.offer("x".repeat(10_000_000)));
                }
                assertEquals(put, queue.size());
                HeapCheck.of(heap, queue);
            }
            for (int i = 0; i < put; i++) {
                assertEquals(i % 3000, queue.poll().length());
            }
            assertTrue(queue.offer("again"));
        }
    }

    @Test
    void eachElementIsWorkedOffOnceBesideSyncsAndRollbacks() throws Exception {
        int producers = 3;
        int each = 1000;
        PersistentQueue<String> bounded = PersistentQueue.open(heap, "queue", Codec.STRING, 50);
        PersistentHashMap<String, Long> done = PersistentHashMap.open(heap, "done", Codec.STRING, Codec.LONG);
        PersistentHashMap<Long, Long> next = PersistentHashMap.open(heap, "next", Codec.LONG, Codec.LONG);
        Threads threads = new Threads();
        for (long producer = 0; producer < producers; producer++) {
            long number = producer;
            threads.start(producer == 0, () -> {
                while (true) { // what was rolled back is produced again
                    Long produced = mapping.compute(() -> {
                        long at = next.containsKey(number) ? next.get(number) : 0;
                        if (at < each && bounded.offer(number + "-" + at)) {
                            next.put(number, at + 1);
                        }
                        return at;
                    });
                    if (produced == each && bounded.size() == 0 && mapping.sync() > 0
                            && next.get(number) == each && bounded.size() == 0) {
                        return;
                    }
                }
            });
        }
        for (int consumer = 0; consumer < 3; consumer++) {
            threads.whileOthersRun(consumer == 0,
                    () -> bounded.poll(element -> done.merge(element, 1L, Long::sum)));
        }
        threads.whileOthersRun(false, mapping::sync);
        threads.whileOthersRun(false, () -> {
            Thread.sleep(5);
            mapping.rollback();
        });
        threads.join();
        while (bounded.poll(element -> done.merge(element, 1L, Long::sum))) {
            continue;
        }
        Set<String> seen = new HashSet<>();
        done.forEach(entry -> {
            assertEquals(1, entry.getValue(), entry.getKey());
            seen.add(entry.getKey());
        });
        assertEquals(producers * each, seen.size());
        HeapCheck.of(heap, bounded, done, next);
    }

    @Test
    void producersAndConsumersWaitForEachOther() throws Exception {
        PersistentQueue<Long> small = PersistentQueue.open(heap, "small", Codec.LONG, 3);
        AtomicInteger sum = new AtomicInteger();
        Threads threads = new Threads();
        for (int i = 0; i < 2; i++) {
            threads.start(i == 0, () -> {
                for (long number = 1; number <= 500; number++) {
                    small.put(number);
                }
            });
            threads.start(i == 1, () -> {
                for (int taken = 0; taken < 500; taken++) {
                    if (taken % 2 == 0) {
                        sum.addAndGet(small.take().intValue());
                    } else {
                        small.take(number -> sum.addAndGet(number.intValue()));
                    }
                }
            });
        }
        threads.join();
        assertEquals(500 * 501, sum.get());
        assertEquals(0, small.size());
    }
}
