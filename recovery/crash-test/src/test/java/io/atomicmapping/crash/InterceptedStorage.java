package io.atomicmapping.crash;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;

/**
 * A storage all of whose calls, and those of its files, go through one place that may look at them, hold them
 * or drop them.
 */
final class InterceptedStorage {

    /** Takes a call; what it returns is what the caller gets. */
    @FunctionalInterface
    interface Interceptor {
        /**
         * A call.
         *
         * @param call which, with its file
         * @param real makes it
         */
        Object call(Call call, Real real) throws Throwable;
    }

    /**
     * A call.
     *
     * @param name the method's
     * @param path the file's, or the first path among the arguments
     * @param arguments as given
     */
    record Call(String name, Path path, Object[] arguments) { }

    /** Makes the call. */
    interface Real {
        Object make() throws Throwable;

        /** The file or storage that is called, for other calls than the one made. */
        Object target();
    }

    /** Gives the file behind. */
    private interface Wrapped {
        DurableFile wrapped();
    }

    private InterceptedStorage() {}

    static Storage over(Storage storage, Interceptor interceptor) {
        return proxy(Storage.class, storage, null, interceptor);
    }

    private static <T> T proxy(Class<T> type, Object target, Path path, Interceptor interceptor) {
        InvocationHandler handler = (self, method, arguments) -> {
            if (method.getDeclaringClass() == Wrapped.class) {
                return target;
            }
            if (method.getDeclaringClass() == Object.class) {
                return invoke(method, target, arguments);
            }
            unwrap(arguments);
            Path file = path != null ? path : (Path) arguments[0];
            Object result = interceptor.call(new Call(method.getName(), file, arguments),
                    real(method, target, arguments));
            return result instanceof DurableFile opened
                    ? proxy(DurableFile.class, opened, opened.path(), interceptor) : result;
        };
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type, Wrapped.class}, handler));
    }

    private static Real real(Method method, Object target, Object[] arguments) {
        return new Real() {
            @Override
            public Object make() throws Throwable {
                return invoke(method, target, arguments);
            }

            @Override
            public Object target() {
                return target;
            }
        };
    }

    private static Object invoke(Method method, Object target, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** A file that is passed to a file must be one of the storage behind. */
    private static void unwrap(Object[] arguments) {
        for (int i = 0; arguments != null && i < arguments.length; i++) {
            if (arguments[i] instanceof Wrapped file) {
                arguments[i] = file.wrapped();
            }
        }
    }
}
