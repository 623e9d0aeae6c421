/* The messages of a scenario: payloads to expect back, and the same as masked frames ready to be written. */
#ifndef FRAMES_H
#define FRAMES_H

#include "common.h"

struct frames {
  int count;
  int opcode;
  size_t payload_bytes;
  size_t frame_bytes;
  uint8_t *payloads; /* count × payload_bytes */
  uint8_t *wire;     /* count × frame_bytes, so that many messages leave in one write */
};

void frames_build(struct frames *frames, const struct options *options);

#endif
