/**
 * The command line: {@link dev.lazymount.cli.Main} has the commands, one class each, and their exit
 * codes. What they do is elsewhere.
 */
package dev.lazymount.cli;
