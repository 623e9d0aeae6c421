#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTINUATION = 0, CLOSE = 8, PING = 9, PONG = 10 };

/* Deflate never makes a message longer by more than this. */
static size_t assembly_bytes(const struct frames *frames) {
  return frames->payload_bytes + frames->payload_bytes / 1000 + 64;
}

void samples_open(struct samples *samples, const struct frames *frames) {
  samples->bytes = calloc((size_t)frames->count, sizeof *samples->bytes);
  samples->lengths = calloc((size_t)frames->count, sizeof *samples->lengths);
}

void samples_print(const struct samples *samples, const struct frames *frames) {
  printf("\"samples\":[");
  for (int i = 0; i < frames->count; i++) {
    printf(i == 0 ? "\"" : ",\"");
    for (size_t byte = 0; byte < samples->lengths[i]; byte++) printf("%02x", samples->bytes[i][byte]);
    printf("\"");
  }
  printf("],");
}

void stream_open(struct stream *stream, const struct frames *frames, struct samples *samples, int first) {
  memset(stream, 0, sizeof *stream);
  stream->frames = frames;
  stream->samples = samples;
  stream->expected = first % frames->count;
  if (samples != NULL) stream->assembly = malloc(assembly_bytes(frames));
}

void stream_close(struct stream *stream) { free(stream->assembly); }

static void begin_frame(struct stream *stream, uint64_t length) {
  const int opcode = stream->header[0] & 15;
  stream->final = stream->header[0] & 0x80;
  stream->control = opcode >= CLOSE;
  if (stream->header[1] & 0x80) fail("a frame from the server is masked");
  if (stream->header[0] & 0x30) fail("reserved bits are set");
  if (stream->control) {
    if (opcode == CLOSE) fail("the server closed the connection");
    if (opcode != PING && opcode != PONG) fail("opcode %d", opcode);
    return;
  }
  if (stream->in_message != (opcode == CONTINUATION)) fail("a fragment is out of place");
  if (!stream->in_message) {
    if (opcode != stream->frames->opcode) fail("opcode %d instead of %d", opcode, stream->frames->opcode);
    stream->compressed = stream->header[0] & 0x40;
    if (stream->compressed != (stream->samples != NULL))
      fail(stream->compressed ? "a message is compressed" : "a message is not compressed");
    stream->position = 0;
    stream->in_message = true;
  }
  const size_t limit = stream->compressed ? assembly_bytes(stream->frames) : stream->frames->payload_bytes;
  if (length > limit - stream->position) fail("a message is longer than what was sent");
}

/* Returns how many bytes of the chunk belong to the header; the header may still be incomplete. */
static size_t take_header(struct stream *stream, const uint8_t *bytes, size_t length) {
  size_t used = 0;
  for (;;) {
    size_t wanted = 2;
    if (stream->header_bytes >= 2) {
      const int code = stream->header[1] & 127;
      wanted = code == 126 ? 4 : code == 127 ? 10 : 2;
      if (stream->header_bytes == wanted) {
        uint64_t payload = (uint64_t)code;
        if (code >= 126) {
          payload = 0;
          for (size_t i = 2; i < wanted; i++) payload = payload << 8 | stream->header[i];
        }
        stream->header_bytes = 0;
        stream->payload_left = payload;
        stream->in_payload = true;
        begin_frame(stream, payload);
        return used;
      }
    }
    if (used == length) return used;
    stream->header[stream->header_bytes++] = bytes[used++];
  }
}

static void check_payload(struct stream *stream, const uint8_t *bytes, size_t length) {
  if (stream->compressed) {
    memcpy(stream->assembly + stream->position, bytes, length);
  } else {
    const uint8_t *expected =
        stream->frames->payloads + (size_t)stream->expected * stream->frames->payload_bytes + stream->position;
    if (memcmp(expected, bytes, length) != 0)
      fail("wrong bytes in message %d of the cycle, within %zu bytes after byte %zu", stream->expected, length,
           stream->position);
  }
  stream->position += length;
}

static void check_compressed(struct stream *stream) {
  struct samples *samples = stream->samples;
  const int which = stream->expected;
  if (samples->bytes[which] == NULL) {
    samples->bytes[which] = malloc(stream->position);
    samples->lengths[which] = stream->position;
    memcpy(samples->bytes[which], stream->assembly, stream->position);
  } else if (samples->lengths[which] != stream->position ||
             memcmp(samples->bytes[which], stream->assembly, stream->position) != 0) {
    fail("two subscribers received different bytes for the same compressed message");
  }
}

static void end_message(struct stream *stream) {
  if (stream->compressed) check_compressed(stream);
  else if (stream->position != stream->frames->payload_bytes) fail("a message is shorter than what was sent");
  stream->in_message = false;
  stream->expected = stream->expected + 1 == stream->frames->count ? 0 : stream->expected + 1;
}

int stream_check(struct stream *stream, const uint8_t *bytes, size_t length) {
  int messages = 0;
  size_t at = 0;
  while (at < length || (stream->in_payload && stream->payload_left == 0)) {
    if (!stream->in_payload) {
      at += take_header(stream, bytes + at, length - at);
      continue;
    }
    const size_t left = length - at;
    const size_t part = stream->payload_left < left ? (size_t)stream->payload_left : left;
    if (!stream->control) check_payload(stream, bytes + at, part);
    at += part;
    stream->payload_left -= part;
    if (stream->payload_left > 0) continue;
    stream->in_payload = false;
    if (stream->control || !stream->final) continue;
    end_message(stream);
    messages++;
  }
  return messages;
}
