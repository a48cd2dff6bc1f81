/** A disk that loses power and processes that are killed, simulated: for tests of what must survive both. */
package io.atomicmapping.crash;
