/** For tests: a disk that loses power, and a crash harness for structures that live in a mapping. */
module io.atomicmapping.crash {
    requires transitive io.atomicmapping.core;
    requires io.atomicmapping.recovery;

    exports io.atomicmapping.crash;
}
