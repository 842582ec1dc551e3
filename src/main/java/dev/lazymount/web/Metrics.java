package dev.lazymount.web;

import dev.lazymount.status.Counters;
import dev.lazymount.status.DaemonState;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.Histogram;
import dev.lazymount.status.MountState;
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
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * The metrics, read from {@link DaemonStatus} when they are asked for: the actors know nothing of
 * Prometheus. The values of a label are few and ours; no name of a compiler is ever one. Used by
 * the server's thread alone.
 */
final class Metrics {
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();
  private final DaemonStatus status;

  /**
   * All metrics.
   *
   * @param status what they tell
   * @param version of this build
   */
  Metrics(DaemonStatus status, String version) {
    this.status = status;
    daemon(version);
    events();
    mounts();
    observing();
    images();
    JvmMemoryMetrics.builder().register(registry);
    JvmGarbageCollectorMetrics.builder().register(registry);
    // Only their number: what the library has for threads looks at the stack of each.
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

  /** All of them as they are now, in Prometheus' text format. */
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
        "1 while no mount is tried, because all slots for mounts hang in the image storage.",
        () -> status.storageProblem() == null ? 0 : 1);
    gauge(
        "lazymount_catalog_scan_failing",
        "1 while the newest scan of the image directory found something wrong.",
        () -> status.catalogProblem() == null ? 0 : 1);
  }

  private void events() {
    Counters counters = status.counters();
    counter("lazymount_events_seen_total", "Accesses that came out of the trace.", counters.seen);
    counter("lazymount_events_lost_total", "Events that bpftrace says it lost.", counters.lost);
    counter(
        "lazymount_events_unknown_total",
        "Accesses under the root that lead to no image.",
        counters.unknown);
    counter(
        "lazymount_trace_lines_unparsed_total",
        "Lines from bpftrace that are neither event, tick nor report of a loss.",
        counters.unparsed);
    counter(
        "lazymount_trace_restarts_total",
        "Times that the trace ended or fell silent and was started again.",
        counters.restarts);
    gauge(
        "lazymount_trace_fallen_back",
        "1 while another trace program runs than the one that was asked for.",
        () -> status.trace().note() == null ? 0 : 1);
    GaugeWithCallback.builder()
        .name("lazymount_canary_round_trip_seconds")
        .help("From the newest canary's access to its return; absent while none came back.")
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
        "Accesses to an image that was not mounted, as the trace told them.",
        counters.servedByOriginal);
  }

  private void mounts() {
    Counters counters = status.counters();
    CounterWithCallback.builder()
        .name("lazymount_mounts_total")
        .help(
            "Mounts by outcome: mounted by this daemon, adopted from an earlier one, failed and"
                + " tried again later, quarantined because the image is bad.")
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
        "Of the mounts made, those ahead of an access, for the warm list.",
        counters.warmed);
    counter(
        "lazymount_mount_timeouts_total",
        "Mounts that took longer than mount.timeout, whatever became of them then.",
        counters.timeouts);
    histogram(
        "lazymount_mount_duration_seconds",
        "How long the mounts took that this daemon made.",
        counters.mountSeconds);
    histogram(
        "lazymount_access_to_mount_seconds",
        "From an access, as it was read from the trace, to the mount that it led to.",
        counters.accessToMountSeconds);
  }

  private void observing() {
    Counters counters = status.counters();
    gauge(
        "lazymount_observing",
        "1 in observe mode, in which nothing is mounted.",
        () -> status.observes() ? 1 : 0);
    counter(
        "lazymount_observed_images_total",
        "In observe mode: images at their first access, each of which would have been mounted.",
        counters.wouldMount);
    counter(
        "lazymount_observed_accesses_total",
        "In observe mode: accesses after the first of their image, which it would have served.",
        counters.wouldServe);
  }

  private void images() {
    gauge(
        "lazymount_images_known",
        "Images that the newest scan of the image directory found.",
        status::imagesKnown);
    gauge(
        "lazymount_images_lingering",
        "Images that are unmounted and still held by somebody.",
        () -> status.lingering().size());
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
