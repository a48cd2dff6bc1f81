package io.atomicmapping.crash;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * One recording in a story: what happened in it, in order, up to the crash that ended it.
 *
 * @param title what it is
 * @param recording what it tells of
 * @param crash what ended it; null for the last, which was wrong
 * @param events what happened
 */
record Chapter(String title, Recording<?, ?> recording, Crash crash, List<Event> events) {

    /**
     * Something that happened.
     *
     * @param time the disk's
     * @param operation what was done to the disk, or null for something that the workload said
     * @param fate what the crash made of it, or null if it could do nothing
     * @param text the event in words
     * @param mark of what the workload said, in a drawing
     */
    record Event(long time, Operation operation, Crash.Fate fate, String text, String mark) {

        /** Where in the program it was done, or by whom. */
        String by() {
            if (operation.end() == 0) {
                return "left in the cache by the process that was killed";
            }
            return operation.place().isEmpty() ? "thread " + operation.thread() : operation.place();
        }

        boolean isInFlight(Crash crash) {
            return crash != null && operation != null && operation.end() > crash.time();
        }
    }

    static List<Chapter> of(Recording<?, ?> wrong) {
        List<Chapter> chapters = new ArrayList<>();
        List<? extends Recording<?, ?>> chain = wrong.chain();
        for (int i = 0; i < chain.size(); i++) {
            Recording<?, ?> each = chain.get(i);
            Crash crash = i + 1 < chain.size() ? chain.get(i + 1).crash() : null;
            String title = (i == 0 ? "The workload runs" : i == 1 ? "Recovery" : "Recovery from that")
                    + (i > 0 && each.course().works() ? ", and the workload again" : "")
                    + (crash == null ? "" : ", until a " + crash.name() + " at time " + crash.time() + " of "
                    + each.disk().time());
            chapters.add(new Chapter(title, each, crash, events(each, crash)));
        }
        return chapters;
    }

    private static List<Event> events(Recording<?, ?> recording, Crash crash) {
        boolean judgedWrong = crash == null && recording.phase() == Recording.Phase.JUDGING;
        long end = judgedWrong ? recording.judged() : crash == null ? Ledger.NEVER : crash.time();
        List<Event> events = new ArrayList<>();
        List<Operation> undecided = crash == null ? List.of() : recording.disk().undecided(crash.kind(), end);
        for (Operation operation : recording.disk().operations()) {
            Crash.Fate fate = undecided.contains(operation) ? crash.fate(operation) : null;
            events.add(new Event(operation.begin(), operation, fate, operation.toString(), ""));
        }
        if (recording.opened() != Ledger.NEVER) {
            events.add(new Event(recording.opened(), null, null, "the structure is open", "open"));
            for (Ledger.Entry<?> entry : recording.ledger().entries()) {
                if (!entry.place().isEmpty()) {
                    events.add(new Event(entry.begin(), null, null, entry + " begins", entry.number() + "?"));
                    events.add(new Event(entry.acknowledged(), null, null, "commit " + entry.number()
                            + " is acknowledged",
                            entry.number() + "!"));
                }
            }
        }
        if (judgedWrong) {
            events.add(new Event(end, null, null, "the structure is open, and judged", "open"));
        }
        return events.stream().filter(event -> event.time() <= end && event.time() != Ledger.NEVER)
                .sorted(Comparator.comparingLong(Event::time)).toList();
    }

    /** The last force that had returned: what it covers is what recovery found. */
    Operation lastForce() {
        return events.stream().map(Event::operation).filter(Objects::nonNull)
                .filter(operation -> operation.isForceOfFile()
                        && (crash == null || operation.end() <= crash.time()))
                .reduce((first, second) -> second).orElse(null);
    }

    /** What the program did next when the crash came, or null. */
    Operation next() {
        return recording.disk().operations().stream().filter(operation -> operation.begin() > crash.time())
                .findFirst().orElse(null);
    }
}
