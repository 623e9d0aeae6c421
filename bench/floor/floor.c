/*
 * A WebSocket server in C that does as little as the bench lets it: the price of the kernel itself.
 *
 * One epoll loop; frames are unmasked where they lie; what a chunk causes leaves in one write for each
 * connection. It trusts its peer: no limits, no UTF-8 check, no control frame but close, keys from a
 * list. No product could cost less through sockets, so its row says how much of a figure is the kernel's.
 *
 * Usage: floor KEYS_FILE. Prints {"port":…}; answers "gc" on stdin by "done"; ends when stdin ends.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES (512 * 1024)
#define MAX_EVENTS 512
#define MAX_KEYS 4096
#define MAX_SUBSCRIBERS 20000
#define CLOSE 8

struct connection {
  int fd;
  bool is_open, is_closing, is_publisher;
  int subscriber; /* place in the list, or -1 */
  uint64_t left;  /* of the payload at hand */
  uint8_t mask[4];
  unsigned phase;
  unsigned rest_bytes; /* of a header that was cut */
  uint8_t rest[16];
  uint8_t *backlog; /* what the kernel did not take yet */
  size_t backlog_bytes;
};

static struct { char key[25], accept[29]; } keys[MAX_KEYS];
static int key_count;
static struct connection *subscribers[MAX_SUBSCRIBERS];
static int subscriber_count;
static int epoll;
static uint8_t buffer[READ_BYTES];

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void watch(struct connection *connection, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = connection};
  if (epoll_ctl(epoll, operation, connection->fd, &event) != 0) die("epoll_ctl");
}

static void hang_up(struct connection *connection) {
  if (connection->subscriber >= 0) {
    struct connection *last = subscribers[--subscriber_count];
    subscribers[connection->subscriber] = last;
    last->subscriber = connection->subscriber;
  }
  close(connection->fd);
  free(connection->backlog);
  free(connection);
}

static void send_bytes(struct connection *connection, const uint8_t *bytes, size_t length) {
  if (connection->backlog == NULL) {
    const ssize_t wrote = write(connection->fd, bytes, length);
    if (wrote == (ssize_t)length) return;
    if (wrote < 0 && errno != EAGAIN) return;
    const size_t taken = wrote < 0 ? 0 : (size_t)wrote;
    bytes += taken;
    length -= taken;
    watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
  }
  connection->backlog = realloc(connection->backlog, connection->backlog_bytes + length);
  memcpy(connection->backlog + connection->backlog_bytes, bytes, length);
  connection->backlog_bytes += length;
}

static void drain(struct connection *connection) {
  const ssize_t wrote = write(connection->fd, connection->backlog, connection->backlog_bytes);
  if (wrote < 0) return;
  connection->backlog_bytes -= (size_t)wrote;
  memmove(connection->backlog, connection->backlog + wrote, connection->backlog_bytes);
  if (connection->backlog_bytes > 0) return;
  free(connection->backlog);
  connection->backlog = NULL;
  watch(connection, EPOLL_CTL_MOD, EPOLLIN);
}

static const char *accept_of(const char *head) {
  const char *line = strcasestr(head, "\r\nSec-WebSocket-Key: ");
  for (int i = 0; line != NULL && i < key_count; i++)
    if (memcmp(keys[i].key, line + 21, 24) == 0) return keys[i].accept;
  return NULL;
}

static void upgrade(struct connection *connection, size_t length) {
  buffer[length] = '\0';
  const char *head = (const char *)buffer;
  const char *accept = accept_of(head);
  if (accept == NULL) {
    fputs("a key that is not in the list\n", stderr);
    exit(1);
  }
  char response[256];
  const int bytes = snprintf(response, sizeof response,
                             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: %s\r\n\r\n",
                             accept);
  connection->is_open = true;
  connection->is_publisher = strncmp(head, "GET /publish ", 13) == 0;
  send_bytes(connection, (const uint8_t *)response, (size_t)bytes);
  if (strncmp(head, "GET /subscribe ", 15) == 0 && subscriber_count < MAX_SUBSCRIBERS) {
    connection->subscriber = subscriber_count;
    subscribers[subscriber_count++] = connection;
  }
}

