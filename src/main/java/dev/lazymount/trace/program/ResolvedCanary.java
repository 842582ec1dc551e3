package dev.lazymount.trace.program;

import dev.lazymount.linux.Fd;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.linux.ThreadName;
import java.nio.file.Path;

/**
 * The canary of the resolved program: opens the root itself, in a thread that has a secret name for
 * that moment. The program contains the name, and reports no other open of the root.
 *
 * <p>Every process can read the name in /proc in that moment, and it is the same for a whole run.
 * Therefore the program also requires root's real user id, and reports a bounded number per process
 * and window. Another process of root could send a false canary, which returns only if the trace
 * works, and would be taken for the daemon itself until the next true one; no process can keep the
 * true ones from returning.
 */
final class ResolvedCanary implements Canary {
  private final Path root;

  /** The kernel allows 15 bytes for the name of a thread. */
  private final String word = Secret.word(15);

  ResolvedCanary(Path root) {
    this.root = root;
  }

  @Override
  public String token() {
    return word;
  }

  @Override
  public void send(String token) {
    ThreadName.set(token);
    try (Fd opened = Fd.openDirectory(root.toString())) {
      ThreadName.set("canary");
    } catch (SyscallException e) {
      // The canary does not return, which is what it is for.
      ThreadName.set("canary");
    }
  }
}
