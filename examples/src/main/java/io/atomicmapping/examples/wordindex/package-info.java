/**
 * A word index that is killed, again and again, and goes on where its last commit left it:
 * {@link io.atomicmapping.examples.wordindex.WordIndex} is the program.
 */
package io.atomicmapping.examples.wordindex;
