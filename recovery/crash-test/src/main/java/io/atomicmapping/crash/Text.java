package io.atomicmapping.crash;

import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;

/** How a state, or what differs between two of them, is told. */
final class Text {

    private static final int TOLD_MAX = 400;
    private static final int CONTEXT = 60;
    /** What would end a line, or show as nothing. */
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");
    private static final Pattern ODD = Pattern.compile("[^a-zA-Z0-9._-]+");

    private Text() {
    }

    static String of(Object state) {
        String text = plain(state);
        return text.length() <= TOLD_MAX ? text
                : text.substring(0, TOLD_MAX) + "... (" + text.length() + " characters)";
    }

    private static String plain(Object state) {
        if (state instanceof byte[] bytes) {
            return "bytes=" + bytes.length
                    + ", hash=" + String.format(Locale.ROOT, "%08x", Arrays.hashCode(bytes));
        }
        String text = Arrays.deepToString(new Object[] {state});
        return CONTROL.matcher(text.substring(1, text.length() - 1))
                .replaceAll(found -> String.format(Locale.ROOT, "\\\\u%04x", (int) found.group().charAt(0)));
    }

    /** Where two states differ first; empty where that cannot be told. */
    static String difference(Object expected, Object actual) {
        if (expected instanceof byte[] left && actual instanceof byte[] right) {
            int at = Arrays.mismatch(left, right);
            return at < 0 ? "" : "differs first at byte " + at;
        }
        String left = plain(expected);
        String right = plain(actual);
        int at = 0;
        while (at < Math.min(left.length(), right.length()) && left.charAt(at) == right.charAt(at)) {
            at++;
        }
        if (Math.max(left.length(), right.length()) <= TOLD_MAX
                || at == Math.max(left.length(), right.length())) {
            return "";
        }
        return "differs first at character " + at + ": expected ..." + around(left, at) + "..., found ..."
                + around(right, at) + "...";
    }

    private static String around(String text, int at) {
        return text.substring(Math.max(0, at - CONTEXT), Math.min(text.length(), at + CONTEXT));
    }

    /** A name for a file. */
    static String fileName(String name) {
        return ODD.matcher(name).replaceAll("-");
    }
}
