package io.atomicmapping.storage.linux;

import static io.atomicmapping.storage.linux.LinuxConstants.AARCH64;
import static io.atomicmapping.storage.linux.LinuxConstants.ARCHITECTURE;
import static io.atomicmapping.storage.linux.LinuxConstants.X86_64;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Links the functions of the C library, for {@link Linux} alone.
 *
 * <ul>
 *   <li>Linking never throws. Where a function cannot be had its handle is null, and {@link #require()}
 *       throws the reason, each time anew.
 *   <li>A handle's first argument takes the error number, unless it says that it has none.
 * </ul>
 */
@SuppressWarnings("restricted")
final class CLibrary {

    private static final String MODULE = "io.atomicmapping.journal";

    /** Why functions cannot be had, or null. Set while handles are made. */
    private static RuntimeException linkFailure;

    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final Linker LINKER = linker();

    private CLibrary() {}

    private static Linker linker() {
        boolean supported = System.getProperty("os.name").equals("Linux") && (X86_64 || AARCH64);
        if (!supported) {
            linkFailure = new UnsupportedOperationException("mapped files need Linux on x86-64 or aarch64:"
                    + " system=" + System.getProperty("os.name") + ", architecture=" + ARCHITECTURE);
            return null;
        }
        try {
            return Linker.nativeLinker();
        } catch (RuntimeException e) {
            linkFailure = e;
            return null;
        }
    }

    static MethodHandle handle(String name, MemoryLayout result, MemoryLayout... arguments) {
        return link(name, FunctionDescriptor.of(result, arguments), ERRNO);
    }

    /** A function of which only the first arguments are declared, so many. */
    static MethodHandle variadic(String name, int named, MemoryLayout result, MemoryLayout... arguments) {
        return link(name, FunctionDescriptor.of(result, arguments), ERRNO,
                Linker.Option.firstVariadicArg(named));
    }

    /** As {@link #variadic}; the error number is lost. */
    static MethodHandle variadicWithoutErrno(String name, int named, MemoryLayout result,
            MemoryLayout... arguments) {
        return link(name, FunctionDescriptor.of(result, arguments), Linker.Option.firstVariadicArg(named));
    }

    private static MethodHandle link(String name, FunctionDescriptor type, Linker.Option... options) {
        if (linkFailure != null) {
            return null;
        }
        try {
            MemorySegment function = LINKER.defaultLookup().find(name).orElseThrow(
                    () -> new UnsupportedOperationException("C library lacks a function: name=" + name));
            return LINKER.downcallHandle(function, type, options);
        } catch (IllegalCallerException e) {
            linkFailure = new IllegalCallerException("native access is not enabled: start java with"
                    + " --enable-native-access=" + MODULE + " (module path) or"
                    + " --enable-native-access=ALL-UNNAMED (class path): module=" + moduleName(), e);
        } catch (RuntimeException e) {
            linkFailure = e;
        }
        return null;
    }

    private static String moduleName() {
        Module module = CLibrary.class.getModule();
        return module.isNamed() ? module.getName() : "unnamed";
    }

    /** As {@link Linux#require()}. */
    static void require() {
        if (linkFailure instanceof IllegalCallerException e) {
            throw new IllegalCallerException(e.getMessage(), e);
        }
        if (linkFailure != null) {
            throw new UnsupportedOperationException(linkFailure.getMessage(), linkFailure);
        }
    }
}
