package io.loomring.testkit;

import io.loomring.ring.Opcode;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A test that has the kernel do these operations through their methods, and looks at the effect from outside the ring. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Runs {
  Opcode[] value();
}
