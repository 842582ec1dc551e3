/**
 * The bpftrace programs: their text, what they need of the kernel, and how each is proven to work.
 *
 * <ul>
 *   <li>{@link TracePrograms}: which program the settings ask for; {@link AutoProgram} takes the
 *       best one that works
 *   <li>{@link ResolvedProgram}: resolved.bt; needs {@link KernelStructs}, read from {@link Btf}
 *   <li>{@link PathProgram}: path.bt; works everywhere
 *   <li>{@link Template}: fills in a program text
 *   <li>{@link Canary}: an access of our own that must come back; {@link Secret} words make it
 *       recognisable
 *   <li>{@link TraceFailure}: why a program can not be made or run
 * </ul>
 */
package dev.lazymount.trace.program;
