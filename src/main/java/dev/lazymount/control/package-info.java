/**
 * The control socket: how a command asks the running daemon.
 *
 * <ul>
 *   <li>{@link ControlClient}: the side of the command
 *   <li>{@link ControlProtocol}: one JSON object a line, both ways
 *   <li>{@link ControlServer}: the side of the daemon; {@link ControlConnection} is one client,
 *       {@link ControlWork} answers
 *   <li>{@link ControlAccess}: who may connect
 *   <li>{@link ControlCommand}: what the daemon does for a client
 * </ul>
 */
package dev.lazymount.control;
