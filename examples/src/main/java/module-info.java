/** Persistent structures in a mapping, and the word index that is killed and goes on. */
module io.atomicmapping.examples {
    requires transitive io.atomicmapping.core;
    requires transitive info.picocli;
    requires me.tongfei.progressbar;

    exports io.atomicmapping.examples;
    exports io.atomicmapping.examples.kreon;
    exports io.atomicmapping.examples.wordindex;

    opens io.atomicmapping.examples.wordindex to info.picocli;
}
