package io.atomicmapping.benchmarks.store;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.PosixStorage;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * The real file system with one thing done otherwise, for ablations: what a choice of the library is worth.
 */
public final class VariantStorage {

    /** What is done otherwise. */
    public enum Variant {
        /** nothing */
        NONE,
        /** the journal is appended through the page cache */
        JOURNAL_BUFFERED,
        /** home is written past the page cache, where it is aligned */
        HOME_DIRECT,
        /** home is written back only by the force at the end of a checkpoint */
        HOME_UNPACED,
        /** home is written page by page */
        HOME_SINGLE_WRITES
    }

    private static final int PAGE_BYTES = 4096;

    private VariantStorage() {}

    /** The file system with a variant. */
    public static Storage of(Variant variant) {
        PosixStorage posix = PosixStorage.instance();
        return proxy(Storage.class, (proxy, method, arguments) -> {
            Object result = invoke(posix, method, arguments);
            return result instanceof DurableFile file ? proxy(DurableFile.class, new VariedFile(file,
                    variant)) : result;
        });
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private record VariedFile(DurableFile file, Variant variant) implements InvocationHandler {

        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
            boolean journal = file.path().getFileName().toString().contains(".journal");
            switch (method.getName()) {
                case "writeDirect":
                    if (journal && variant == Variant.JOURNAL_BUFFERED) {
                        file.write((long) arguments[0], (MemorySegment) arguments[1]);
                        return null;
                    }
                    break;
                case "write":
                    if (!journal) {
                        writeHome((long) arguments[0], (MemorySegment) arguments[1]);
                        return null;
                    }
                    break;
                case "startWriteBack", "awaitWriteBack":
                    if (variant == Variant.HOME_UNPACED) {
                        return null;
                    }
                    break;
                case "copyPermissions":
                    file.copyPermissions(((VariedFile) Proxy.getInvocationHandler(arguments[0])).file);
                    return null;
                default:
                    break;
            }
            return VariantStorage.invoke(file, method, arguments);
        }

        private void writeHome(long position, MemorySegment source) throws IOException {
            int alignment = file.directAlignment();
            long odd = position | source.byteSize() | source.address();
            if (variant == Variant.HOME_DIRECT && (odd & (alignment - 1)) == 0) {
                file.writeDirect(position, source);
            } else if (variant == Variant.HOME_SINGLE_WRITES) {
                for (long at = 0; at < source.byteSize(); at += PAGE_BYTES) {
                    file.write(position + at, source.asSlice(at, Math.min(PAGE_BYTES,
                            source.byteSize() - at)));
                }
            } else {
                file.write(position, source);
            }
        }
    }
}
