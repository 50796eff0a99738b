/** Events of JDK Flight Recorder, and the one class that the rest of the library knows of them. */
@NullMarked
package io.loomring.event;

import org.jspecify.annotations.NullMarked;
