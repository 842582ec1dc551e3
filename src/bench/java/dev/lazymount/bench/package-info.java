/**
 * Benchmarks of the daemon, all but one of the whole of it on the real kernel, each beside
 * something else that was measured in the same run.
 *
 * <p>A tour: {@link dev.lazymount.bench.Bench} is the command line and knows the {@link
 * dev.lazymount.bench.Benchmark}s: {@link dev.lazymount.bench.FirstCompile} (real {@link
 * dev.lazymount.bench.Compiler}s on a slow {@link dev.lazymount.bench.Storage}), {@link
 * dev.lazymount.bench.Price}, {@link dev.lazymount.bench.FirstAccess}, {@link
 * dev.lazymount.bench.Storm}, {@link dev.lazymount.bench.Start}, {@link dev.lazymount.bench.Boot}
 * (on a booted {@link dev.lazymount.bench.Machine}), {@link dev.lazymount.bench.Burst}, {@link
 * dev.lazymount.bench.OpenCost} and {@link dev.lazymount.bench.Pipeline}; the Javadoc of each says
 * how to run it and what it does. They work in a {@link dev.lazymount.bench.Workspace}, which
 * undoes everything at the end, with a {@link dev.lazymount.bench.Site} (a root and its images) for
 * every system they compare, and write into a {@link dev.lazymount.bench.Report}. What is measured
 * to the microsecond is measured by the C programs in {@code src/bench/c}, which say how.
 */
package dev.lazymount.bench;
