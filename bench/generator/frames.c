#include "frames.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE_BYTES (64u << 20)

static void read_payloads(struct frames *frames, const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail("cannot read %s: %s", path, strerror(errno));
  fseek(file, 0, SEEK_END);
  const long length = ftell(file);
  rewind(file);
  if (length <= 0 || length > (long)MAX_FILE_BYTES || (size_t)length % frames->payload_bytes != 0)
    fail("%s does not hold whole payloads of %zu bytes", path, frames->payload_bytes);
  frames->count = (int)((size_t)length / frames->payload_bytes);
  frames->payloads = malloc((size_t)length);
  if (fread(frames->payloads, 1, (size_t)length, file) != (size_t)length) fail("cannot read %s", path);
  fclose(file);
}

/* Writes the header of a final, masked frame (RFC 6455 §5.2) and returns its length. */
static size_t put_header(uint8_t *at, int opcode, size_t length, const uint8_t mask[4]) {
  size_t used = 2;
  at[0] = (uint8_t)(0x80 | opcode);
  if (length < 126) {
    at[1] = (uint8_t)(0x80 | length);
  } else if (length < 65536) {
    at[1] = 0x80 | 126;
    at[2] = (uint8_t)(length >> 8);
    at[3] = (uint8_t)length;
    used = 4;
  } else {
    at[1] = 0x80 | 127;
    for (int i = 0; i < 8; i++) at[2 + i] = (uint8_t)((uint64_t)length >> (56 - 8 * i));
    used = 10;
  }
  memcpy(at + used, mask, 4);
  return used + 4;
}

void frames_build(struct frames *frames, const struct options *options) {
  if (options->payload_file == NULL || options->payload_bytes == 0)
    fail("--payload and --payload-bytes are required for %s", options->mode);
  memset(frames, 0, sizeof *frames);
  frames->opcode = options->opcode;
  frames->payload_bytes = options->payload_bytes;
  read_payloads(frames, options->payload_file);
  uint8_t scratch[16];
  const uint8_t no_mask[4] = {0};
  frames->frame_bytes = put_header(scratch, options->opcode, options->payload_bytes, no_mask) + options->payload_bytes;
  frames->wire = malloc(frames->frame_bytes * (size_t)frames->count);
  if (frames->wire == NULL) fail("out of memory");
  uint32_t random = 0x9e3779b9u;
  for (int i = 0; i < frames->count; i++) {
    uint8_t mask[4];
    for (int byte = 0; byte < 4; byte++) {
      random = random * 1664525u + 1013904223u;
      mask[byte] = (uint8_t)(random >> 24);
    }
    uint8_t *at = frames->wire + (size_t)i * frames->frame_bytes;
    at += put_header(at, options->opcode, frames->payload_bytes, mask);
    const uint8_t *payload = frames->payloads + (size_t)i * frames->payload_bytes;
    for (size_t byte = 0; byte < frames->payload_bytes; byte++) at[byte] = payload[byte] ^ mask[byte & 3];
  }
}
