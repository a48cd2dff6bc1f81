/** The native calls of the whole project, in one class: {@link io.atomicmapping.storage.linux.Linux}. */
package io.atomicmapping.storage.linux;
