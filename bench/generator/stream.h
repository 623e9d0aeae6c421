/* Checks every byte that one connection receives against the messages that have to arrive, in their order. */
#ifndef STREAM_H
#define STREAM_H

#include "frames.h"

/*
 * The compressed form of each message: what the first subscriber received, which all others have to
 * receive too. The bench inflates the samples and compares them with the text that was published.
 */
struct samples {
  uint8_t **bytes;
  size_t *lengths;
};

struct stream {
  const struct frames *frames;
  struct samples *samples; /* NULL without compression */
  int expected;            /* which message has to come next */
  uint64_t payload_left;   /* of the frame at hand */
  size_t position;         /* in the message at hand */
  uint8_t *assembly;       /* a compressed message while it arrives */
  uint8_t header[10];
  uint8_t header_bytes;
  bool in_payload;
  bool in_message;
  bool final;
  bool control;
  bool compressed;
};

void samples_open(struct samples *samples, const struct frames *frames);

/* Prints the samples as a JSON member with a comma at the end: base64 is the reader's business, this is hex. */
void samples_print(const struct samples *samples, const struct frames *frames);

void stream_open(struct stream *stream, const struct frames *frames, struct samples *samples, int first);
void stream_close(struct stream *stream);

/* Checks a chunk and returns how many messages it completed. Ends the process on the first wrong byte. */
int stream_check(struct stream *stream, const uint8_t *bytes, size_t length);

#endif
