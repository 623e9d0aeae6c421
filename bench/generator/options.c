/* The command line: names, bounds, and the refusal of any address that is not loopback. */
#include "common.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("generator: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * NS_PER_SECOND + (uint64_t)time.tv_nsec;
}

static double number(const char *name, const char *text, double low, double high) {
  char *end;
  double value = strtod(text, &end);
  if (*text == '\0' || *end != '\0' || !(value >= low && value <= high))
    fail("%s accepts a number from %.0f to %.0f, not \"%s\"", name, low, high, text);
  return value;
}

static void require_loopback(const char *host) {
  struct in_addr address;
  if (inet_pton(AF_INET, host, &address) != 1 || (ntohl(address.s_addr) >> 24) != 127)
    fail("--host accepts addresses of this machine alone (127.0.0.0/8), not \"%s\"", host);
}

static bool is_socket_io(const char *level) {
  if (!strcmp(level, "socket.io")) return true;
  if (strcmp(level, "websocket") != 0) fail("--level accepts websocket and socket.io, not \"%s\"", level);
  return false;
}

void parse_options(int count, char **values, struct options *options) {
  *options = (struct options){
      .mode = "echo",
      .host = "127.0.0.1",
      .connections = 1,
      .in_flight = 1,
      .opcode = 1,
      .warm_up_ns = 200 * NS_PER_MS,
      .window_ns = 1000 * NS_PER_MS,
      .max_messages = 1000000000ull,
      .server_core = -1,
      .generator_core = -1,
  };
  for (int i = 1; i < count; i += 2) {
    const char *name = values[i];
    if (i + 1 >= count) fail("%s needs a value", name);
    const char *value = values[i + 1];
    if (!strcmp(name, "--mode")) options->mode = value;
    else if (!strcmp(name, "--level")) options->socket_io = is_socket_io(value);
    else if (!strcmp(name, "--host")) options->host = value;
    else if (!strcmp(name, "--port")) options->port = (int)number(name, value, 1, 65535);
    else if (!strcmp(name, "--connections")) options->connections = (int)number(name, value, 1, 20000);
    else if (!strcmp(name, "--in-flight")) options->in_flight = (int)number(name, value, 1, 1024);
    else if (!strcmp(name, "--rate")) options->rate = number(name, value, 0, 1e7);
    else if (!strcmp(name, "--payload")) options->payload_file = value;
    else if (!strcmp(name, "--payload-bytes")) options->payload_bytes = (size_t)number(name, value, 1, 1 << 24);
    else if (!strcmp(name, "--opcode")) options->opcode = (int)number(name, value, 1, 2);
    else if (!strcmp(name, "--keys")) options->keys_file = value;
    else if (!strcmp(name, "--deflate")) options->deflate = number(name, value, 0, 1) == 1;
    else if (!strcmp(name, "--warm-up-ms")) options->warm_up_ns = (uint64_t)number(name, value, 0, 60000) * NS_PER_MS;
    else if (!strcmp(name, "--window-ms")) options->window_ns = (uint64_t)number(name, value, 1, 60000) * NS_PER_MS;
    else if (!strcmp(name, "--max-messages")) options->max_messages = (uint64_t)number(name, value, 1, 1e12);
    else if (!strcmp(name, "--server-pid")) options->server_pid = (int)number(name, value, 1, 1 << 30);
    else if (!strcmp(name, "--server-core")) options->server_core = (int)number(name, value, -1, 4096);
    else if (!strcmp(name, "--generator-core")) options->generator_core = (int)number(name, value, -1, 4096);
    else fail("unknown option %s", name);
  }
  require_loopback(options->host);
  if (options->port == 0) fail("--port is required");
  if (options->keys_file == NULL) fail("--keys is required");
}
