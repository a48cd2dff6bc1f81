package io.atomicmapping;

import java.io.IOException;
import java.lang.reflect.Field;

/** Reaches the inside of a mapping: for tests that need a checkpoint or a commit at a moment of their own. */
final class Inside {

    private Inside() {
    }

    static Engine engine(AtomicMapping mapping) {
        try {
            Field engine = AtomicMapping.class.getDeclaredField("engine");
            engine.setAccessible(true);
            return (Engine) engine.get(mapping);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** Brings home what is durable now; a checkpoint that is running is waited for. */
    static void checkpoint(AtomicMapping mapping) throws IOException {
        engine(mapping).checkpointer.checkpoint();
    }
}
