package dev.lazymount.trace;

import dev.lazymount.config.Settings;
import dev.lazymount.status.Counters;
import dev.lazymount.trace.program.TraceProgram;
import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * Parameters of a TraceSource.
 *
 * @param settings intervals and bounds
 * @param programs makes the program of each run
 * @param launcher starts bpftrace with it
 * @param canaryPrefix how the path of a canary begins
 * @param canaryExecutor where programs are made and started and canaries are sent; one of its
 *     threads may be blocked by a hanging storage
 * @param dispatcher the dispatcher for reading the process's output, which blocks
 * @param canaryInterval between two canaries
 * @param counters of events, losses and lines that were not understood
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
