package dev.lazymount.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Rules for texts: directories, suffixes, mount options, addresses and so on. Pure. */
final class Validators {

  /** TASK_COMM_LEN is 16 bytes, of which the last is a NUL. */
  private static final int MAX_COMM_BYTES = 15;

  private static final Pattern PRINTABLE = Pattern.compile("[\\x20-\\x7e]*");
  private static final Pattern OPTION = Pattern.compile("([\\w.-]+)(=[\\x21-\\x7e&&[^,]]+)?");
  private static final Pattern GROUP = Pattern.compile("([a-zA-Z_][\\w.-]{0,31})?");
  private static final String OCTET = "(25[0-5]|2[0-4]\\d|1?\\d?\\d)";
  private static final Pattern IPV4 = Pattern.compile("(" + OCTET + "\\.){3}" + OCTET);
  private static final Pattern IPV6 = Pattern.compile("(?=.*:)[0-9a-fA-F:.]+");
  private static final String LABEL = "[0-9A-Za-z_]([0-9A-Za-z_-]*[0-9A-Za-z])?";
  private static final Pattern HOST_NAME =
      Pattern.compile("(?=.{1,253}\\z)" + LABEL + "(\\." + LABEL + ")*");

  /**
   * The file system options that change how squashfs (the first two) and erofs read an image. None
   * makes a mount writable, grants privileges or names another file or device to mount.
   */
  private static final Set<String> MOUNT_OPTIONS =
      Set.of(
          "threads",
          "errors",
          "cache_strategy",
          "dax",
          "acl",
          "noacl",
          "user_xattr",
          "nouser_xattr");

  private Validators() {}

  /** A rule for one text. */
  interface Rule {
    /** The fault of the text; empty if it has none. */
    Optional<Fault> check(String text);
  }

  /**
   * A violated rule.
   *
   * @param reason what is wrong, worded to follow the text, such as "is empty"
   * @param advice an imperative
   */
  record Fault(String reason, String advice) {}

  static Optional<Fault> anything(String text) {
    return Optional.empty();
  }

  static Optional<Fault> directory(String text, int maxBytes) {
    Path path;
    try {
      path = Path.of(text);
    } catch (InvalidPathException e) {
      return fault("is not a path", "give an absolute path");
    }
    if (!path.isAbsolute()) {
      return fault("is not absolute", "give a path that starts with /");
    }
    for (Path name : path) {
      if (name.toString().equals("..")) {
        return fault("contains ..", "give the path without ..");
      }
    }
    if (path.normalize().getNameCount() == 0) {
      return fault("is the root of the file system", "give a directory below it");
    }
    // The kernel's limits are in bytes, not characters.
    int bytes = path.normalize().toString().getBytes(StandardCharsets.UTF_8).length;
    return bytes <= maxBytes
        ? Optional.empty()
        : fault("is " + bytes + " bytes long", "give a path of at most " + maxBytes + " bytes");
  }

  /** Text that can be a string literal in the source of a trace program. */
  static Optional<Fault> traceable(String text) {
    return PRINTABLE.matcher(text).matches() && text.indexOf('"') < 0 && text.indexOf('\\') < 0
        ? Optional.empty()
        : fault(
            "can't be written into the trace program",
            "use printable ASCII without quotes and backslashes");
  }

  static Optional<Fault> suffix(String text) {
    return text.length() > 1 && text.startsWith(".") && text.indexOf('/') < 0
        ? Optional.empty()
        : fault("is not a suffix", "give a dot followed by text without a slash, such as \".img\"");
  }

  static Optional<Fault> command(String text) {
    if (text.isBlank() || !PRINTABLE.matcher(text).matches()) {
      return fault("is not a command", "give a name such as bpftrace, or an absolute path");
    }
    // A relative path would depend on the working directory at the start.
    return text.indexOf('/') <= 0
        ? Optional.empty()
        : fault("is a relative path", "give a name to look up in PATH, or an absolute path");
  }

  /** The name of a group, or empty. */
  static Optional<Fault> group(String text) {
    return GROUP.matcher(text).matches()
        ? Optional.empty()
        : fault("is not the name of a group", "give a group of /etc/group, or \"\" for root only");
  }

  static Optional<Fault> comm(String text) {
    if (text.isEmpty()) {
      return fault("is empty", "remove it");
    }
    // First, so that the text is ASCII and a character is a byte.
    return traceable(text)
        .or(
            () ->
                text.length() <= MAX_COMM_BYTES
                    ? Optional.empty()
                    : fault(
                        "is longer than the 15 bytes that the kernel keeps of a name",
                        "write \"" + text.substring(0, MAX_COMM_BYTES) + "\""));
  }

  static Optional<Fault> mountOption(String text) {
    Matcher option = OPTION.matcher(text);
    if (!option.matches()) {
      return fault("is not a mount option", "give one name or name=value in each element");
    }
    return MOUNT_OPTIONS.contains(option.group(1))
        ? Optional.empty()
        : fault(
            "is not an allowed mount option",
            "allowed are threads and errors for squashfs, and cache_strategy, dax, [no]acl and"
                + " [no]user_xattr for erofs");
  }

  /** A literal address: resolving a host name may hang. */
  static Optional<Fault> address(String text) {
    return IPV4.matcher(text).matches() || isIpv6(text)
        ? Optional.empty()
        : fault("is not an IP address", "give an address such as 127.0.0.1, ::1 or 0.0.0.0");
  }

  /** A host name as in a URL, without a port. */
  static Optional<Fault> hostName(String text) {
    return HOST_NAME.matcher(text).matches()
        ? Optional.empty()
        : fault("is not a host name", "give a name without a port, such as node7.example.org");
  }

  private static boolean isIpv6(String text) {
    if (!IPV6.matcher(text).matches()) {
      return false;
    }
    try {
      // A text with a colon is only parsed, never resolved.
      return InetAddress.getByName(text) != null;
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static Optional<Fault> fault(String reason, String advice) {
    return Optional.of(new Fault(reason, advice));
  }
}
