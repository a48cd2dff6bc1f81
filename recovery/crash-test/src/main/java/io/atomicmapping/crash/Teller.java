package io.atomicmapping.crash;

import java.util.BitSet;

/** The words for operations and what becomes of them. */
final class Teller {

    private Teller() {
    }

    static String briefly(Operation operation) {
        return "#" + operation.number() + " " + operation.kind() + " of " + operation.path().getFileName();
    }

    static String at(Operation operation) {
        return operation.place().isEmpty() ? " on thread " + operation.thread() : " at " + operation.place();
    }

    /** What a crash made of an event's operation; empty if it could do nothing. */
    static String fate(Chapter.Event event, Crash crash) {
        String flight = event.isInFlight(crash) ? "  in flight" : "";
        if (event.fate() == null) {
            return flight;
        }
        return flight + switch (event.fate()) {
            case KEPT -> "  kept by luck";
            case LOST -> "  LOST";
            case TORN -> "  TORN: kept only " + parts(event.operation(), crash.kept(event.operation()));
        };
    }

    /** Units in words: sectors by their numbers in the file. */
    static String parts(Operation operation, BitSet units) {
        StringBuilder sectors = new StringBuilder();
        StringBuilder others = new StringBuilder();
        units.stream().forEach(unit -> {
            if (unit < operation.sectorCount()) {
                sectors.append(sectors.isEmpty() ? "sectors " : ",").append(operation.sector(unit));
            } else if (unit < operation.units()) {
                others.append(sectors.isEmpty() ? "" : " and ").append(operation.target(unit).what());
            }
        });
        return sectors.append(others).toString();
    }
}
