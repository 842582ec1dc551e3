package dev.lazymount.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigOrigin;

/** Tells where a value comes from, in the one form used everywhere: {@code WHERE:LINE}. */
final class Origins {

  private Origins() {}

  static String of(ConfigOrigin origin) {
    // The resource first: a resource in a plain folder also has a file name, a long one that says
    // less to the operator.
    String resource = origin.resource();
    String where =
        resource != null ? resource.substring(resource.lastIndexOf('/') + 1) : origin.filename();
    if (where != null) {
      return origin.lineNumber() > 0 ? where + ":" + origin.lineNumber() : where;
    }
    // Neither: text without a file, whose line number means nothing to anybody.
    return origin.description().replaceFirst(": \\d+(-\\d+)?$", "");
  }

  /** Returns what an exception says, without the origin the library puts before it. */
  static String message(ConfigException e) {
    String message = String.valueOf(e.getMessage());
    if (e.origin() == null) {
      return message;
    }
    String prefix = e.origin().description() + ": ";
    return message.startsWith(prefix) ? message.substring(prefix.length()) : message;
  }

  static String of(ConfigException e) {
    return e.origin() == null ? "" : of(e.origin());
  }
}
