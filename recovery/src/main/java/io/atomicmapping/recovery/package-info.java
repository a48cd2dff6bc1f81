/**
 * After a crash: what the tail of a journal means, which journal belongs to which data file, replay, and
 * inspection.
 */
package io.atomicmapping.recovery;
