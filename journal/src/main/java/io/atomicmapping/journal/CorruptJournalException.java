package io.atomicmapping.journal;

import java.io.IOException;
import java.io.Serial;

/**
 * A journal holds bytes that no crash can have left: rot, a foreign writer's hand, or a journal made to
 * harm. Nothing was written. The message says what, where, and what to do.
 */
public class CorruptJournalException extends IOException {

    @Serial
    private static final long serialVersionUID = 1;

    /**
     * Creates it.
     *
     * @param message what is wrong, where, and the remedy
     */
    public CorruptJournalException(String message) {
        super(message);
    }
}
