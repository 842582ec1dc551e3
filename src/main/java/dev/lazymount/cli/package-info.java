/**
 * The command line: {@link dev.lazymount.cli.Main} has the commands, one class each, and their exit
 * codes. What they do is elsewhere; {@link dev.lazymount.cli.DaemonClient} asks the running daemon,
 * {@link dev.lazymount.cli.Style} and {@link dev.lazymount.cli.Screen} know terminals, and {@link
 * dev.lazymount.cli.ManPage} is made by the build.
 */
package dev.lazymount.cli;
