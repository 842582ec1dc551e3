package dev.lazymount.web;

import dev.lazymount.status.Counters;
import dev.lazymount.status.DaemonState;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.Histogram;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountWarning;
import dev.lazymount.status.TraceStatus;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmRuntimeInfoMetric;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * The metrics, read from {@link DaemonStatus} at each scrape: the actors know nothing of
 * Prometheus. Label values are few and fixed; an image name never is one. Not thread-safe.
 */
final class Metrics {
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();
  private final DaemonStatus status;

  /**
   * Registers all metrics.
   *
   * @param status their source
   * @param version of this build
   */
  Metrics(DaemonStatus status, String version) {
    this.status = status;
    daemon(version);
    events();
    mounts();
    readAhead();
    observing();
    images();
    JvmMemoryMetrics.builder().register(registry);
    JvmGarbageCollectorMetrics.builder().register(registry);
    // Only their number: the library's thread metrics dump the stack of each.
    gauge(
        "jvm_threads_current",
        "Current thread count of the JVM.",
        () -> ManagementFactory.getThreadMXBean().getThreadCount());
    JvmRuntimeInfoMetric.builder().register(registry);
    ProcessMetrics.builder().register(registry);
  }

  /** The media type of {@link #text}. */
  String type() {
    return writer.getContentType();
  }

