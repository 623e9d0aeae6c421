#define _GNU_SOURCE
#include "upgrade.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define MAX_KEYS 4096

void upgrades_load(struct upgrades *upgrades, const struct options *options) {
  memset(upgrades, 0, sizeof *upgrades);
  upgrades->socket_io = options->socket_io;
  upgrades->address.sin_family = AF_INET;
  upgrades->address.sin_port = htons((uint16_t)options->port);
  inet_pton(AF_INET, options->host, &upgrades->address.sin_addr);
  upgrades->keys = calloc(MAX_KEYS, sizeof *upgrades->keys);
  FILE *file = fopen(options->keys_file, "r");
  if (file == NULL) fail("cannot read %s: %s", options->keys_file, strerror(errno));
  struct upgrade_key *key = upgrades->keys;
  while (upgrades->key_count < MAX_KEYS && fscanf(file, "%24s %28s", key->key, key->accept) == 2) {
    upgrades->key_count++;
    key++;
  }
  fclose(file);
  if (upgrades->key_count == 0) fail("%s holds no keys", options->keys_file);
}

size_t upgrade_request(const struct upgrades *upgrades, int number, const char *path, bool deflate, char *into) {
  const struct upgrade_key *key = &upgrades->keys[number % upgrades->key_count];
  return (size_t)snprintf(into, MAX_HEAD_BYTES,
                          "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                          path, ntohs(upgrades->address.sin_port), key->key,
                          deflate ? "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                                    "client_no_context_takeover\r\n"
                                  : "");
}

/* The value of a header in a head that ends with a zero byte, or NULL. */
static const char *header(const char *head, const char *name) {
  const size_t length = strlen(name);
  for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
    line += 2;
    if (strncasecmp(line, name, length) == 0 && line[length] == ':')
      return line + length + 1 + strspn(line + length + 1, " \t");
  }
  return NULL;
}

size_t upgrade_check(const struct upgrades *upgrades, int number, bool deflate, const char *bytes, size_t length) {
  const char *end = memmem(bytes, length, "\r\n\r\n", 4);
  if (end == NULL) {
    if (length >= MAX_HEAD_BYTES) fail("the response head is longer than %d bytes", MAX_HEAD_BYTES);
    return 0;
  }
  char head[MAX_HEAD_BYTES + 1];
  const size_t head_length = (size_t)(end - bytes) + 4;
  if (head_length > MAX_HEAD_BYTES) fail("the response head is longer than %d bytes", MAX_HEAD_BYTES);
  memcpy(head, bytes, head_length);
  head[head_length] = '\0';
  if (strncmp(head, "HTTP/1.1 101", 12) != 0) fail("the upgrade was refused: %.60s", head);
  const char *accept = header(head, "Sec-WebSocket-Accept");
  const struct upgrade_key *key = &upgrades->keys[number % upgrades->key_count];
  if (accept == NULL || strncmp(accept, key->accept, ACCEPT_CHARACTERS) != 0)
    fail("wrong Sec-WebSocket-Accept for the key %s", key->key);
  const char *extensions = header(head, "Sec-WebSocket-Extensions");
  if (!deflate && extensions != NULL) fail("the server chose an extension that was not offered");
  if (deflate && (extensions == NULL || strstr(extensions, "server_no_context_takeover") == NULL))
    fail("the server did not agree to permessage-deflate without context takeover");
  return head_length;
}

int connect_blocking(const struct upgrades *upgrades, int number) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket: %s", strerror(errno));
  const int one = 1;
  const struct timeval patience = {.tv_sec = 5};
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect(fd, (const struct sockaddr *)&upgrades->address, sizeof upgrades->address) != 0)
    fail("connection %d: connect: %s", number, strerror(errno));
  return fd;
}

int upgrade_connect(const struct upgrades *upgrades, int number, const char *path, bool deflate, char *rest,
                    size_t *rest_length) {
  const int fd = connect_blocking(upgrades, number);
  size_t length = upgrade_request(upgrades, number, path, deflate, rest);
  if (write(fd, rest, length) != (ssize_t)length) fail("connection %d: write: %s", number, strerror(errno));
  length = 0;
  for (;;) {
    ssize_t got = read(fd, rest + length, MAX_HEAD_BYTES - length);
    if (got <= 0) fail("connection %d: no answer to the upgrade: %s", number, got == 0 ? "closed" : strerror(errno));
    length += (size_t)got;
    size_t head = upgrade_check(upgrades, number, deflate, rest, length);
    if (head == 0) continue;
    *rest_length = length - head;
    memmove(rest, rest + head, *rest_length);
    return fd;
  }
}
