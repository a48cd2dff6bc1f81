package io.atomicmapping.crash;

import static io.atomicmapping.recovery.TailCase.CLEAN;
import static io.atomicmapping.recovery.TailCase.FULL;
import static io.atomicmapping.recovery.TailCase.NO_JOURNAL;
import static io.atomicmapping.recovery.TailCase.TORN_GROUP;
import static io.atomicmapping.recovery.TailCase.TORN_RECORD;

import io.atomicmapping.crash.Crash.Fate;
import io.atomicmapping.crash.Operation.Kind;
import io.atomicmapping.recovery.TailCase;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Which fates of which operations cannot be seen with which tails, whatever the run, and why. */
final class FateRules {

    private record Rule(Set<Kind> kinds, Set<Fate> fates, Set<TailCase> tails, String reason) {

        boolean forbids(Kind kind, Fate fate, TailCase tail) {
            return kinds.contains(kind) && fates.contains(fate) && tails.contains(tail);
        }
    }

    private static final Set<Kind> FORCES = EnumSet.of(Kind.FORCE, Kind.FORCE_ALL, Kind.FORCE_DIRECTORY);
    private static final Set<Kind> NAMES = EnumSet.of(Kind.CREATE, Kind.RENAME, Kind.DELETE);
    private static final Set<Kind> WHOLE =
            EnumSet.of(Kind.CREATE, Kind.RENAME, Kind.DELETE, Kind.ALLOCATE, Kind.SET_ATTRIBUTE);
    private static final Set<Fate> ANY = EnumSet.allOf(Fate.class);
    private static final Set<TailCase> RECORDS = EnumSet.of(FULL, TORN_RECORD, TORN_GROUP);

    private static final List<Rule> RULES = List.of(
            new Rule(EnumSet.allOf(Kind.class), ANY, corrupt(), "no crash leaves corruption"),
            new Rule(EnumSet.of(Kind.ROT), ANY, EnumSet.allOf(TailCase.class), "a crash does not rot"),
            new Rule(EnumSet.of(Kind.REVERT), ANY, EnumSet.allOf(TailCase.class),
                    "what a failed force dropped is gone"),
            new Rule(EnumSet.of(Kind.COPY_PERMISSIONS), ANY, EnumSet.allOf(TailCase.class),
                    "permissions are not simulated"),
            new Rule(FORCES, EnumSet.of(Fate.KEPT, Fate.TORN), EnumSet.allOf(TailCase.class),
                    "a force that did not return is of no use"),
            new Rule(WHOLE, EnumSet.of(Fate.TORN), EnumSet.allOf(TailCase.class), "it has one part"),
            new Rule(NAMES, ANY, RECORDS, "names are forced before a record is appended"),
            new Rule(NAMES, ANY, EnumSet.of(CLEAN),
                    "names are forced before a journal is clean, and nothing gets a name"
                            + " before it is in use again"),
            new Rule(EnumSet.of(Kind.SET_ATTRIBUTE, Kind.FORCE_ALL), ANY, RECORDS,
                    "attributes, and new journals, are forced before a record is appended;"
                            + " a clean attribute after the last"),
            new Rule(EnumSet.of(Kind.SET_ATTRIBUTE), ANY, EnumSet.of(NO_JOURNAL),
                    "the journal has its name, forced, before"),
            new Rule(EnumSet.of(Kind.ALLOCATE, Kind.ZERO), ANY, EnumSet.of(NO_JOURNAL),
                    "only commits need space, or cut what the data file holds"),
            new Rule(EnumSet.of(Kind.SET_LENGTH), EnumSet.of(Fate.TORN), EnumSet.of(NO_JOURNAL),
                    "a new data file has nothing to cut off"),
            new Rule(EnumSet.of(Kind.ALLOCATE, Kind.ZERO, Kind.SET_LENGTH), ANY, EnumSet.of(CLEAN),
                    "the data file is forced before its journal is clean, and changes"
                            + " after it is in use again"),
            new Rule(EnumSet.of(Kind.WRITE_DIRECT), EnumSet.of(Fate.TORN), EnumSet.of(FULL),
                    "the records of a full ring are whole, and of a slot only one sector changes"));

    private FateRules() {
    }

    private static Set<TailCase> corrupt() {
        Set<TailCase> corrupt = EnumSet.noneOf(TailCase.class);
        for (TailCase tail : TailCase.values()) {
            if (tail.isCorrupt()) {
                corrupt.add(tail);
            }
        }
        return corrupt;
    }

    /** Why something cannot be seen; null if it can. */
    static String reason(Kind kind, Fate fate, TailCase tail) {
        return RULES.stream().filter(rule -> rule.forbids(kind, fate, tail)).findFirst().map(Rule::reason)
                .orElse(null);
    }
}
