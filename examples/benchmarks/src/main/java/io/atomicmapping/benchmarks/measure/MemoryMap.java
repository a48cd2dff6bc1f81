package io.atomicmapping.benchmarks.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What memory of its own this process has, mapping by mapping: {@code /proc/self/smaps}. */
public final class MemoryMap {

    private static final Pattern HEAD =
            Pattern.compile("([0-9a-f]+)-([0-9a-f]+) (\\S+) \\S+ \\S+ \\d+ *(.*)");
    private static final Pattern OWN = Pattern.compile("(?:Anonymous|Swap): +(\\d+) kB");
    private static final int KIBI = 1024;

    private final Map<Long, Area> areas = new HashMap<>();

    private MemoryMap() {}

    /** A mapping: where it begins, what it maps, and the bytes of its own, which no file has. */
    public record Area(long begin, String name, long ownBytes) { }

    /** The memory now. */
    public static MemoryMap now() throws IOException {
        return parse(Files.readString(Path.of("/proc/self/smaps")));
    }

    static MemoryMap parse(String smaps) {
        MemoryMap result = new MemoryMap();
        long begin = 0;
        String name = "";
        for (String line : smaps.lines().toList()) {
            Matcher head = HEAD.matcher(line);
            Matcher own = OWN.matcher(line);
            if (head.matches()) {
                begin = Long.parseUnsignedLong(head.group(1), 16);
                name = head.group(4);
                result.areas.put(begin, new Area(begin, name, 0));
            } else if (own.matches()) {
                long bytes = result.areas.get(begin).ownBytes + Long.parseLong(own.group(1)) * KIBI;
                result.areas.put(begin, new Area(begin, name, bytes));
            }
        }
        return result;
    }

    /** How much of its own each area has more than it had, at the same address, earlier. */
    public java.util.List<Area> grownSince(MemoryMap earlier) {
        return areas.values().stream()
                .map(area -> new Area(area.begin, area.name, area.ownBytes - earlier.ownBytes(area.begin)))
                .filter(area -> area.ownBytes > 0).toList();
    }

    private long ownBytes(long begin) {
        Area area = areas.get(begin);
        return area == null ? 0 : area.ownBytes;
    }
}
