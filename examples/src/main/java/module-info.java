/** Persistent structures in a mapping, and the word index that is killed and goes on. */
@SuppressWarnings("requires-automatic") // HdrHistogram and XChart are jars without a module descriptor
module io.atomicmapping.examples {
    requires transitive io.atomicmapping.core;
    requires transitive info.picocli;
    requires me.tongfei.progressbar;
    requires HdrHistogram;
    requires xchart;

    exports io.atomicmapping.examples;
    exports io.atomicmapping.examples.kreon;
    exports io.atomicmapping.examples.kreon.ycsb;
    exports io.atomicmapping.examples.wordindex;

    opens io.atomicmapping.examples.kreon.ycsb to info.picocli;
    opens io.atomicmapping.examples.wordindex to info.picocli;
}
