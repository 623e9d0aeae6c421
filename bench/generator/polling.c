#define _GNU_SOURCE
#include "polling.h"

#include "frames.h"
#include "histogram.h"
#include "http.h"
#include "observe.h"
#include "upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define STALL_NS (5 * NS_PER_SECOND)
#define MAX_EVENTS 256
#define MAX_REQUEST_BYTES 4096
#define MAX_PATH_BYTES 256

/* A POST is answered by ok, a GET by the message; LEAVING waits for the answer to the session's end. */
enum stage { POSTING, GETTING, LEAVING, GONE };

struct client {
  int fd;
  enum stage stage;
  int next_payload;
  uint64_t started_ns;
  char path[MAX_PATH_BYTES];
  char get[MAX_REQUEST_BYTES];
  size_t get_bytes;
  size_t length;
  char bytes[MAX_RESPONSE_BYTES];
};

struct polling {
  const struct options *options;
  struct upgrades upgrades;
  struct frames frames;
  int epoll;
  bool counting, sending;
  int open;
  uint64_t messages;
  struct histogram latency;
};

static size_t build_get(const struct polling *polling, const char *path, char into[MAX_REQUEST_BYTES]) {
  return (size_t)snprintf(into, MAX_REQUEST_BYTES, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: */*\r\n\r\n", path,
                          polling->options->port);
}

static void send_bytes(const struct client *client, const char *bytes, size_t length) {
  if (write(client->fd, bytes, length) != (ssize_t)length) fail("write: %s", strerror(errno));
}

static void post(const struct polling *polling, const struct client *client, const char *body, size_t body_bytes) {
  char request[MAX_REQUEST_BYTES];
  const int head = snprintf(request, sizeof request,
                            "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: */*\r\n"
                            "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n\r\n",
                            client->path, polling->options->port, body_bytes);
  if ((size_t)head + body_bytes > sizeof request) fail("--payload-bytes is too long for polling");
  memcpy(request + head, body, body_bytes);
  send_bytes(client, request, (size_t)head + body_bytes);
}

static const char *payload_of(const struct polling *polling, const struct client *client) {
  return (const char *)polling->frames.payloads + (size_t)client->next_payload * polling->frames.payload_bytes;
}

static void post_message(const struct polling *polling, struct client *client) {
  client->stage = POSTING;
  client->started_ns = now_ns();
  post(polling, client, payload_of(polling, client), polling->frames.payload_bytes);
}

static void expect_body(const struct response *response, const char *body, size_t body_bytes) {
  if (response->body_bytes != body_bytes || memcmp(response->body, body, body_bytes) != 0)
    fail("wrong bytes: a body of %zu bytes that begins with \"%.40s\"", response->body_bytes, response->body);
}

/* Waits for one answer while the socket still blocks. */
static void await_response(struct client *client, struct response *response) {
  client->length = 0;
  do {
    const ssize_t got = read(client->fd, client->bytes + client->length, sizeof client->bytes - 1 - client->length);
    if (got <= 0) fail("no answer by polling: %s", got == 0 ? "closed" : strerror(errno));
    client->length += (size_t)got;
    client->bytes[client->length] = '\0';
  } while (!http_check(client->bytes, client->length, response));
  client->length = 0;
}

/* The packet has to be of this type and to hold a session id; returns where the id begins. */
static const char *expect_sid(const struct response *response, const char *type) {
  char start[16];
  const size_t length = (size_t)snprintf(start, sizeof start, "%s{\"sid\":\"", type);
  if (response->body_bytes <= length || memcmp(response->body, start, length) != 0)
    fail("packet %s was expected, not \"%.60s\"", type, response->body);
  return response->body + length;
}

static void open_session(struct polling *polling, struct client *client, int number) {
  struct response response;
  client->fd = connect_blocking(&polling->upgrades, number);
  client->next_payload = (number * 7) % polling->frames.count;
  client->get_bytes = build_get(polling, "/socket.io/?EIO=4&transport=polling", client->get);
  send_bytes(client, client->get, client->get_bytes);
  await_response(client, &response);
  const char *sid = expect_sid(&response, "0");
  const size_t sid_bytes = strcspn(sid, "\"");
  if (sid_bytes > 128) fail("a session id is longer than 128 characters");
  snprintf(client->path, sizeof client->path, "/socket.io/?EIO=4&transport=polling&sid=%.*s", (int)sid_bytes, sid);
  client->get_bytes = build_get(polling, client->path, client->get);
  post(polling, client, "40", 2);
  await_response(client, &response);
  expect_body(&response, "ok", 2);
  send_bytes(client, client->get, client->get_bytes);
  await_response(client, &response);
  expect_sid(&response, "40");
  if (fcntl(client->fd, F_SETFL, O_NONBLOCK) != 0) fail("fcntl: %s", strerror(errno));
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
  if (epoll_ctl(polling->epoll, EPOLL_CTL_ADD, client->fd, &event) != 0) fail("epoll_ctl: %s", strerror(errno));
}

