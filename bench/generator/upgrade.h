/* The opening handshake, as a client sends it and checks it (RFC 6455 §4.1). */
#ifndef UPGRADE_H
#define UPGRADE_H

#include "common.h"

#include <netinet/in.h>

#define KEY_CHARACTERS 24
#define ACCEPT_CHARACTERS 28
#define MAX_HEAD_BYTES 4096

struct upgrade_key {
  char key[KEY_CHARACTERS + 1];
  char accept[ACCEPT_CHARACTERS + 1];
};

struct upgrades {
  struct sockaddr_in address;
  struct upgrade_key *keys;
  int key_count;
  bool socket_io;
};

void upgrades_load(struct upgrades *upgrades, const struct options *options);

/* Writes the request for `path` into `into` (MAX_HEAD_BYTES) and returns its length. */
size_t upgrade_request(const struct upgrades *upgrades, int number, const char *path, bool deflate, char *into);

/*
 * Looks for the end of the response head in `head[0, length)`.
 *
 * Returns 0 when more bytes are needed, else the length of the head. Fails unless the answer is
 * 101 with the right Sec-WebSocket-Accept, and with permessage-deflate without context takeover
 * exactly when that was offered.
 */
size_t upgrade_check(const struct upgrades *upgrades, int number, bool deflate, const char *head, size_t length);

/*
 * Connects and upgrades, waiting; returns a blocking socket.
 *
 * What came behind the response is in `rest` (MAX_HEAD_BYTES) then.
 */
int upgrade_connect(const struct upgrades *upgrades, int number, const char *path, bool deflate, char *rest,
                    size_t *rest_length);

/* Connects, waiting; returns a blocking socket on which no call takes longer than five seconds. */
int connect_blocking(const struct upgrades *upgrades, int number);

#endif
