package io.atomicmapping.crash;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Which fates of which operations were seen with which journal tails. */
final class Coverage {

    private final Map<String, Map<Operation.Kind, Set<Crash.Fate>>> seen = new HashMap<>();

    void add(Operation.Kind kind, Crash.Fate fate, String tail) {
        seen.computeIfAbsent(tail, key -> new EnumMap<>(Operation.Kind.class))
                .computeIfAbsent(kind, key -> EnumSet.noneOf(Crash.Fate.class)).add(fate);
    }

    void add(Coverage other) {
        other.seen.forEach((tail, kinds) ->
                kinds.forEach((kind, fates) -> fates.forEach(fate -> add(kind, fate, tail))));
    }

    /** What a crash did to each operation that it could do something to. */
    void add(Crash crash, List<Operation> undecided, List<Operation> forcesInFlight, String tail) {
        undecided.forEach(operation -> add(operation.kind(), crash.fate(operation), tail));
        forcesInFlight.forEach(operation -> add(operation.kind(), Crash.Fate.LOST, tail));
    }

    boolean has(Operation.Kind kind, Crash.Fate fate, String tail) {
        return seen.getOrDefault(tail, Map.of()).getOrDefault(kind, Set.of()).contains(fate);
    }

    /** A row for each kind of operation, a column for each tail; K kept, L lost, T torn. */
    @Override
    public String toString() {
        Set<String> tails = new TreeSet<>(seen.keySet());
        StringBuilder text = new StringBuilder(" ".repeat(17));
        tails.forEach(tail -> text.append(String.format("%-14s", tail)));
        for (Operation.Kind kind : Operation.Kind.values()) {
            StringBuilder row = new StringBuilder();
            for (String tail : tails) {
                StringBuilder cell = new StringBuilder();
                for (Crash.Fate fate : Crash.Fate.values()) {
                    cell.append(has(kind, fate, tail) ? fate.name().charAt(0) : '-');
                }
                row.append(String.format("%-14s", cell));
            }
            if (row.chars().anyMatch(Character::isLetter)) {
                text.append(String.format("%n%-17s%s", kind, row));
            }
        }
        return text.toString();
    }
}
