/**
 * From the kernel's events to {@link dev.lazymount.status.Access} records. Nothing here knows of
 * compilers, images or mounts.
 *
 * <ul>
 *   <li>{@link dev.lazymount.trace.program}: the program for bpftrace, and its canary
 *   <li>{@link Bpftrace}: the child process that runs it, a {@link TraceProcess}
 *   <li>{@link TraceSource}: the actor that owns process, streams and canary, restarts them, and
 *       sends a {@link TraceReport} of each change to its parent; {@link TraceEnv}: its parameters
 *   <li>{@link TraceStream}: from the process's output to batches of accesses
 *   <li>{@link TraceParser}: from bytes to a {@link TraceBatch}
 *   <li>{@link Deduplicator}: drops what was reported already in this window
 *   <li>{@link CanaryMonitor}: when a canary is due, and what a missing one means
 *   <li>{@link LineSplitter}, {@link ErrorLines}: standard error, and the reason in it
 *   <li>{@link TraceTrial}: one run without actors, for {@code lazymount doctor}
 * </ul>
 */
package dev.lazymount.trace;
