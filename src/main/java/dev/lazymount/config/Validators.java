package dev.lazymount.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a text has to be like to be a directory, a suffix, an option and so on. Pure. */
final class Validators {

  /** The kernel keeps 16 bytes for the name of a process, of which the last is a NUL. */
  private static final int MAX_COMM_BYTES = 15;

  /** In a class of its own: a command that wants to know one directory is quicker without. */
  private static final class Forms {
    static final Pattern PRINTABLE = Pattern.compile("[\\x20-\\x7e]*");
    static final Pattern OPTION = Pattern.compile("[\\w.-]+(=[\\x21-\\x7e&&[^,]]+)?");
    static final Pattern GROUP = Pattern.compile("([a-zA-Z_][\\w.-]{0,31})?");
    private static final String OCTET = "(25[0-5]|2[0-4]\\d|1?\\d?\\d)";
    static final Pattern IPV4 = Pattern.compile("(" + OCTET + "\\.){3}" + OCTET);
    static final Pattern IPV6 = Pattern.compile("(?=.*:)[0-9a-fA-F:.]+");
    static final Pattern HOST_NAME =
        Pattern.compile(
            "(?=.{1,253})[0-9A-Za-z_]([0-9A-Za-z_-]*[0-9A-Za-z])?(\\.[0-9A-Za-z_]([0-9A-Za-z_-]*[0-9A-Za-z])?)*");

    private Forms() {}
  }

  private static final String ALWAYS = "is decided by the daemon for every mount";
  private static final String READ_ONLY = "would make the image writable";
  private static final String GUARD = "would let an image hand out privileges";
  private static final String OTHER = "would change what is mounted, not how";
  private static final String LOOP = "is about the loop device, which the daemon sets up itself";
  private static final String SPREAD = "is about propagation, which is not a file system option";
  private static final String FSTAB = "means something in /etc/fstab only";

  /** Options that would undo a promise, or fail every mount, with the reason why. */
  private static final Map<String, String> REFUSED_OPTIONS =
      Map.ofEntries(
          Map.entry("rw", READ_ONLY),
          Map.entry("suid", GUARD),
          Map.entry("dev", GUARD),
          Map.entry("ro", ALWAYS),
          Map.entry("nosuid", ALWAYS),
          Map.entry("nodev", ALWAYS),
          Map.entry("exec", ALWAYS),
          Map.entry("noexec", "would keep every compiler from running"),
          Map.entry("source", OTHER),
          Map.entry("remount", OTHER),
          Map.entry("bind", OTHER),
          Map.entry("rbind", OTHER),
          Map.entry("move", OTHER),
          Map.entry("loop", LOOP),
          Map.entry("offset", LOOP),
          Map.entry("sizelimit", LOOP),
          Map.entry("shared", SPREAD),
          Map.entry("rshared", SPREAD),
          Map.entry("slave", SPREAD),
          Map.entry("rslave", SPREAD),
          Map.entry("private", SPREAD),
          Map.entry("rprivate", SPREAD),
          Map.entry("unbindable", SPREAD),
          Map.entry("runbindable", SPREAD),
          Map.entry("defaults", FSTAB),
          Map.entry("auto", FSTAB),
          Map.entry("noauto", FSTAB),
          Map.entry("nofail", FSTAB),
          Map.entry("user", FSTAB),
          Map.entry("users", FSTAB),
          Map.entry("owner", FSTAB),
          Map.entry("group", FSTAB),
          Map.entry("_netdev", FSTAB));

  private Validators() {}

  /** Looks at one text. */
  interface Rule {
    /** Returns what is wrong with the text, empty if nothing is. */
    Optional<Fault> check(String text);
  }

  /**
   * What is wrong with a text and what to do about it.
   *
   * @param reason to be read after the text, such as "is empty"
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
        return fault("contains ..", "write the path without it");
      }
    }
    if (path.normalize().getNameCount() == 0) {
      return fault("is the root of the file system", "give a directory of its own");
    }
    // Bytes and not characters, as that is what the kernel counts.
    int bytes = path.normalize().toString().getBytes(StandardCharsets.UTF_8).length;
    return bytes <= maxBytes
        ? Optional.empty()
        : fault("is " + bytes + " bytes long", "give a path of at most " + maxBytes + " bytes");
  }

  /** A text that can stand between quotes in the source of a trace program. */
  static Optional<Fault> traceable(String text) {
    return Forms.PRINTABLE.matcher(text).matches()
            && text.indexOf('"') < 0
            && text.indexOf('\\') < 0
        ? Optional.empty()
        : fault(
            "can't be written into the trace program",
            "use printable ASCII without quotes and backslashes");
  }

  static Optional<Fault> suffix(String text) {
    return text.length() > 1 && text.startsWith(".") && text.indexOf('/') < 0
        ? Optional.empty()
        : fault("is not a suffix", "give a dot and more, without a slash, such as \".img\"");
  }

  static Optional<Fault> command(String text) {
    if (text.isBlank() || !Forms.PRINTABLE.matcher(text).matches()) {
      return fault("is not a command", "give a name such as bpftrace, or an absolute path");
    }
    // A relative path would depend on the directory the daemon happens to be started in.
    return text.indexOf('/') <= 0
        ? Optional.empty()
        : fault("is a relative path", "give a name to look up in PATH, or an absolute path");
  }

  /** The name of a group, or nothing. */
  static Optional<Fault> group(String text) {
    return Forms.GROUP.matcher(text).matches()
        ? Optional.empty()
        : fault("is not the name of a group", "give one of /etc/group, or \"\" for root alone");
  }

  static Optional<Fault> comm(String text) {
    if (text.isEmpty()) {
      return fault("is empty", "remove it");
    }
    // Checked before the length, so that bytes and characters are the same.
    return traceable(text)
        .or(
            () ->
                text.length() <= MAX_COMM_BYTES
                    ? Optional.empty()
                    : fault(
                        "is longer than the 15 bytes the kernel keeps of a name",
                        "write \"" + text.substring(0, MAX_COMM_BYTES) + "\""));
  }

  static Optional<Fault> mountOption(String text) {
    if (!Forms.OPTION.matcher(text).matches()) {
      return fault("is not a mount option", "give one name or name=value an element");
    }
    String name = text.split("=", 2)[0];
    String reason = name.startsWith("x-") ? FSTAB : REFUSED_OPTIONS.get(name);
    return reason == null ? Optional.empty() : fault(reason, "remove it");
  }

  /** A literal address: a host name would need a look-up, which may hang. */
  static Optional<Fault> address(String text) {
    return Forms.IPV4.matcher(text).matches() || isIpv6(text)
        ? Optional.empty()
        : fault("is not an IP address", "give one, such as 127.0.0.1, ::1 or 0.0.0.0");
  }

  /** A name as it stands in a URL, without a port. */
  static Optional<Fault> hostName(String text) {
    return Forms.HOST_NAME.matcher(text).matches()
        ? Optional.empty()
        : fault("is not a host name", "give one without a port, such as node7.example.org");
  }

  private static boolean isIpv6(String text) {
    if (!Forms.IPV6.matcher(text).matches()) {
      return false;
    }
    try {
      // With a colon in it the text is never looked up, only parsed.
      return InetAddress.getByName(text) != null;
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static Optional<Fault> fault(String reason, String advice) {
    return Optional.of(new Fault(reason, advice));
  }
}
