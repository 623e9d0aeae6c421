/* Words that every part of the generator shares. */
#ifndef COMMON_H
#define COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_SECOND 1000000000ull
#define NS_PER_MS 1000000ull

/* What the bench asked for. Every count and time is bounded in options.c. */
struct options {
  const char *mode; /* echo, fanout, handshake, idle, polling */
  bool socket_io;   /* a Socket.IO session on each connection */
  const char *host; /* always inside 127.0.0.0/8 */
  int port;
  int connections;
  int in_flight;           /* closed loop: messages (or publishes) under way */
  double rate;             /* open loop: messages (or publishes) a second; 0 = closed loop */
  const char *payload_file; /* payloads of payload_bytes each, one after another */
  size_t payload_bytes;
  int opcode; /* 1 text, 2 binary */
  const char *keys_file; /* lines of "<Sec-WebSocket-Key> <Sec-WebSocket-Accept>" */
  bool deflate;
  uint64_t warm_up_ns;
  uint64_t window_ns;
  uint64_t max_messages;
  int server_pid;
  int server_core;
  int generator_core;
};

/* Prints the reason on stderr and ends the process with code 1: a run with a fault has no figures. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

uint64_t now_ns(void);

void parse_options(int count, char **values, struct options *options);

#endif
