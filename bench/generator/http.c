#define _GNU_SOURCE
#include "http.h"

#include <stdlib.h>
#include <string.h>

/* The value of a header between `head` and `end`, or NULL. */
static const char *header(const char *head, const char *end, const char *name) {
  const size_t length = strlen(name);
  for (const char *line = head; line < end;) {
    if ((size_t)(end - line) > length && strncasecmp(line, name, length) == 0 && line[length] == ':')
      return line + length + 1 + strspn(line + length + 1, " \t");
    const char *next = memmem(line, (size_t)(end - line), "\r\n", 2);
    if (next == NULL) return NULL;
    line = next + 2;
  }
  return NULL;
}

bool http_check(const char *bytes, size_t length, struct response *response) {
  const char *end = memmem(bytes, length, "\r\n\r\n", 4);
  if (end == NULL) {
    if (length >= MAX_RESPONSE_BYTES) fail("a response is longer than %d bytes", MAX_RESPONSE_BYTES);
    return false;
  }
  if (strncmp(bytes, "HTTP/1.1 200", 12) != 0) fail("a request was refused: %.60s", bytes);
  const char *connection = header(bytes, end, "Connection");
  if (connection != NULL && strncasecmp(connection, "close", 5) == 0) fail("the server closes the connection");
  const char *content_length = header(bytes, end, "Content-Length");
  if (content_length == NULL) fail("a response has no Content-Length");
  const size_t body_bytes = strtoul(content_length, NULL, 10);
  const size_t head_bytes = (size_t)(end - bytes) + 4;
  if (body_bytes > MAX_RESPONSE_BYTES - head_bytes) fail("a response is longer than %d bytes", MAX_RESPONSE_BYTES);
  if (length < head_bytes + body_bytes) return false;
  if (length > head_bytes + body_bytes) fail("bytes behind a response that nobody asked for");
  response->body = bytes + head_bytes;
  response->body_bytes = body_bytes;
  return true;
}
