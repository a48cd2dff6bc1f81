/** Persistent structures in a mapping, and the word index that is killed and goes on. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // Chronicle Map has no descriptor
module io.atomicmapping.examples {
    requires transitive io.atomicmapping.core;
    requires transitive info.picocli;
    requires me.tongfei.progressbar;
    requires transitive chronicle.map;
    requires chronicle.core;

    exports io.atomicmapping.examples;
    exports io.atomicmapping.examples.chronicle;
    exports io.atomicmapping.examples.wordindex;

    opens io.atomicmapping.examples.chronicle to info.picocli;
    opens io.atomicmapping.examples.wordindex to info.picocli;
}
