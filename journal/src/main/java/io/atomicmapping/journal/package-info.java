/**
 * The journal: its bytes ({@code FORMAT.md} and {@link io.atomicmapping.journal.JournalFormat}), what
 * writes them and what reads them.
 */
package io.atomicmapping.journal;
