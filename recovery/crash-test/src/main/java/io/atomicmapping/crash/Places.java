package io.atomicmapping.crash;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.recovery.Recovery;
import io.atomicmapping.storage.Storage;
import java.security.CodeSource;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where in the program under test something was done: its stack frames, without those of library and JDK. */
final class Places {

    private static final int FRAMES_MAX = 4;
    private static final StackWalker WALKER =
            StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);
    private static final String JDK = "jrt:";
    private static final List<String> RUNNERS = List.of("org.junit.", "net.jqwik.", "org.apache.maven.");
    /** These call back a test, as assertThrows does. */
    private static final String ASSERTIONS = "org.junit.jupiter.api.";
    private static final ClassValue<Boolean> IS_OF_PROGRAM = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
            return isOfProgram(type);
        }
    };
    private static final Set<String> LIBRARY =
            Stream.of(Places.class, AtomicMapping.class, Recovery.class, Storage.class)
            .map(Places::source).collect(Collectors.toUnmodifiableSet());

    private Places() {
    }

    private static String source(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        return source == null || source.getLocation() == null ? JDK : source.getLocation().toString();
    }

    private static boolean isOfProgram(Class<?> type) {
        String source = source(type);
        return !source.startsWith(JDK) && !LIBRARY.contains(source)
                && !type.getName().startsWith(ASSERTIONS);
    }

    private static String name(StackWalker.StackFrame frame) {
        String type = frame.getClassName().substring(frame.getClassName().lastIndexOf('.') + 1);
        String method = frame.getMethodName();
        int dollar = method.indexOf('$', "lambda$".length());
        boolean lambda = method.startsWith("lambda$") && dollar > 0;
        return type + "." + (lambda ? method.substring("lambda$".length(), dollar) : method) + "("
                + frame.getFileName() + ":" + frame.getLineNumber() + ")";
    }

    /** The innermost frames of the program, "a < b" where b called a; empty on a thread of the library. */
    static String stack() {
        return walk(frames -> frames.map(Places::name).distinct().limit(FRAMES_MAX)
                .collect(Collectors.joining(" < ")));
    }

    /** The innermost frame of the program. */
    static String caller() {
        return walk(frames -> frames.findFirst().map(Places::name).orElse(""));
    }

    /** The outermost frame of the program, which a test framework called: for names. */
    static String test() {
        return walk(frames -> frames.map(frame -> frame.getDeclaringClass().getSimpleName() + "."
                + frame.getMethodName())
                .reduce("crash", (inner, outer) -> outer));
    }

    /**
     * The frames of the program; what called the test framework, as a development environment does, is not
     * part of it.
     */
    private static <T> T walk(Function<Stream<StackWalker.StackFrame>, T> use) {
        return WALKER.walk(frames -> use.apply(frames.takeWhile(frame -> !isRunner(frame.getClassName()))
                .filter(frame -> IS_OF_PROGRAM.get(frame.getDeclaringClass()))));
    }

    private static boolean isRunner(String type) {
        return !type.startsWith(ASSERTIONS) && RUNNERS.stream().anyMatch(type::startsWith);
    }
}
