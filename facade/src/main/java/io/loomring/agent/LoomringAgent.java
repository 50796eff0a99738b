package io.loomring.agent;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.SocketException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts every plain {@code new Socket()} and {@code new ServerSocket()} of an unchanged program on io_uring:
 *
 * <pre>{@code
 *  java -javaagent:loomring-agent.jar[=transport=auto|uring|jdk,rings=2,...] -jar app.jar
 * }</pre>
 *
 * <p>The arguments are the system properties of the library without their {@code loomring.}, and beat them. One line of
 * standard error says what was done. A wrong argument, or a ring that cannot be had where it has to be, is one line
 * too, and the program does not start: the exit code is 1.
 *
 * <p>The class path of the program gets this package, nothing else: the library and JNA are
 * nested in the jar, and a class loader of their own, beside the program's, takes them from there. So the program may
 * have a JNA, or this library, in any version.
 *
 * @since 0.1
 */
public final class LoomringAgent {
  private static final String NESTED = "META-INF/loomring/";
  private static final String SET_UP = "io.loomring.net.AgentSetUp";

  private LoomringAgent() {}

  /** Called by the JVM before the program's {@code main}. */
  public static void premain(@Nullable String arguments, Instrumentation instrumentation) throws Exception {
    try {
      say(setUp(AgentArguments.parse(arguments), instrumentation));
    } catch (AgentArguments.WrongArgumentException wrong) {
      stop(wrong.getMessage());
    }
  }

  /** Called by the JVM where an executable jar names this class as its {@code Launcher-Agent-Class}. */
  public static void agentmain(@Nullable String arguments, Instrumentation instrumentation) throws Exception {
    premain(arguments, instrumentation);
  }

  private static String setUp(Map<String, String> settings, Instrumentation instrumentation) throws Exception {
    settings.forEach((name, value) -> System.setProperty(AgentArguments.PROPERTY_PREFIX + name, value));
    ClassLoader library = libraryLoader();
    if (Boolean.getBoolean(AgentArguments.PROPERTY_PREFIX + "loops")) {
      openJavaLang(instrumentation, library);
    }
    Method setUp = Class.forName(SET_UP, true, library).getDeclaredMethod("setUp");
    setUp.setAccessible(true);
    try {
      return (String) setUp.invoke(null);
    } catch (InvocationTargetException failed) {
      if (failed.getCause() instanceof Exception cause && isSaidInWords(cause)) {
        stop(cause.getMessage());
      }
      throw failed;
    }
  }

  /** A setting out of range, no io_uring, or another library's factories; anything else is a defect, with its stack. */
  private static boolean isSaidInWords(Exception cause) {
    return cause instanceof IllegalArgumentException
        || cause instanceof SocketException
        // The library's, by name: that class is in its own loader.
        || cause.getClass().getSimpleName().equals("UringUnavailableException");
  }

  /** A loader of what is nested in this jar. It sees the JDK, and nothing of the program's. */
  private static ClassLoader libraryLoader() throws Exception {
    // Not by where this class is from: that may be another jar of the class path that has it too.
    String entry = NESTED + SET_UP.replace('.', '/') + ".class";
    URL found = LoomringAgent.class.getClassLoader().getResource(entry);
    if (found == null) {
      throw new IllegalStateException("no " + entry + " beside the agent: it has to be started from the agent's jar");
    }
    String address = found.toString();
    URL nested = URI.create(address.substring(0, address.length() - entry.length()) + NESTED).toURL();
    return new URLClassLoader("loomring", new URL[] {nested}, ClassLoader.getPlatformClassLoader());
  }

  /** What loops need, for the library alone: others do not get in. */
  private static void openJavaLang(Instrumentation instrumentation, ClassLoader library) {
    instrumentation.redefineModule(
        Object.class.getModule(),
        Set.of(),
        Map.of(),
        Map.of("java.lang", Set.of(library.getUnnamedModule())),
        Set.of(),
        Map.of());
  }

  private static void stop(@Nullable String why) {
    say(String.valueOf(why));
    System.exit(1);
  }

  /** Not through the logging of the JDK, which the program may want to set up itself before anybody uses it. */
  private static void say(String what) {
    new PrintStream(new FileOutputStream(FileDescriptor.err), true).println("loomring: " + what);
  }
}
