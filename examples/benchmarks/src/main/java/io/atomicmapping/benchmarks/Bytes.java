package io.atomicmapping.benchmarks;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number of bytes as people write it: {@code 4096}, {@code 256M}, {@code 1G}. */
public record Bytes(long count) {

    private static final Pattern FORM = Pattern.compile("([0-9]{1,12})([KMGT]?)");
    private static final String UNITS = "KMGT";
    private static final int SHIFT = 10;

    /** Reads one. */
    public static Bytes parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException("not a number of bytes, such as 256M: text=" + text);
        }
        int unit = form.group(2).isEmpty() ? 0 : UNITS.indexOf(form.group(2)) + 1;
        return new Bytes(Math.multiplyExact(Long.parseLong(form.group(1)), 1L << SHIFT * unit));
    }

    @Override
    public String toString() {
        int unit = 0;
        long rest = count;
        while (unit < UNITS.length() && rest != 0 && rest % (1 << SHIFT) == 0) {
            rest >>= SHIFT;
            unit++;
        }
        return rest + (unit == 0 ? "" : UNITS.substring(unit - 1, unit));
    }
}
