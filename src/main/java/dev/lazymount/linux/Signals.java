package dev.lazymount.linux;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * Handles signals that the JVM does not use itself. The only API is sun.misc.Signal, which stays
 * available (JEP 260, jdk.unsupported) but makes the compiler warn at each use; hence reflection.
 */
public final class Signals {
  private Signals() {}

  /**
   * Runs an action at each SIGHUP, which otherwise ends the process.
   *
   * @param action runs on a new thread for each signal
   * @return false if this JVM does not allow it
   */
  public static boolean onHangup(Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object acts =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> invoke(proxy, method, arguments, action));
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

  /** A proxy also receives calls of Object's methods. */
  private static Object invoke(Object proxy, Method method, Object[] arguments, Runnable action) {
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
