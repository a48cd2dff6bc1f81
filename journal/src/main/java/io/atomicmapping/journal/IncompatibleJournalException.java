package io.atomicmapping.journal;

import java.io.IOException;
import java.io.Serial;

/**
 * A journal is sound but not the one for this data file, this machine or this version of the library, or
 * the data file needs a journal that is not there. Nothing was written. The message says what does not fit,
 * and what to do.
 */
public class IncompatibleJournalException extends IOException {

    @Serial
    private static final long serialVersionUID = 1;

    /**
     * Creates it.
     *
     * @param message what does not fit, and the remedy
     */
    public IncompatibleJournalException(String message) {
        super(message);
    }
}
