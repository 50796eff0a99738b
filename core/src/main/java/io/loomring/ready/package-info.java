/** The readiness queue: who waits for which descriptor to be ready, and who became so. */
@NullMarked
package io.loomring.ready;

import org.jspecify.annotations.NullMarked;
