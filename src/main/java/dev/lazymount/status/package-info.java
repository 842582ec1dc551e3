/**
 * What the daemon knows of itself, and how it is reported. Actors write, anyone reads; no locks.
 *
 * <ul>
 *   <li>{@link Access}: one access to a compiler, as the trace reports it
 *   <li>{@link MountStatus}: the status row of one image; {@link MountBoard} has all of them
 *   <li>{@link DaemonStatus}: everything else: state, trace, catalog, {@link Counters}, {@link
 *       Histogram}s
 *   <li>{@link StatusReport}: a snapshot of all that, as {@code status --json} prints it; {@link
 *       StatusText} for people
 *   <li>{@link Summary}: the line in the log every {@code log.summary}, written by {@link
 *       SummaryActor}
 * </ul>
 */
package dev.lazymount.status;
