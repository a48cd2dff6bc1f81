/** Bringing committed pages home: extents, vectored writeback, checkpoints, recycling. */
package io.atomicmapping.writeback;
