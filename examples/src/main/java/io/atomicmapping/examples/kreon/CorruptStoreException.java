package io.atomicmapping.examples.kreon;

import java.io.IOException;

/** The bytes of a key-value store contradict each other: something else than the store has changed them. */
public final class CorruptStoreException extends IOException {

    private static final long serialVersionUID = 1;

    /**
     * With a message.
     *
     * @param message what is wrong, with the file
     */
    public CorruptStoreException(String message) {
        super(message);
    }
}
