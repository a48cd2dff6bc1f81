package io.atomicmapping.crash;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Runs detectors in a JVM of their own, which was started with a seeded fault or without one. The last line
 * of its output tells what came of it.
 */
final class SeededFaultChild {

    static final String CAUGHT = "CAUGHT ";
    static final String PASSED = "PASSED ";
    static final String HANGS = "HANGS ";
    private static final int TOLD_MAX = 160;

    private SeededFaultChild() {}

    /** Arguments: seconds after which it hangs, then detectors as class#method or class#method#scenario. */
    public static void main(String[] arguments) throws ReflectiveOperationException {
        long seconds = Long.parseLong(arguments[0]);
        long begin = System.nanoTime();
        CompletableFuture.delayedExecutor(seconds, TimeUnit.SECONDS)
                .execute(() -> tell(HANGS, begin, "it hangs"));
        for (String detector : List.of(arguments).subList(1, arguments.length)) {
            run(detector, begin);
        }
        tell(PASSED, begin, "hits=" + DishonestStorage.hits());
    }

    private static void run(String detector, long begin) throws ReflectiveOperationException {
        String[] names = detector.split("#");
        var constructor = Class.forName(names[0]).getDeclaredConstructor();
        constructor.setAccessible(true);
        Object[] scenario = names.length == 2 ? new Object[0] : new Object[] {Scenario.valueOf(names[2])};
        Method method = constructor.getDeclaringClass().getDeclaredMethod(names[1],
                names.length == 2 ? new Class<?>[0] : new Class<?>[] {Scenario.class});
        method.setAccessible(true);
        Object test = constructor.newInstance();
        try {
            method.invoke(test, scenario);
        } catch (InvocationTargetException e) {
            if (Boolean.getBoolean("atomicmapping.crash.stackTraces")) {
                e.getCause().printStackTrace();
            }
            tell(CAUGHT, begin, names[1] + ": " + e.getCause());
        }
    }

    private static synchronized void tell(String what, long begin, String story) {
        String line = story.lines().findFirst().orElse("");
        System.out.println(what + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin) + " "
                + line.substring(0, Math.min(line.length(), TOLD_MAX)));
        System.out.flush();
        Runtime.getRuntime().halt(0); // whatever threads a fault has left hanging
    }
}
