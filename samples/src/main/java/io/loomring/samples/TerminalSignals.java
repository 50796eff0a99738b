package io.loomring.samples;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * The signals that a terminal sends beside Ctrl-C: its window has another size, and Ctrl-Z. The JDK has them only in
 * {@code sun.misc}, which is looked up by name; a JVM without it runs without them.
 */
final class TerminalSignals {
  private TerminalSignals() {}

  /** Has {@code then} run whenever the window has another size. */
  static void onResize(Runnable then) {
    Sun.handle("WINCH", then);
  }

  /** Has the process stopped by Ctrl-Z, after {@code before}; {@code after} runs when it goes on. */
  static void onStop(Runnable before, Runnable after) {
    Sun.handle("TSTP", () -> {
      before.run();
      // What SIGTSTP would have done: nobody can catch this one.
      TopTerminal.stopThisProcess();
      after.run();
    });
  }

  private static final class Sun {
    private static void handle(String name, Runnable then) {
      InvocationHandler handler = (proxy, method, arguments) -> switch (method.getName()) {
        case "handle" -> {
          then.run();
          yield null;
        }
        case "equals" -> arguments != null && proxy == arguments[0];
        case "hashCode" -> System.identityHashCode(proxy);
        default -> name;
      };
      try {
        Class<?> type = Class.forName("sun.misc.SignalHandler");
        set(name, Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
      } catch (ReflectiveOperationException | IllegalArgumentException e) {
        // Without it, then.
      }
    }

    private static void set(String name, Object handler) throws ReflectiveOperationException {
      Class<?> signal = Class.forName("sun.misc.Signal");
      signal.getMethod("handle", signal, Class.forName("sun.misc.SignalHandler"))
          .invoke(null, signal.getConstructor(String.class).newInstance(name), handler);
    }
  }
}
