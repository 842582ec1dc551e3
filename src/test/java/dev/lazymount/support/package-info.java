/**
 * What the tests of several packages share.
 *
 * <p>{@link dev.lazymount.support.SynchronousTestKit} runs actors without threads, so that a test
 * knows after each line what has happened and no test of a state machine waits; {@link
 * dev.lazymount.support.TestSettings} are our defaults and what a test sets; the other classes
 * stand in for the machine: its mounts, its storage, its bpftrace, its systemd.
 */
package dev.lazymount.support;
