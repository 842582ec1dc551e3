package dev.lazymount.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigOrigin;

/** Formats where a value was set: {@code FILE:LINE}, {@code reference.conf:LINE}, {@code --set}. */
final class Origins {

  private Origins() {}

  static String of(ConfigOrigin origin) {
    // The resource first: one in a folder (not in a jar) also has a file name, which is long and
    // says less to an operator.
    String resource = origin.resource();
    String where =
        resource != null ? resource.substring(resource.lastIndexOf('/') + 1) : origin.filename();
    if (where != null) {
      return origin.lineNumber() > 0 ? where + ":" + origin.lineNumber() : where;
    }
    // Text without a file, such as --set: its line number means nothing.
    return origin.description().replaceFirst(": \\d+(-\\d+)?$", "");
  }

  /** The message of an exception, without the origin that the library puts before it. */
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
