/** Persistent structures that live in an {@link io.atomicmapping.AtomicMapping}: to use, or to learn from. */
package io.atomicmapping.examples;
