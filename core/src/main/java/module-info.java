/** {@code AtomicMapping}: a mapped file with an atomic sync. Only {@code io.atomicmapping} is for users. */
module io.atomicmapping.core {
    requires transitive io.atomicmapping.journal;
    requires io.atomicmapping.recovery;
    requires java.management;
    requires jdk.management;
    requires org.slf4j;

    exports io.atomicmapping;
}
