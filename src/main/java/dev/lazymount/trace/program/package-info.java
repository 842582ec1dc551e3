/**
 * The bpftrace programs: their text, what they need of the kernel, and how each is proven to work.
 *
 * <ul>
 *   <li>{@link TracePrograms}: the program that the settings select; {@link AutoProgram} takes the
 *       best one that works
 *   <li>{@link InstalledBpftrace}: the bpftrace that runs it; {@link BpftraceVersion} makes every
 *       choice that depends on its release
 *   <li>{@link HookedProgram}: hooked.bt; {@link HookSupport} finds out whether this kernel permits
 *       it
 *   <li>{@link ResolvedProgram}: resolved.bt
 *   <li>{@link Walk}: walk.bt, the part that both share; needs {@link KernelStructs}, read from
 *       {@link Btf}
 *   <li>{@link PathProgram}: path.bt; works everywhere
 *   <li>{@link Template}: fills in a program text
 *   <li>{@link Canary}: an access of the daemon's own that must return; {@link Secret} words
 *       identify it
 *   <li>{@link TraceFailure}: why a program can't be made or run
 * </ul>
 */
package dev.lazymount.trace.program;
