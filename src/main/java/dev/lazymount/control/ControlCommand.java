package dev.lazymount.control;

import java.io.IOException;
import java.util.List;

/** A command that the daemon runs for a client of the control socket. */
@FunctionalInterface
public interface ControlCommand {
  /**
   * Runs the command, on a thread of the control server. It may take any time, as long as it
   * reports a step within {@link ControlProtocol#PATIENCE}: after that the client is taken for gone
   * and the thread is interrupted.
   *
   * @param arguments from the client, unchecked
   * @param steps receives each step before the answer
   * @return the answer; Gson writes its fields
   * @throws ControlRefusal if the daemon refuses, with the reason
   * @throws IOException if the client is gone
   */
  Object answer(List<String> arguments, Steps steps)
      throws ControlRefusal, IOException, InterruptedException;

  /** Receives the steps of a long command. */
  @FunctionalInterface
  interface Steps {
    /**
     * Sends a step, and waits until the client can take it.
     *
     * @throws IOException if the client is gone
     */
    void tell(Object step) throws IOException;

    /** Who asked, for the log and the status: {@code root}, the user as the kernel reports it. */
    default String client() {
      return "an operator";
    }
  }
}
