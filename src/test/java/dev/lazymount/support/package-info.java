/**
 * Fixtures for the unit tests: they replace the kernel, bpftrace, systemd and time.
 *
 * <ul>
 *   <li>{@link dev.lazymount.support.SynchronousTestKit} runs actors on the thread of the test,
 *       with {@link dev.lazymount.support.ManualScheduler} for time and {@link
 *       dev.lazymount.support.ManualExecutor} for blocking work.
 *   <li>{@link dev.lazymount.support.TestSettings} are the defaults and the settings of a test.
 *   <li>{@link dev.lazymount.support.ScriptedTrace} replaces bpftrace, with {@link
 *       dev.lazymount.support.ScriptedStream} for its output; {@link
 *       dev.lazymount.support.NoProcess} is a trace that stays silent.
 *   <li>{@link dev.lazymount.support.ScriptedMounter} replaces the kernel's mounts.
 *   <li>{@link dev.lazymount.support.NotifySocket} receives the messages to systemd.
 *   <li>{@link dev.lazymount.support.RawHttp} and {@link dev.lazymount.support.MalformedHttp} are
 *       HTTP clients.
 * </ul>
 */
package dev.lazymount.support;
