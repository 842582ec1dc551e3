package dev.lazymount.trace;

import dev.lazymount.config.Settings;
import dev.lazymount.status.Counters;
import dev.lazymount.trace.program.TraceProgram;
import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * What a TraceSource works with.
 *
 * @param settings intervals and bounds
 * @param programs makes the program of each run
 * @param launcher starts bpftrace with it
 * @param canaryPrefix what the path of a canary begins with
 * @param canaryExecutor where canaries are sent from; a hung storage may hold up one of its threads
 * @param dispatcher the dispatcher on which the process's output is read, which blocks
 * @param canaryInterval between two canaries
 * @param counters what is counted
 */
public record TraceEnv(
    Settings.Trace settings,
    TraceProgram.Factory programs,
    TraceProcess.Launcher launcher,
    String canaryPrefix,
    Executor canaryExecutor,
    String dispatcher,
    Duration canaryInterval,
    Counters counters) {}
