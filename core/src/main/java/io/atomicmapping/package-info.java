/**
 * Mapped files with an atomic sync: {@link io.atomicmapping.AtomicMapping} and what belongs to it.
 */
package io.atomicmapping;
