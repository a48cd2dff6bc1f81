/** Persistent structures in a mapping, and the word index that is killed and goes on. */
// Chronicle Map, HdrHistogram and XChart are jars without a module descriptor
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module io.atomicmapping.examples {
    requires transitive io.atomicmapping.core;
    requires transitive info.picocli;
    requires me.tongfei.progressbar;
    requires HdrHistogram;
    requires xchart;
    requires transitive chronicle.map;
    requires chronicle.core;

    exports io.atomicmapping.examples;
    exports io.atomicmapping.examples.chronicle;
    exports io.atomicmapping.examples.kreon;
    exports io.atomicmapping.examples.kreon.ycsb;
    exports io.atomicmapping.examples.wordindex;

    opens io.atomicmapping.examples.chronicle to info.picocli;
    opens io.atomicmapping.examples.kreon.ycsb to info.picocli;
    opens io.atomicmapping.examples.wordindex to info.picocli;
}
