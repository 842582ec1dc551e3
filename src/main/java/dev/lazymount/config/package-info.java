/**
 * The settings: read from the command line, a file and the defaults, and checked.
 *
 * <ul>
 *   <li>{@link SettingsLoader}: the entry point
 *   <li>{@link ConfigSources}: merges command line, file and {@code reference.conf}
 *   <li>{@link SettingsReader}: every setting with its bounds; uses {@link KeyReader} for one key,
 *       {@link Validators} for texts, {@link UnknownKeys} and {@link RemovedSettings}
 *   <li>{@link Problem}, {@link InvalidSettingsException}: all that is wrong, at once
 *   <li>{@link Settings}: the result, immutable
 *   <li>{@link LiveSettings}: reads the sources again on a reload
 *   <li>{@link EffectiveValue}, {@link Origins}: a value and where it was set
 *   <li>{@link SettingsChecks}: checks the configured directories on disk, the only class here that
 *       accesses them
 * </ul>
 */
package dev.lazymount.config;
