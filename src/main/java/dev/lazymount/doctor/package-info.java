/**
 * Checks of every prerequisite on this host. Nothing is changed.
 *
 * <ul>
 *   <li>{@link Check}, {@link Finding}: one check with its time-out, and its result
 *   <li>{@link Doctor}: the list of all checks, and {@code lazymount doctor}, which makes them all
 *   <li>{@link Preflight}: those that the daemon needs to pass; {@code lazymount check} and each
 *       start make them
 *   <li>{@link MachineChecks}: user, Java, kernel
 *   <li>{@link TraceChecks}: bpftrace and tracefs, and a real access that is traced
 *   <li>{@link MountChecks}: loop devices and file systems, and an image that is really mounted
 *   <li>{@link DirectoryChecks}: the configured directories
 *   <li>{@link UnitChecks}: the systemd unit
 *   <li>{@link HostState}: whether the host shuts down, for the end of the daemon
 *   <li>{@link Tool}: runs a program for its output
 * </ul>
 *
 * <p>In each class, a method that reads the system passes what it has read to one that judges it,
 * so that tests can judge captured inputs.
 */
package dev.lazymount.doctor;
