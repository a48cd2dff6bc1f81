package io.atomicmapping.benchmarks.measure;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** Processor time: of this process, and of the whole machine, where the kernel's own threads show, too. */
public record Processors(double processSeconds, double machineSeconds) {

    private static final double TICKS_A_SECOND = 100; // USER_HZ, the same on every Linux that is supported
    private static final double NANOS_A_SECOND = 1e9;
    private static final int IDLE = 4;
    private static final int WAITING = 5;
    private static final int LAST = 8; // steal; what guests take is in user already

    /** The time taken so far. */
    public static Processors now() throws IOException {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return new Processors(system.getProcessCpuTime() / NANOS_A_SECOND,
                machine(Files.readString(Path.of("/proc/stat"))));
    }

    static double machine(String stat) {
        String[] fields = stat.lines().findFirst().orElseThrow().split(" +");
        long ticks = 0;
        for (int i = 1; i <= LAST; i++) {
            ticks += i == IDLE || i == WAITING || i == LAST ? 0 : Long.parseLong(fields[i]);
        }
        return ticks / TICKS_A_SECOND;
    }

    /** The time taken since an earlier moment. */
    public Processors since(Processors earlier) {
        return new Processors(processSeconds - earlier.processSeconds,
                machineSeconds - earlier.machineSeconds);
    }
}
