#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *session_path(const struct upgrades *upgrades, const char *role, char into[MAX_CONNECT_BYTES]) {
  if (upgrades->socket_io) return "/socket.io/?EIO=4&transport=websocket";
  snprintf(into, MAX_CONNECT_BYTES, "/%s", role);
  return into;
}

size_t session_connect_frame(const char *role, uint8_t into[MAX_CONNECT_BYTES]) {
  static const uint8_t mask[4] = {0x9e, 0x37, 0x79, 0xb9};
  char packet[MAX_CONNECT_BYTES - 6];
  const int length = snprintf(packet, sizeof packet, "40{\"role\":\"%s\"}", role);
  into[0] = 0x81;
  into[1] = (uint8_t)(0x80 | length);
  memcpy(into + 2, mask, 4);
  for (int i = 0; i < length; i++) into[6 + i] = (uint8_t)packet[i] ^ mask[i & 3];
  return 6 + (size_t)length;
}

size_t session_check(const char *bytes, size_t length, const char *type) {
  const uint8_t *header = (const uint8_t *)bytes;
  if (length < 2) return 0;
  if (header[0] != 0x81 || header[1] > 126) fail("packet %s: no short text frame, but %02x %02x", type, header[0], header[1]);
  size_t head = 2, payload = header[1];
  if (payload == 126) {
    if (length < 4) return 0;
    head = 4;
    payload = (size_t)header[2] << 8 | header[3];
  }
  if (head + payload > MAX_HEAD_BYTES) fail("packet %s: longer than %d bytes", type, MAX_HEAD_BYTES);
  if (length < head + payload) return 0;
  char start[16];
  const size_t start_length = (size_t)snprintf(start, sizeof start, "%s{\"sid\":\"", type);
  if (payload <= start_length || memcmp(bytes + head, start, start_length) != 0 || bytes[head + payload - 1] != '}')
    fail("packet %s was expected, not \"%.*s\"", type, payload > 80 ? 80 : (int)payload, bytes + head);
  return head + payload;
}

/* Waits for one packet, and for nothing behind it. */
static void expect_packet(int fd, int number, const char *type, char *bytes, size_t length) {
  for (;;) {
    const size_t frame = session_check(bytes, length, type);
    if (frame > 0 && frame != length) fail("connection %d: bytes behind packet %s", number, type);
    if (frame > 0) return;
    const ssize_t got = read(fd, bytes + length, MAX_HEAD_BYTES - length);
    if (got <= 0) fail("connection %d: no packet %s: %s", number, type, got == 0 ? "closed" : strerror(errno));
    length += (size_t)got;
  }
}

int session_connect(const struct upgrades *upgrades, int number, const char *role, bool deflate) {
  char bytes[MAX_HEAD_BYTES], path[MAX_CONNECT_BYTES];
  size_t rest;
  const int fd = upgrade_connect(upgrades, number, session_path(upgrades, role, path), deflate, bytes, &rest);
  if (upgrades->socket_io) {
    expect_packet(fd, number, "0", bytes, rest);
    uint8_t frame[MAX_CONNECT_BYTES];
    const size_t length = session_connect_frame(role, frame);
    if (write(fd, frame, length) != (ssize_t)length) fail("connection %d: write: %s", number, strerror(errno));
    expect_packet(fd, number, "40", bytes, 0);
  } else if (rest > 0) {
    fail("connection %d: bytes after the response that nobody asked for", number);
  }
  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) fail("fcntl: %s", strerror(errno));
  return fd;
}
