/* A connection as a scenario needs it: a WebSocket, or a WebSocket with a Socket.IO session that is connected. */
#ifndef SESSION_H
#define SESSION_H

#include "upgrade.h"

#define MAX_CONNECT_BYTES 64

/* The path that a client of this role asks for; `role` is echo, publish, subscribe or idle. */
const char *session_path(const struct upgrades *upgrades, const char *role, char into[MAX_CONNECT_BYTES]);

/* Writes the frame with the CONNECT packet of the main namespace, which names the role, and returns its length. */
size_t session_connect_frame(const char *role, uint8_t into[MAX_CONNECT_BYTES]);

/*
 * Checks that `bytes` begin with one text frame that holds a packet of this type (0 is Engine.IO's open, 40 the
 * answer to CONNECT) and an object with a session id.
 *
 * Returns the length of the frame, or 0 when more bytes are needed. Fails on anything else.
 */
size_t session_check(const char *bytes, size_t length, const char *type);

/* Connects, waiting; returns a non-blocking socket on which nothing is left to be read. */
int session_connect(const struct upgrades *upgrades, int number, const char *role, bool deflate);

#endif
