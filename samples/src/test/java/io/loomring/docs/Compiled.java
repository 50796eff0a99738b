package io.loomring.docs;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles a program of the documentation against the class path of the tests. */
public final class Compiled {
  private Compiled() {}

  /** Puts the classes into a directory; answers what the compiler complains of, and nothing where all is well. */
  public static String into(Path directory, String name, String source) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      Path file = Files.writeString(directory.resolve(name + ".java"), source);
      compiler.getTask(
          said,
          files,
          null,
          List.of("-d", directory.toString(), "-cp", classPath(), "-proc:none", "-Xlint:all,-path,-restricted"),
          null,
          files.getJavaFileObjects(file)).call();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return said.toString();
  }

  /** Of the tests. */
  public static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }
}
