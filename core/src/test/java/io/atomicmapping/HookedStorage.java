package io.atomicmapping;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;

/**
 * A storage that tells of each call to a file before it is made: whoever listens may wait there, look around,
 * or throw.
 */
final class HookedStorage {

    /** Listens. */
    @FunctionalInterface
    interface Hook {
        void before(String call, Path file) throws IOException, InterruptedException;
    }

    private final Storage real;
    private volatile Hook hook = (call, file) -> { };

    HookedStorage(Storage real) {
        this.real = real;
    }

    Storage storage() {
        return wrap(Storage.class, real, null);
    }

    /** From now on this one listens, and nobody else. */
    void hook(Hook next) {
        hook = next;
    }

    private <T> T wrap(Class<T> type, Object target, Path file) {
        InvocationHandler handler = (self, method, arguments) -> {
            if (method.getDeclaringClass() == Wrapped.class) {
                return target;
            }
            for (int i = 0; arguments != null && i < arguments.length; i++) {
                arguments[i] = arguments[i] instanceof Wrapped wrapped ? wrapped.target() : arguments[i];
            }
            if (file != null) {
                hook.before(method.getName(), file);
            }
            try {
                Object result = method.invoke(target, arguments);
                return result instanceof DurableFile opened ? wrap(DurableFile.class, opened, opened.path())
                        : result;
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        };
        return type.cast(Proxy.newProxyInstance(HookedStorage.class.getClassLoader(),
                new Class<?>[] {type, Wrapped.class}, handler));
    }

    /** Gives what a wrapper calls. */
    interface Wrapped {
        Object target();
    }
}
