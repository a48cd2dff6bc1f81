package io.atomicmapping.examples.kreon;

import java.io.IOException;

/** A file is no key-value store, or one of a format that this release does not know. It was not changed. */
public final class IncompatibleStoreException extends IOException {

    private static final long serialVersionUID = 1;

    /**
     * With a message.
     *
     * @param message what is wrong, with the file
     */
    public IncompatibleStoreException(String message) {
        super(message);
    }
}
