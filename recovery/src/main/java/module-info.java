/** After a crash: the scan of a journal, the decision what its tail means, replay, and plain inspection. */
module io.atomicmapping.recovery {
    requires transitive io.atomicmapping.journal;
    requires org.slf4j;

    exports io.atomicmapping.recovery;
}
