/** Mistakes that can be switched on, for the tests that must find them. Not for programs. */
package io.atomicmapping.journal.fault;
