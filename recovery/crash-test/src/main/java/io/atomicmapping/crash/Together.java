package io.atomicmapping.crash;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;

/** Pieces of work that are done at the same time; what fails on a thread of its own fails here, too. */
final class Together {

    private Together() {
    }

    /**
     * Does them, each on its own thread, and waits for all; throws the first failure, the others suppressed
     * in it.
     */
    static void run(Ledger.Action... works) throws Exception {
        CountDownLatch begin = new CountDownLatch(works.length);
        List<FutureTask<Void>> tasks = new ArrayList<>();
        for (Ledger.Action work : works) {
            FutureTask<Void> task = new FutureTask<>(() -> {
                begin.countDown();
                begin.await();
                work.run();
                return null;
            });
            tasks.add(task);
            Thread.ofPlatform().name("together-" + tasks.size()).daemon().start(task);
        }
        Throwable failure = null;
        for (FutureTask<Void> task : tasks) {
            failure = join(task, failure);
        }
        switch (failure) {
            case null -> { }
            case Exception exception -> throw exception;
            case Error error -> throw error;
            default -> throw new IllegalStateException(failure);
        }
    }

    /** Does the first over and over, from before the second begins until that has ended. */
    static void repeating(Ledger.Action repeated, Ledger.Action work) throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        AtomicBoolean done = new AtomicBoolean();
        run(() -> {
            try {
                do {
                    repeated.run();
                    begun.countDown();
                } while (!done.get());
            } finally {
                begun.countDown();
            }
        }, () -> {
            begun.await();
            try {
                work.run();
            } finally {
                done.set(true);
            }
        });
    }

    private static Throwable join(FutureTask<Void> task, Throwable before) throws InterruptedException {
        try {
            task.get();
            return before;
        } catch (ExecutionException e) {
            if (before == null) {
                return e.getCause();
            }
            before.addSuppressed(e.getCause());
            return before;
        }
    }
}
