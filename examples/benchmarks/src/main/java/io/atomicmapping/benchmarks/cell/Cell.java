package io.atomicmapping.benchmarks.cell;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is raced in: a workload. Written {@code random-16}, {@code zipfian-256-page}, {@code random-1-64t},
 * {@code random-1-64v}: places, stores a commit, whole pages if said, threads if more than one, {@code v} for
 * virtual ones.
 *
 * @param places where the stores go
 * @param unit how much each changes
 * @param pages how many stores a commit has, each to a page of its own but for chance (and for DENSE)
 * @param threads how many threads commit
 * @param virtual whether they are virtual
 */
public record Cell(Places places, Unit unit, int pages, int threads, boolean virtual) {

    private static final Pattern FORM =
            Pattern.compile("(random|zipfian|sequential|dense)-([0-9]{1,7})(-page)?(?:-([0-9]{1,4})([tv]))?");

    public Cell {
        if (pages < 1 || threads < 1) {
            throw new IllegalArgumentException("a cell needs pages and threads: pages=" + pages
                    + ", threads=" + threads);
        }
    }

    /** Reads a cell's name. */
    public static Cell parse(String name) {
        Matcher form = FORM.matcher(name);
        if (!form.matches()) {
            throw new IllegalArgumentException("not a cell, such as random-16,"
                    + " zipfian-256-page or random-1-64v: cell=" + name);
        }
        Places places = Places.valueOf(form.group(1).toUpperCase(Locale.ROOT));
        Unit unit = form.group(3) == null ? Unit.WORD : Unit.PAGE;
        int threads = form.group(4) == null ? 1 : Integer.parseInt(form.group(4));
        return new Cell(places, unit, Integer.parseInt(form.group(2)), threads, "v".equals(form.group(5)));
    }

    /** Its name, which {@link #parse} reads. */
    public String name() {
        return places.name().toLowerCase(Locale.ROOT) + "-" + pages + (unit == Unit.PAGE ? "-page" : "")
                + (threads == 1 && !virtual ? "" : "-" + threads + (virtual ? "v" : "t"));
    }

    /** How many bytes of the file a commit changes. */
    public long changedBytes() {
        return (long) pages * unit.bytes();
    }

    @Override
    public String toString() {
        return name();
    }
}
