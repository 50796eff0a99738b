/** What users see: {@link io.loomring.api.Uring}, its configuration, statistics and handles. */
@NullMarked
package io.loomring.api;

import org.jspecify.annotations.NullMarked;
