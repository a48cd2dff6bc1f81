package io.atomicmapping.crash;

import io.atomicmapping.crash.Recording.Course;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * From what a recording can be made again: how the first run went, then each crash and how the run after it
 * went.
 *
 * @param courses how the runs went
 * @param crashes what ended each but the last
 */
record Plan(List<Course> courses, List<Crash> crashes) {

    private static final String THEN = " > ";

    static Plan of(Recording<?, ?> recording) {
        List<Course> courses = new ArrayList<>();
        List<Crash> crashes = new ArrayList<>();
        for (Recording<?, ?> each : recording.chain()) {
            courses.add(each.course());
            if (each.crash() != null) {
                crashes.add(each.crash());
            }
        }
        return new Plan(courses, crashes);
    }

    /** The same, with operations that remember where in the program they were done. */
    Plan placed() {
        return new Plan(courses.stream().map(Course::remembering).toList(), crashes);
    }

    static Plan parse(String text) {
        List<Course> courses = new ArrayList<>();
        List<Crash> crashes = new ArrayList<>();
        for (String part : text.strip().split(THEN)) {
            if (courses.size() == crashes.size()) {
                courses.add(course(part.strip()));
            } else {
                crashes.add(Crash.parse(part.strip()));
            }
        }
        if (courses.size() != crashes.size() + 1) {
            throw new IllegalArgumentException("a plan begins and ends with a run: plan=" + text);
        }
        return new Plan(courses, crashes);
    }

    private static Course course(String text) {
        if (text.equals("open")) {
            return Course.opening();
        }
        String[] parts = text.split(" without ");
        if (!parts[0].startsWith("work seed=")) {
            throw new IllegalArgumentException("not a run, expected \"open\" or \"work seed=..\": run="
                    + text);
        }
        BitSet skipped = parts.length > 1 ? Crash.parseUnits(parts[1]) : new BitSet();
        return new Course(true, Long.parseLong(parts[0].substring("work seed=".length())), skipped, true);
    }

    private static String text(Course course) {
        return !course.works() ? "open" : "work seed=" + course.seed()
                + (course.skipped().isEmpty() ? "" : " without " + Crash.text(course.skipped()));
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(text(courses.getFirst()));
        for (int i = 0; i < crashes.size(); i++) {
            text.append(THEN).append(crashes.get(i)).append(THEN).append(text(courses.get(i + 1)));
        }
        return text.toString();
    }

    /** Makes the recording again, on an empty disk. */
    <S extends AutoCloseable, M> Recording<S, M> replay(Subject<S, M> subject, DiskTraits traits) {
        Recording<S, M> recording = Recording.first(subject, traits, courses.getFirst());
        for (int i = 0; i < crashes.size() && recording.failure() == null; i++) {
            if (crashes.get(i).time() > recording.disk().time()) {
                return recording; // the run is shorter than it was: another thread was faster
            }
            recording = recording.after(crashes.get(i), courses.get(i + 1));
        }
        return recording;
    }
}
