package io.loomring.testkit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/** A test that the build does not run over the loops again: its value says why. */
@Tag("once")
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
public @interface RunsOnce {
  /** No ring, or one without a driver. */
  String NO_DRIVER = "no driver is in it";

  String value();
}
