package dev.lazymount.linux;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * Signals that the JVM leaves to us. Its only way to them is sun.misc.Signal, which is exported for
 * good (JEP 260, jdk.unsupported) but makes the compiler warn of each mention, so it is used by
 * reflection.
 */
public final class Signals {
  private Signals() {}

  /**
   * Has SIGHUP do this from now on, instead of ending the process. It runs on a thread of its own.
   *
   * @return false if this JVM does not let us
   */
  public static boolean onHangup(Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object acts =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> called(proxy, method, arguments, action));
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), acts);
      return true;
    } catch (ReflectiveOperationException e) {
      if (e instanceof InvocationTargetException && e.getCause() instanceof Error error) {
        throw error;
      }
      return false;
    }
  }

  /** A proxy is asked for more than its interface has. */
  private static Object called(Object proxy, Method method, Object[] arguments, Runnable action) {
    return switch (method.getName()) {
      case "hashCode" -> System.identityHashCode(proxy);
      case "equals" -> proxy == arguments[0];
      case "toString" -> "SIGHUP handler";
      default -> {
        action.run();
        yield null;
      }
    };
  }
}
