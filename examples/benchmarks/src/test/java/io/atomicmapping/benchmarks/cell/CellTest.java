package io.atomicmapping.benchmarks.cell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CellTest {

    @ParameterizedTest
    @ValueSource(strings = {"random-1", "random-4096", "zipfian-16", "sequential-256", "dense-256",
            "random-256-page",
        "random-1-64t", "random-1-64v", "zipfian-16-page-8t", "random-1-1v"})
    void aNameIsReadAndWrittenAlike(String name) {
        assertEquals(name, Cell.parse(name).name());
    }

    @Test
    void everyPartOfANameIsRead() {
        assertEquals(new Cell(Places.ZIPFIAN, Unit.PAGE, 16, 8, true), Cell.parse("zipfian-16-page-8v"));
        assertEquals(new Cell(Places.RANDOM, Unit.WORD, 4096, 1, false), Cell.parse("random-4096"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "random", "random-", "random-0", "random-1-0t", "normal-1", "random-1-8",
            "random-1-page-page",
        "random-1-8t-page", "random-99999999"})
    void whatIsNoCellIsRefused(String name) {
        assertThrows(IllegalArgumentException.class, () -> Cell.parse(name));
    }

    @Test
    void changedBytesCountTheStores() {
        assertEquals(16 * 8, Cell.parse("random-16").changedBytes());
        assertEquals(16 * 4096, Cell.parse("random-16-page").changedBytes());
    }
}
