/**
 * The life of the daemon: what is started in which order, what happens when a part fails, and how
 * it ends.
 *
 * <p>A tour: {@link dev.lazymount.daemon.Daemon} is the boot sequence and the end, on the main
 * thread; {@link dev.lazymount.daemon.StartupPrefetch} is what of it begins before there are
 * actors; {@link dev.lazymount.daemon.Supervisor} is the root of the actors and decides whether we
 * are starting, ready or degraded, and {@link dev.lazymount.daemon.TraceLifecycle} keeps its trace;
 * {@link dev.lazymount.daemon.StatusLine} is what the service manager shows of that; {@link
 * dev.lazymount.daemon.TicklessScheduler} has the actors' timers; {@link
 * dev.lazymount.daemon.WarmupMount} goes the way of an access once before anybody needs it; {@link
 * dev.lazymount.doctor.Preflight} says what this machine lacks, and {@link
 * dev.lazymount.daemon.InstanceLock} whether another daemon runs. {@link
 * dev.lazymount.daemon.ControlHandlers} is what can be asked while it runs, and {@link
 * dev.lazymount.daemon.Reloader} reads the settings anew; {@link
 * dev.lazymount.cli.OfflineExplainer} explains where none runs. {@link
 * dev.lazymount.cli.AccessWatch} is the trace alone, for {@code lazymount trace}, and {@link
 * dev.lazymount.daemon.CdsTraining} a played life of all parts, for the class archive.
 */
package dev.lazymount.daemon;
