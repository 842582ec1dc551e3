package dev.lazymount.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ChartTest {
  @Test
  void barsAreNamedByTheirGroup() {
    Chart chart = new Chart("First compile", "", "ms, p50");
    chart.bar("original directory", "efs", 2100);
    chart.bar("original directory", "slow", 4300);
    chart.bar("lazymount", "efs", 1000);

    String table = chart.markdown();

    assertTrue(table.contains("| efs | slow |"), table);
    assertTrue(table.contains("| original directory | 2100 | 4300 |"), table);
    assertTrue(table.contains("| lazymount | 1000 |  |"), table);
  }

  @Test
  void linesAreNamedByTheirNumber() {
    Chart chart = new Chart("A new mount namespace", "images mounted", "ms, p50");
    chart.add("unshare -m", 0, 0.05);
    chart.add("unshare -m", 2000, 3.2);

    assertTrue(chart.markdown().contains("| ms, p50, by images mounted | 0 | 2,000 |"));
  }
}
