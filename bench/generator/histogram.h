/* Latencies in buckets of at most 1.6 % width, so that percentiles need no list of samples. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS (64 * 60)

struct histogram {
  uint64_t counts[HISTOGRAM_BUCKETS];
  uint64_t total;
  uint64_t max_ns;
};

void histogram_reset(struct histogram *histogram);
void histogram_add(struct histogram *histogram, uint64_t value_ns);

/* The upper edge of the bucket that holds the given share (0 to 1) of the samples; 0 when empty. */
uint64_t histogram_percentile(const struct histogram *histogram, double share);

#endif
