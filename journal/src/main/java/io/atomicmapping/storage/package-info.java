/**
 * Where files live: {@link io.atomicmapping.storage.Storage} and
 * {@link io.atomicmapping.storage.DurableFile}, the one seam through which the library touches files, with
 * the real file system and one in memory behind it.
 */
package io.atomicmapping.storage;
