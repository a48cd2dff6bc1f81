package io.atomicmapping.examples.kreon;

/**
 * An entry, copied out of the store: to change the arrays changes nothing in it.
 *
 * @param key the key
 * @param value its value
 */
public record Entry(byte[] key, byte[] value) {
}
