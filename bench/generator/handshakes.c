#define _GNU_SOURCE
#include "handshakes.h"

#include "histogram.h"
#include "observe.h"
#include "session.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define STALL_NS (5 * NS_PER_SECOND)
#define MAX_EVENTS 256

/* The two in the middle are Socket.IO's alone: its open packet, and the answer to CONNECT. */
enum stage { CONNECTING, UPGRADING, OPENING, JOINING, CLOSING };

struct attempt {
  int fd;
  int number;
  enum stage stage;
  uint64_t started_ns;
  size_t length;
  char bytes[MAX_HEAD_BYTES];
};

static const uint8_t close_frame[8] = {0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8};

static void begin(struct attempt *attempt, const struct upgrades *upgrades, int epoll, int number) {
  attempt->number = number;
  attempt->stage = CONNECTING;
  attempt->length = 0;
  attempt->started_ns = now_ns();
  attempt->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (attempt->fd < 0) fail("socket: %s", strerror(errno));
  const int one = 1;
  setsockopt(attempt->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(attempt->fd, (const struct sockaddr *)&upgrades->address, sizeof upgrades->address) != 0 &&
      errno != EINPROGRESS)
    fail("connect: %s", strerror(errno));
  struct epoll_event event = {.events = EPOLLOUT, .data.ptr = attempt};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, attempt->fd, &event) != 0) fail("epoll_ctl: %s", strerror(errno));
}

static void send_request(struct attempt *attempt, const struct upgrades *upgrades, int epoll) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) fail("connect: %s", strerror(error));
  char request[MAX_HEAD_BYTES];
  char path[MAX_CONNECT_BYTES];
  const size_t length = upgrade_request(upgrades, attempt->number, session_path(upgrades, "echo", path), false, request);
  if (write(attempt->fd, request, length) != (ssize_t)length) fail("write: %s", strerror(errno));
  attempt->stage = UPGRADING;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = attempt};
  if (epoll_ctl(epoll, EPOLL_CTL_MOD, attempt->fd, &event) != 0) fail("epoll_ctl: %s", strerror(errno));
}

/* One whole close frame, and nothing else, has to be there before the server hangs up. */
static void check_close(const struct attempt *attempt) {
  const uint8_t *bytes = (const uint8_t *)attempt->bytes;
  if (attempt->length < 2 || bytes[0] != 0x88 || attempt->length != 2u + bytes[1])
    fail("the server hung up without a proper close frame");
  if (bytes[1] >= 2 && (bytes[2] != 0x03 || bytes[3] != 0xe8)) fail("the close code is not 1000");
}

/* Takes one answer off the bytes if it is whole. */
static bool take(struct attempt *attempt, size_t length) {
  if (length == 0) return false;
  attempt->length -= length;
  memmove(attempt->bytes, attempt->bytes + length, attempt->length);
  return true;
}

/* Goes as far as the received bytes allow; returns true when the connection is all there. */
static bool advance(struct attempt *attempt, const struct upgrades *upgrades) {
  if (attempt->stage == UPGRADING) {
    if (!take(attempt, upgrade_check(upgrades, attempt->number, false, attempt->bytes, attempt->length))) return false;
    if (!upgrades->socket_io) return true;
    attempt->stage = OPENING;
  }
  if (attempt->stage == OPENING) {
    if (!take(attempt, session_check(attempt->bytes, attempt->length, "0"))) return false;
    uint8_t frame[MAX_CONNECT_BYTES];
    const size_t length = session_connect_frame("echo", frame);
    if (write(attempt->fd, frame, length) != (ssize_t)length) fail("write: %s", strerror(errno));
    attempt->stage = JOINING;
  }
  return take(attempt, session_check(attempt->bytes, attempt->length, "40"));
}

/* Returns true when the connection has come to its end. */
static bool receive(struct attempt *attempt, const struct upgrades *upgrades, struct histogram *latency) {
  const ssize_t got = read(attempt->fd, attempt->bytes + attempt->length, MAX_HEAD_BYTES - attempt->length);
  if (got < 0 && errno == EAGAIN) return false;
  if (got < 0) fail("read: %s", strerror(errno));
  if (got == 0) {
    if (attempt->stage != CLOSING) fail("the server hung up before the connection was complete");
    check_close(attempt);
    return true;
  }
  attempt->length += (size_t)got;
  if (attempt->stage == CLOSING) {
    if (attempt->length >= 130) fail("bytes after the close frame");
    return false;
  }
  if (!advance(attempt, upgrades)) return false;
  if (attempt->length > 0) fail("bytes that nobody asked for");
  if (latency != NULL) histogram_add(latency, now_ns() - attempt->started_ns);
  attempt->stage = CLOSING;
  if (write(attempt->fd, close_frame, sizeof close_frame) != sizeof close_frame) fail("write: %s", strerror(errno));
  return false;
}

void run_handshakes(const struct options *options) {
  static struct histogram latency;
  struct upgrades upgrades;
  struct observer observer;
  struct observation start = {0}, end = {0};
  upgrades_load(&upgrades, options);
  observer_open(&observer, options);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct attempt *attempts = calloc((size_t)options->connections, sizeof *attempts);
  int open = 0, number = 0;
  uint64_t counted = 0;
  bool counting = false, sending = true;
  const uint64_t started = now_ns();
  uint64_t last_progress = started;
  for (; open < options->connections; open++) begin(&attempts[open], &upgrades, epoll, number++);
  while (open > 0) {
    struct epoll_event events[MAX_EVENTS];
    const int ready = epoll_wait(epoll, events, MAX_EVENTS, 20);
    if (ready < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
    for (int i = 0; i < ready; i++) {
      struct attempt *attempt = events[i].data.ptr;
      if (attempt->stage == CONNECTING) {
        send_request(attempt, &upgrades, epoll);
        continue;
      }
      if (!receive(attempt, &upgrades, counting ? &latency : NULL)) continue;
      close(attempt->fd);
      if (counting) counted++;
      last_progress = now_ns();
      if (sending) begin(attempt, &upgrades, epoll, number++);
      else open--;
    }
    const uint64_t now = now_ns();
    if (now > last_progress + STALL_NS) fail("no handshake came to its end for 5 seconds");
    if (sending && !counting && now >= started + options->warm_up_ns) {
      observe(&observer, &start);
      counting = true;
    }
    if (counting && (now >= start.at_ns + options->window_ns || counted >= options->max_messages)) {
      observe(&observer, &end);
      counting = false;
      sending = false;
    }
  }
  printf("{\"messages\":%llu,", (unsigned long long)counted);
  print_observed(&start, &end);
  printf("\"p50Ns\":%llu,\"p99Ns\":%llu,\"p999Ns\":%llu,\"maxNs\":%llu,\"latenessP99Ns\":0,\"overloaded\":false}\n",
         (unsigned long long)histogram_percentile(&latency, 0.5),
         (unsigned long long)histogram_percentile(&latency, 0.99),
         (unsigned long long)histogram_percentile(&latency, 0.999), (unsigned long long)latency.max_ns);
}
