/**
 * The control socket: how a command asks the running daemon.
 *
 * <ul>
 *   <li>{@link ControlClient}: the client's side
 *   <li>{@link ControlProtocol}: requests and responses, one JSON object a line
 *   <li>{@link ControlServer}: accepts connections, within bounds; {@link ControlAccess}: who may
 *       connect
 *   <li>{@link ControlSession}: reads one request and answers it
 *   <li>{@link ControlCommand}: what the daemon runs for a client; {@link ControlRefusal}: why not
 * </ul>
 */
package dev.lazymount.control;
