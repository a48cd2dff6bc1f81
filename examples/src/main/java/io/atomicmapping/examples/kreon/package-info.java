/**
 * A key-value store in the manner of Kreon (SoCC 2018): {@link
 * io.atomicmapping.examples.kreon.KeyValueStore}.
 */
package io.atomicmapping.examples.kreon;
