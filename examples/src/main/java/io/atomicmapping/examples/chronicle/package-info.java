/**
 * Chronicle Map made failure-atomic, without a line changed in it:
 * {@link io.atomicmapping.examples.chronicle.FailureAtomicChronicleMap}.
 */
package io.atomicmapping.examples.chronicle;
