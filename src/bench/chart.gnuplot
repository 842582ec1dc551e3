# Draws a CSV file of a benchmark: a column for each line, the first column across.
# Variables: csv, svg, heading, across, up, lines.
set terminal svg size 760,420 background "white" font "sans-serif,12"
set output svg
set datafile separator ","
set key outside right
set title heading
set xlabel across
set ylabel up
set logscale y
set grid ytics
# Colours that remain distinct with any kind of colour vision (Okabe and Ito).
array colours[6] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
plot for [i = 2:lines + 1] csv using 1:i with linespoints linewidth 2 linecolor rgb colours[(i - 2) % 6 + 1] title columnheader(i)
