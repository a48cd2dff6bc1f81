/** What has changed since the last commit: sections, dirty trees, before-images, kernel tracking, the working image. */
package io.atomicmapping.dirty;
