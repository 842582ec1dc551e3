/**
 * The life of the daemon: what starts in which order, what happens when a part fails, and how it
 * ends.
 *
 * <ul>
 *   <li>{@link Daemon}: the boot sequence and the end, on the main thread
 *   <li>{@link InstanceLock}: one daemon per run directory
 *   <li>{@link EarlyStart}: the first scan and the first bpftrace, begun before the actors
 *   <li>{@link Assembly}: makes what each actor works with from the settings
 *   <li>{@link Supervisor}: the root of the actors; starting, ready, degraded
 *   <li>{@link TraceLifecycle}: the one trace: start, restart, replacement
 *   <li>{@link RootWatch}, {@link CpuWatch}: root and images that come late, go or change, and CPUs
 *       that come online
 *   <li>{@link MemoryRelease}: keeps the daemon small at rest
 *   <li>{@link HungShutdown}: the end of the host while its storage hangs
 *   <li>{@link StatusLine}: the line that {@code systemctl status} shows
 *   <li>{@link ControlHandlers}, {@link ActorBridge}: the commands of the control socket
 *   <li>{@link Reloader}, {@link ReloadSignal}: settings that change while it runs
 *   <li>{@link AccessWatch}: for {@code lazymount trace}, a smaller composition of the same actors
 *       that mounts nothing; it is here because it needs the Assembly
 *   <li>{@link CdsTraining}: a run without a kernel, for the class archive
 * </ul>
 */
package dev.lazymount.daemon;
