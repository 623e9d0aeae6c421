#include "histogram.h"

#include <string.h>

/* Values below 64 have a bucket each; above, every octave is cut into 64 equal parts. */
static unsigned bucket_of(uint64_t value) {
  if (value < 64) return (unsigned)value;
  unsigned octave = 63u - (unsigned)__builtin_clzll(value);
  return (octave - 5) * 64 + (unsigned)((value >> (octave - 6)) & 63);
}

static uint64_t upper_edge(unsigned bucket) {
  if (bucket < 64) return bucket;
  unsigned octave = bucket / 64 + 5;
  return ((64ull + bucket % 64 + 1) << (octave - 6)) - 1;
}

void histogram_reset(struct histogram *histogram) { memset(histogram, 0, sizeof *histogram); }

void histogram_add(struct histogram *histogram, uint64_t value_ns) {
  histogram->counts[bucket_of(value_ns)]++;
  histogram->total++;
  if (value_ns > histogram->max_ns) histogram->max_ns = value_ns;
}

uint64_t histogram_percentile(const struct histogram *histogram, double share) {
  uint64_t wanted = (uint64_t)(share * (double)histogram->total + 0.5), seen = 0;
  if (wanted == 0) wanted = 1;
  if (histogram->total == 0) return 0;
  for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
    seen += histogram->counts[i];
    if (seen >= wanted) {
      uint64_t edge = upper_edge(i);
      return edge < histogram->max_ns ? edge : histogram->max_ns;
    }
  }
  return histogram->max_ns;
}
