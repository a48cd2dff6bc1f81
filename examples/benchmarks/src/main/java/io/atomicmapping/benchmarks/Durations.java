package io.atomicmapping.benchmarks;

import java.time.Duration;
import java.util.Locale;

/** A duration as people write it: {@code 90s}, {@code 45m}, {@code 3h30m}. */
final class Durations {

    private Durations() {}

    static Duration parse(String text) {
        return Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
    }
}
