# Draws a CSV file of a benchmark: a column for each line, the first column across. With bars > 0, each
# row is a group of bars, and the first column its name.
# Variables: csv, svg, heading, across, up, lines, bars.
set terminal svg size 760,420 background "white" font "sans-serif,12"
set output svg
set datafile separator ","
set key outside right
set title heading
set xlabel across
set ylabel up
set grid ytics
# Colours that remain distinct with any kind of colour vision (Okabe and Ito).
array colours[8] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999", "#000000"]
if (bars > 0) {
  set style data histograms
  set style histogram clustered gap 1
  set style fill solid 1.0
  set yrange [0:*]
  plot for [i = 2:lines + 1] csv using i:xticlabels(1) linecolor rgb colours[(i - 2) % 8 + 1] title columnheader(i)
} else {
  set logscale y
  plot for [i = 2:lines + 1] csv using 1:i with linespoints linewidth 2 linecolor rgb colours[(i - 2) % 8 + 1] title columnheader(i)
}