static void unmask(uint8_t *to, const uint8_t *from, size_t length, const uint8_t mask[4], unsigned phase) {
  uint8_t turned[8];
  for (unsigned i = 0; i < 8; i++) turned[i] = mask[(phase + i) & 3];
  uint64_t word, by;
  memcpy(&by, turned, 8);
  size_t at = 0;
  for (; at + 8 <= length; at += 8) {
    memcpy(&word, from + at, 8);
    word ^= by;
    memcpy(to + at, &word, 8);
  }
  for (; at < length; at++) to[at] = from[at] ^ turned[at & 3];
}

/* Rewrites frames without their mask, in place; returns how many bytes come out. */
static size_t reframe(struct connection *connection, size_t length) {
  size_t at = 0, to = 0;
  while (at < length) {
    if (connection->left == 0) {
      const size_t here = length - at;
      const int code = here >= 2 ? buffer[at + 1] & 127 : 0;
      const size_t plain = code == 127 ? 10 : code == 126 ? 4 : 2;
      if (here < plain + 4) {
        memcpy(connection->rest, buffer + at, here);
        connection->rest_bytes = (unsigned)here;
        break;
      }
      connection->left = code < 126 ? (uint64_t)code : 0;
      for (size_t i = 2; i < plain; i++) connection->left = connection->left << 8 | buffer[at + i];
      memcpy(connection->mask, buffer + at + plain, 4);
      connection->phase = 0;
      if ((buffer[at] & 15) == CLOSE) connection->is_closing = true;
      buffer[at + 1] = (uint8_t)code;
      memmove(buffer + to, buffer + at, plain);
      at += plain + 4;
      to += plain;
    }
    const size_t part = connection->left < length - at ? (size_t)connection->left : length - at;
    unmask(buffer + to, buffer + at, part, connection->mask, connection->phase);
    connection->phase = (connection->phase + (unsigned)(part & 3)) & 3;
    connection->left -= part;
    at += part;
    to += part;
  }
  return to;
}

static void receive(struct connection *connection) {
  const unsigned rest = connection->rest_bytes;
  memcpy(buffer, connection->rest, rest);
  connection->rest_bytes = 0;
  const ssize_t got = read(connection->fd, buffer + rest, READ_BYTES - rest - 1);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) {
    hang_up(connection);
    return;
  }
  if (!connection->is_open) {
    upgrade(connection, (size_t)got);
    return;
  }
  const size_t bytes = reframe(connection, rest + (size_t)got);
  if (bytes == 0) return;
  if (connection->is_closing || !connection->is_publisher) send_bytes(connection, buffer, bytes);
  else for (int i = 0; i < subscriber_count; i++) send_bytes(subscribers[i], buffer, bytes);
  if (connection->is_closing) hang_up(connection);
}

static void accept_all(int listener) {
  for (;;) {
    const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct connection *connection = calloc(1, sizeof *connection);
    connection->fd = fd;
    connection->subscriber = -1;
    watch(connection, EPOLL_CTL_ADD, EPOLLIN);
  }
}

static int listen_on_loopback(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 4096) != 0)
    die("listen");
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

static void load_keys(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) die(path);
  while (key_count < MAX_KEYS && fscanf(file, "%24s %28s", keys[key_count].key, keys[key_count].accept) == 2)
    key_count++;
  fclose(file);
}

static void obey(void) {
  char words[64];
  if (read(STDIN_FILENO, words, sizeof words) <= 0) exit(0);
  if (write(STDOUT_FILENO, "done\n", 5) != 5) exit(1);
}

int main(int count, char **values) {
  if (count != 2) {
    fputs("usage: floor KEYS_FILE\n", stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  load_keys(values[1]);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  struct connection listener = {.fd = listen_on_loopback()}, input = {.fd = STDIN_FILENO};
  watch(&listener, EPOLL_CTL_ADD, EPOLLIN);
  watch(&input, EPOLL_CTL_ADD, EPOLLIN);
  for (;;) {
    struct epoll_event events[MAX_EVENTS];
    const int ready = epoll_wait(epoll, events, MAX_EVENTS, -1);
    for (int i = 0; i < ready; i++) {
      struct connection *connection = events[i].data.ptr;
      if (connection == &listener) accept_all(listener.fd);
      else if (connection == &input) obey();
      else if (events[i].events & EPOLLOUT && connection->backlog != NULL) drain(connection);
      else receive(connection);
    }
  }
}
