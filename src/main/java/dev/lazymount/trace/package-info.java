/**
 * Seeing accesses: from the kernel's tracepoints to {@link dev.lazymount.status.Access} records.
 *
 * <p>A tour, along the data: {@link dev.lazymount.trace.program.TraceProgram} is a .bt resource
 * completed for this machine, and {@link dev.lazymount.trace.program.TracePrograms} has those that
 * the settings ask for; {@link dev.lazymount.trace.Bpftrace} runs it as a child process; {@link
 * dev.lazymount.trace.TraceParser} turns its bytes into events; {@link
 * dev.lazymount.trace.Deduplicator} drops what was told already; {@link
 * dev.lazymount.trace.TraceSource}, begun by {@link dev.lazymount.trace.TraceStart}, is the actor
 * that owns all of these and the stream between them, and restarts when the process dies or the
 * {@link dev.lazymount.trace.program.Canary} does not come back, for which {@link
 * dev.lazymount.trace.CanaryPace} has the times. Nothing here knows of compilers, images or mounts.
 */
package dev.lazymount.trace;
