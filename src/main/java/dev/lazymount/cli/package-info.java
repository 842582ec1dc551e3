/**
 * The command line. Each command is a class; what it does is in other packages.
 *
 * <ul>
 *   <li>{@link Main}: the entry point, with all commands and the exit codes
 *   <li>{@link SettingsOptions}: {@code --config} and {@code --set}, which every command has
 *   <li>{@link RunCommand}: starts the daemon
 *   <li>{@link StatusCommand}, {@link ExplainCommand}, {@link RescanCommand}, {@link
 *       ReloadCommand}, {@link ConfigCommand}: ask the running daemon, through {@link DaemonClient}
 *   <li>{@link MountCommand}, {@link UnmountCommand}: run a {@link BatchRun} with or without a
 *       daemon; {@link BatchView} prints its progress, {@link InterruptHandler} ends it
 *   <li>{@link CheckCommand}, {@link DoctorCommand}: check the prerequisites
 *   <li>{@link TraceCommand}: prints accesses
 *   <li>{@link Style}: colours of a terminal
 * </ul>
 */
package dev.lazymount.cli;
