package dev.lazymount.control;

import java.io.IOException;
import java.util.List;

/** What the daemon does when it is asked by the control socket. */
@FunctionalInterface
public interface ControlCommand {
  /**
   * Answers one question, on one of the few threads of the control server. It may take any time, as
   * long as it reports a step within {@link ControlProtocol#PATIENCE}: after that the client is
   * taken for gone, and the thread interrupted.
   *
   * @param arguments from the client: anything
   * @param steps where steps on the way to the answer are told
   * @return the answer; it becomes JSON by its fields
   * @throws ControlRefusal if there is no answer; says why
   * @throws IOException if the client is gone
   */
  Object answer(List<String> arguments, Steps steps)
      throws ControlRefusal, IOException, InterruptedException;

  /** Where steps on the way to an answer are told. */
  @FunctionalInterface
  interface Steps {
    /**
     * Sends one, and waits until the client can take it.
     *
     * @throws IOException if the client is gone
     */
    void tell(Object step) throws IOException;
  }
}
