package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Orders are produced and shipped by several threads while commits are taken back: each is shipped once. */
final class QueueExample {

    private static final int PRODUCERS = 2;
    private static final int CONSUMERS = 3;
    private static final int ORDERS = 3000;
    private static final int CAPACITY = 100;
    private static final int ROLLBACKS = 20;

    /** The queue, what was made of it, and how many orders each producer has put: all in one mapping. */
    private record Shop(AtomicMapping mapping, PersistentQueue<String> orders,
            PersistentHashMap<String, Long> shipped, PersistentHashMap<Long, Long> produced) {

        static Shop open(AtomicMapping mapping) {
            PersistentHeap heap = PersistentHeap.open(mapping);
            return new Shop(mapping, PersistentQueue.open(heap, "orders", Codec.STRING, CAPACITY),
                    PersistentHashMap.open(heap, "shipped", Codec.STRING, Codec.LONG),
                    PersistentHashMap.open(heap, "produced", Codec.LONG, Codec.LONG));
        }

        boolean isDone() {
            long all = 0;
            for (long producer = 0; producer < PRODUCERS; producer++) {
                all += produced.containsKey(producer) ? produced.get(producer) : 0;
            }
            return all == PRODUCERS * ORDERS && orders.size() == 0;
        }

        /** Puts an order and counts it, in one update: what is taken back is put again. */
        boolean produce(long producer) throws IOException {
            return mapping.compute(() -> {
                long number = produced.containsKey(producer) ? produced.get(producer) : 0;
                boolean put = number < ORDERS && orders.offer("order " + producer + "-" + number);
                if (put) {
                    produced.put(producer, number + 1);
                }
                return put;
            });
        }

        /** Takes an order and ships it, in one update. */
        boolean ship() throws IOException {
            return orders.poll(order -> shipped.merge(order, 1L, Long::sum));
        }
    }

    private static volatile boolean rollbacksAreOver;

    /** What a thread does again and again, and whether there was something to do. */
    private interface Work {
        boolean run() throws IOException;
    }

    public static void main(String[] args) throws Exception {
        try (AtomicMapping mapping = Examples.openGrowing(Examples.newFile("shop"))) {
            Shop shop = Shop.open(mapping);
            List<Thread> threads = new ArrayList<>();
            for (long producer = 0; producer < PRODUCERS; producer++) {
                long number = producer;
                threads.add(start(shop, () -> shop.produce(number)));
            }
            for (int consumer = 0; consumer < CONSUMERS; consumer++) {
                threads.add(start(shop, shop::ship));
            }
            for (int i = 0; i < ROLLBACKS; i++) {
                Thread.sleep(5);
                mapping.sync();
                Thread.sleep(5);
                mapping.rollback(); // as a crash would: all since the sync is as if it had not been
            }
            rollbacksAreOver = true;
            for (Thread thread : threads) {
                thread.join();
            }
            mapping.sync();
            for (Map.Entry<String, Long> order : shop.shipped()) {
                Examples.require(order.getValue() == 1, "shipped once: " + order);
            }
            System.out.printf("%,d orders were shipped, each once, in spite of %d rollbacks%n",
                    shop.shipped().size(), ROLLBACKS);
            Examples.require(shop.shipped().size() == PRODUCERS * ORDERS, "all are shipped");
        }
    }

    private static Thread start(Shop shop, Work work) {
        return Thread.ofVirtual().start(() -> {
            try {
                while (!rollbacksAreOver || !shop.isDone()) {
                    if (!work.run()) {
                        Thread.sleep(1); // never inside an update
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts these threads", e);
            }
        });
    }
}
