package dev.lazymount.trace.program;

import dev.lazymount.linux.Fd;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.linux.ThreadName;
import java.nio.file.Path;

/**
 * The canary of the resolved program: opens the root itself, in a thread that for this moment has a
 * secret name. The program knows the name and tells this open and no other of the root.
 *
 * <p>Everybody can read the name in /proc in that moment, and it is the same for a whole run; so
 * the program asks for the real user id as well, which has to be root's, and tells a bounded number
 * of one process in a window. Another process of root could send a false canary, which would come
 * back only if the trace works, and be taken for the daemon itself until the next real one; nobody
 * can keep ours from coming back.
 */
final class ResolvedCanary implements Canary {
  private final Path root;

  /** The longest name a thread can have is 15 bytes. */
  private final String word = Secret.word(15);

  ResolvedCanary(Path root) {
    this.root = root;
  }

  @Override
  public String token() {
    return word;
  }

  @Override
  public void fly(String token) {
    ThreadName.set(token);
    try (Fd opened = Fd.openDirectory(root.toString())) {
      ThreadName.set("canary");
    } catch (SyscallException e) {
      // Then it does not come back, and that is what is found out.
      ThreadName.set("canary");
    }
  }
}
