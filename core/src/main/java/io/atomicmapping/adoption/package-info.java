/** Other libraries' mappings of a file: found, made private, kept an eye on, given back. */
package io.atomicmapping.adoption;
