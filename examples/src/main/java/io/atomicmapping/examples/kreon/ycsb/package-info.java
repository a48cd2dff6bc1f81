/**
 * A small driver in the manner of YCSB for the key-value store: {@link
 * io.atomicmapping.examples.kreon.ycsb.Ycsb}.
 */
package io.atomicmapping.examples.kreon.ycsb;