  /** All metrics now, in Prometheus' text format. */
  byte[] text() {
    ByteArrayOutputStream text = new ByteArrayOutputStream(16 * 1024);
    try {
      writer.write(text, registry.scrape());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toByteArray();
  }

  private void daemon(String version) {
    Info.builder()
        .name("lazymount_build_info")
        .help("Which build of lazymount runs; always 1.")
        .labelNames("version")
        .register(registry)
        .addLabelValues(version);
    gauges(
        "lazymount_state",
        "1 for the state the daemon is in, 0 for the others.",
        "state",
        out -> {
          DaemonState now = status.state();
          for (DaemonState state : DaemonState.values()) {
            out.call(state == now ? 1 : 0, state.word());
          }
        });
    gauge(
        "lazymount_storage_hanging",
        "1 while mounts are suspended because the image storage does not respond.",
        () -> status.storageProblem() == null ? 0 : 1);
    gauge(
        "lazymount_catalog_scan_failing",
        "1 if the newest scan of the image directory reported a problem.",
        () -> status.catalogProblem() == null ? 0 : 1);
  }

  private void events() {
    Counters counters = status.counters();
    counter("lazymount_events_seen_total", "Accesses that the trace reported.", counters.seen);
    counter("lazymount_events_lost_total", "Events that bpftrace lost.", counters.lost);
    counter(
        "lazymount_events_unknown_total",
        "Accesses under the root that match no image.",
        counters.unknown);
    counter(
        "lazymount_scanners_total",
        "Processes that used so many images that their accesses mount nothing.",
        counters.scanners);
    counter(
        "lazymount_scanner_accesses_ignored_total",
        "Accesses of these processes, which mounted nothing.",
        counters.scannerAccesses);
    counter(
        "lazymount_bypass_accesses_total",
        "Accesses to the original directory of a mounted image, by processes without the mount.",
        counters.bypasses);
    counter(
        "lazymount_trace_lines_unparsed_total",
        "Lines of the trace that could not be parsed.",
        counters.unparsed);
    counter(
        "lazymount_trace_restarts_total",
        "Restarts of the trace after it ended or went silent.",
        counters.restarts);
    gauge(
        "lazymount_trace_fallen_back",
        "1 while the path program runs because no better one works.",
        () -> status.trace().isPathByFallback() ? 1 : 0);
    GaugeWithCallback.builder()
        .name("lazymount_canary_round_trip_seconds")
        .help("Round trip of the newest canary; absent before the first.")
        .callback(
            out -> {
              TraceStatus trace = status.trace();
              if (trace.canaryMillis() != null) {
                out.call(trace.canaryMillis() / 1e3);
              }
            })
        .register(registry);
    counter(
        "lazymount_accesses_served_by_original_total",
        "Accesses to an image that was not mounted, served by the original directory.",
        counters.servedByOriginal);
  }

  private void mounts() {
    Counters counters = status.counters();
    CounterWithCallback.builder()
        .name("lazymount_mounts_total")
        .help(
            "Mounts by outcome: mounted by this daemon, adopted from an earlier one, failed with a"
                + " back-off, quarantined because the image is bad.")
        .labelNames("outcome")
        .callback(
            out -> {
              out.call(counters.mounts.doubleValue(), "mounted");
              out.call(counters.adopted.doubleValue(), "adopted");
              out.call(counters.backedOff.doubleValue(), "failed");
              out.call(counters.quarantines.doubleValue(), "quarantined");
            })
        .register(registry);
    counter(
        "lazymount_mounts_warmed_total",
        "Mounts made for the warm list, before any access.",
        counters.warmed);
    counter(
        "lazymount_mount_timeouts_total",
        "Mounts that took longer than mount.timeout, whether they then succeeded or failed.",
        counters.timeouts);
    histogram(
        "lazymount_mount_duration_seconds",
        "Duration of the mounts made by this daemon.",
        counters.mountSeconds);
    histogram(
        "lazymount_access_to_mount_seconds",
        "Time from reading an access from the trace to the mount it caused.",
        counters.accessToMountSeconds);
  }

  private void readAhead() {
    Counters counters = status.counters();
    counter(
        "lazymount_readahead_images_total",
        "Mounted images of which files were read ahead.",
        counters.readAheadImages);
    counter(
        "lazymount_readahead_bytes_total", "Bytes that were read ahead.", counters.readAheadBytes);
    counter(
        "lazymount_readahead_stopped_total",
        "Of these images, those that were not read to the end.",
        counters.readAheadStopped);
    counter(
        "lazymount_readahead_learned_total",
        "Times that the used files of an image were listed.",
        counters.learned);
  }

  private void observing() {
    Counters counters = status.counters();
    gauge(
        "lazymount_observing",
        "1 in observe mode: nothing is mounted.",
        () -> status.observes() ? 1 : 0);
    counter(
        "lazymount_observed_images_total",
        "In observe mode: images that would have been mounted at their first access.",
        counters.wouldMount);
    counter(
        "lazymount_observed_accesses_total",
        "In observe mode: later accesses, which these images would have served.",
        counters.wouldServe);
  }

  private void images() {
    gauge(
        "lazymount_images_known",
        "Images found by the newest scan of the image directory.",
        status::imagesKnown);
    gauge(
        "lazymount_images_lingering",
        "Images that are unmounted but still in use.",
        () -> status.lingering().size());
    gauge(
        "lazymount_images_bypassed",
        "Mounted images whose original directory was read in the last five minutes.",
        () -> status.bypasses().all(Instant.now()).size());
    gauge(
        "lazymount_images_newer_directory",
        "Images mounted over a directory that was changed after the image was made.",
        () -> status.mounts().count(MountWarning.NEWER_DIRECTORY));
    gauges(
        "lazymount_images",
        "Images in use, by state.",
        "state",
        out -> {
          for (var count : status.mounts().count().entrySet()) {
            MountState state = count.getKey();
            out.call(count.getValue(), state.word());
          }
        });
  }

  private void counter(String name, String help, LongAdder counter) {
    CounterWithCallback.builder()
        .name(name)
        .help(help)
        .callback(out -> out.call(counter.doubleValue()))
        .register(registry);
  }

  private void gauge(String name, String help, DoubleSupplier value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(out -> out.call(value.getAsDouble()))
        .register(registry);
  }

  private void gauges(
      String name, String help, String label, Consumer<GaugeWithCallback.Callback> values) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames(label)
        .callback(values)
        .register(registry);
  }

  private void histogram(String name, String help, Histogram histogram) {
    registry.register(
        () ->
            HistogramSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(
                    HistogramDataPointSnapshot.builder()
                        .classicHistogramBuckets(
                            ClassicHistogramBuckets.of(histogram.bounds(), histogram.counts()))
                        .sum(histogram.sum())
                        .build())
                .build());
  }
}
