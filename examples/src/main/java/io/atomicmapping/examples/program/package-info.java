/** What the programs among the examples have in common; of no use to others, and not exported. */
package io.atomicmapping.examples.program;
