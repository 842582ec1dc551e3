/**
 * The settings: what the operator wrote, checked; and never changing, but by a reload.
 *
 * <p>Start at {@link dev.lazymount.config.SettingsLoader}, which lays the overrides of the command
 * line over the configuration file over {@code reference.conf} and hands the result to {@link
 * dev.lazymount.config.Settings#from}, the only reader of HOCON. Everybody else gets a finished
 * {@link dev.lazymount.config.Settings}, or an {@link
 * dev.lazymount.config.InvalidSettingsException} that lists every {@link
 * dev.lazymount.config.Problem} at once. {@link dev.lazymount.config.LiveSettings} reads them anew
 * while the daemon runs, and knows which of them it can follow.
 *
 * <p>Nothing in those classes looks at a configured directory. {@link
 * dev.lazymount.config.SettingsChecks} does, one method a directory, because the images may lie on
 * a file server that hangs.
 */
package dev.lazymount.config;