/* The answer to the client's last request is there: checks it, and sends what comes next. */
static void go_on(struct polling *polling, struct client *client, const struct response *response) {
  if (client->stage == GETTING) {
    expect_body(response, payload_of(polling, client), polling->frames.payload_bytes);
    client->next_payload = (client->next_payload + 1) % polling->frames.count;
    if (polling->counting) {
      polling->messages++;
      histogram_add(&polling->latency, now_ns() - client->started_ns);
    }
    if (polling->sending) {
      post_message(polling, client);
    } else {
      client->stage = LEAVING;
      post(polling, client, "1", 1);
    }
    return;
  }
  expect_body(response, "ok", 2);
  if (client->stage == POSTING) {
    client->stage = GETTING;
    send_bytes(client, client->get, client->get_bytes);
  } else {
    client->stage = GONE;
    polling->open--;
    close(client->fd);
  }
}

static void receive(struct polling *polling, struct client *client) {
  const ssize_t got = read(client->fd, client->bytes + client->length, sizeof client->bytes - 1 - client->length);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) fail("the server dropped a connection: %s", got == 0 ? "closed" : strerror(errno));
  client->length += (size_t)got;
  client->bytes[client->length] = '\0';
  struct response response;
  if (!http_check(client->bytes, client->length, &response)) return;
  client->length = 0;
  go_on(polling, client, &response);
}

static void report(const struct polling *polling, const struct observation *start, const struct observation *end) {
  printf("{\"messages\":%llu,", (unsigned long long)polling->messages);
  print_observed(start, end);
  printf("\"p50Ns\":%llu,\"p99Ns\":%llu,\"p999Ns\":%llu,\"maxNs\":%llu,\"latenessP99Ns\":0,\"overloaded\":false}\n",
         (unsigned long long)histogram_percentile(&polling->latency, 0.5),
         (unsigned long long)histogram_percentile(&polling->latency, 0.99),
         (unsigned long long)histogram_percentile(&polling->latency, 0.999), (unsigned long long)polling->latency.max_ns);
}

void run_polling(const struct options *options) {
  static struct polling polling;
  struct observer observer;
  struct observation start = {0}, end = {0};
  if (!options->socket_io || options->rate > 0) fail("polling is for --level socket.io, without a rate");
  polling.options = options;
  polling.open = options->connections;
  polling.sending = true;
  upgrades_load(&polling.upgrades, options);
  frames_build(&polling.frames, options);
  observer_open(&observer, options);
  polling.epoll = epoll_create1(EPOLL_CLOEXEC);
  struct client *clients = calloc((size_t)options->connections, sizeof *clients);
  for (int i = 0; i < options->connections; i++) open_session(&polling, &clients[i], i);
  const uint64_t started = now_ns();
  uint64_t last_progress = started;
  for (int i = 0; i < options->connections; i++) post_message(&polling, &clients[i]);
  while (polling.open > 0) {
    struct epoll_event events[MAX_EVENTS];
    const int ready = epoll_wait(polling.epoll, events, MAX_EVENTS, 20);
    if (ready < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
    for (int i = 0; i < ready; i++) receive(&polling, events[i].data.ptr);
    const uint64_t now = now_ns();
    if (ready > 0) last_progress = now;
    else if (now > last_progress + STALL_NS) fail("no answer came for 5 seconds");
    if (polling.sending && !polling.counting && now >= started + options->warm_up_ns) {
      observe(&observer, &start);
      polling.counting = true;
    }
    if (polling.counting && (now >= start.at_ns + options->window_ns || polling.messages >= options->max_messages)) {
      observe(&observer, &end);
      polling.counting = false;
      polling.sending = false;
    }
  }
  report(&polling, &start, &end);
}
