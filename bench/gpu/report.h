/* SPDX-License-Identifier: MIT */
/* What the benchmarks print: JSON objects for bench/run. */
#ifndef PVG_BENCH_GPU_REPORT_H
#define PVG_BENCH_GPU_REPORT_H

#include <stdint.h>

#include <glib.h>

/* @goal below 0: none. @better: "lower" or "higher". The rest is the reference, what it was measured
 * against. */
void report(const char *name, double value, const char *unit, double goal, const char *better,
            const char *format, ...) G_GNUC_PRINTF(6, 7);

/* Sorts @samples. */
double median(int64_t *samples, unsigned count);

#endif
