/**
 * Talking to people and to the service manager: what the daemon says of itself.
 *
 * <p>A tour: {@link dev.lazymount.ops.StatusReport} is the shape of a status; {@link
 * dev.lazymount.ops.ControlServer} answers with it on a Unix socket, {@link
 * dev.lazymount.ops.ControlClient} asks, {@link dev.lazymount.ops.StatusText} prints it for people.
 * What they say to one another is {@link dev.lazymount.ops.ControlProtocol}, and what else can be
 * asked a {@link dev.lazymount.ops.ControlCommand}, which the daemon brings. {@link
 * dev.lazymount.ops.ServiceManager} tells systemd, and {@link dev.lazymount.ops.SummaryActor} the
 * log at intervals. Nothing here touches the image storage or asks an actor, so that the answer to
 * {@code status} comes at once.
 */
package dev.lazymount.ops;
