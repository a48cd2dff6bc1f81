package io.atomicmapping;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A storage whose calls fail, or wait, as told: by the name of the call and the end of the file's name. */
final class FaultyStorage {

    private final Storage real;
    private volatile String failing = "";
    private volatile String failingFile = "";
    private volatile CountDownLatch entered;
    private volatile CountDownLatch leave;
    private volatile String lastOfJournal = "";

    FaultyStorage(Storage real) {
        this.real = real;
    }

    Storage storage() {
        return proxy(Storage.class, real, Path.of("/"));
    }

    /** From now on a call fails for files whose name ends so. */
    void fail(String call, String file) {
        failingFile = file;
        failing = call;
    }

    void failNothing() {
        failing = "";
    }

    /** The next forces wait inside until {@link #letForcesGo}. */
    void holdForces() {
        entered = new CountDownLatch(1);
        leave = new CountDownLatch(1);
    }

    /** Whether what was done last to the journal was to force it. */
    boolean isJournalForced() {
        return lastOfJournal.equals("force");
    }

    void awaitForce() throws InterruptedException {
        entered.await();
    }

    void letForcesGo() {
        CountDownLatch held = leave;
        leave = null;
        held.countDown();
    }

    private <T> T proxy(Class<T> type, Object target, Path path) {
        InvocationHandler handler = (self, method, arguments) -> {
            if (method.getName().equals(failing) && path.toString().endsWith(failingFile)) {
                throw new IOException("injected: call=" + method.getName() + ", file=" + path);
            }
            CountDownLatch held = leave;
            if (held != null && method.getName().equals("force")) {
                entered.countDown();
                held.await();
            }
            if (arguments != null) {
                for (int i = 0; i < arguments.length; i++) {
                    if (arguments[i] instanceof DurableFile && Proxy.isProxyClass(arguments[i].getClass())) {
                        arguments[i] = ((Unwrap) arguments[i]).unwrap();
                    }
                }
            }
            if (method.getName().equals("unwrap")) {
                return target;
            }
            try {
                Object result = method.invoke(target, arguments);
                if (path.toString().endsWith(".journal")) {
                    lastOfJournal = method.getName();
                }
                return result instanceof DurableFile file ? proxy(DurableFile.class, file, file.path())
                        : result;
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        };
        return type.cast(Proxy.newProxyInstance(FaultyStorage.class.getClassLoader(),
                new Class<?>[] {type, Unwrap.class},
                handler));
    }

    /** Gives the real file. */
    interface Unwrap {
        DurableFile unwrap();
    }
}
