/** Persistent structures in a mapping, and the word index that is killed and goes on. */
module io.atomicmapping.examples {
    requires io.atomicmapping.core;
    requires info.picocli;
    requires me.tongfei.progressbar;
}
