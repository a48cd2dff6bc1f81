/**
 * What has changed since the last commit: sections, marks, twins, before-images, kernel tracking, the working
 * image.
 */
package io.atomicmapping.dirty;
