/**
 * The one seam between the engine and a file system: everything the library does to files goes through
 * {@link io.atomicmapping.storage.Storage}, so that the same engine runs on a real file system, in memory, and on a
 * simulated disk that crashes.
 */
package io.atomicmapping.storage;
