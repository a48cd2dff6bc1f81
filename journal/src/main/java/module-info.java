/**
 * Durable bytes: the one seam to the file system, and the journal with its format. The only module of the
 * library that makes native calls, hence the only one that {@code --enable-native-access} must name.
 */
@SuppressWarnings("module") // the qualified exports name modules that are compiled after this one
module io.atomicmapping.journal {
    exports io.atomicmapping.journal;
    exports io.atomicmapping.journal.fault to io.atomicmapping.recovery, io.atomicmapping.core,
            io.atomicmapping.crash;
    exports io.atomicmapping.storage;
    exports io.atomicmapping.storage.linux to io.atomicmapping.core, io.atomicmapping.recovery;
}
