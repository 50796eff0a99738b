/**
 * The system: the only importer of JNA. System calls that answer the result or {@code -errno}, native memory, struct
 * layouts.
 */
@NullMarked
package io.loomring.sys;

import org.jspecify.annotations.NullMarked;
