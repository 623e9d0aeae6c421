/* HTTP/1.1 on a connection that stays open, as far as polling needs it. */
#ifndef HTTP_H
#define HTTP_H

#include "common.h"

#define MAX_RESPONSE_BYTES 8192

struct response {
  const char *body;
  size_t body_bytes;
};

/*
 * Looks for one whole response of status 200 with a Content-Length, and nothing behind it.
 *
 * Returns false when more bytes are needed. Fails on another status, on a connection that would not stay
 * open, and on bytes behind the body.
 */
bool http_check(const char *bytes, size_t length, struct response *response);

#endif
