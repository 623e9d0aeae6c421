#define _GNU_SOURCE
#include "traffic.h"

#include "frames.h"
#include "histogram.h"
#include "observe.h"
#include "session.h"
#include "stream.h"

#include <errno.h>
#include <linux/time_types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* More than this under way means that the server does not keep up with the rate. A power of two. */
#define MAX_UNDER_WAY 4096
#define STALL_NS (5 * NS_PER_SECOND)
#define CLOSE_NS (3 * NS_PER_SECOND)
#define SLEEP_FROM_NS 60000ull
#define MAX_EVENTS 512
#define READ_BYTES (256 * 1024)

struct connection {
  int fd;
  bool wants_write;
  int next_frame;        /* the frame to be written next */
  size_t frame_offset;   /* how much of it is written */
  uint64_t frames_due;   /* how many are to be written, the one at hand included */
  uint64_t sent, received;
  uint64_t *sent_at; /* of messages under way, by number modulo the capacity; echo only */
  struct stream stream;
};

struct traffic {
  const struct options *options;
  struct frames frames;
  struct samples samples;
  struct connection *connections; /* fan-out: the publisher comes last */
  int count;
  int epoll;
  bool fan_out;
  uint64_t capacity; /* of every sent_at, a power of two */
  uint64_t *published_at;
  uint32_t *missing; /* subscribers that have not got a publication yet */
  uint64_t published, completed;
  bool counting;
  bool sending;
  bool overloaded;
  uint64_t messages; /* in the window: echoes, or deliveries to subscribers */
  struct histogram latency, lateness;
  uint8_t *buffer;
};

static void want_write(struct traffic *traffic, struct connection *connection, bool wanted) {
  if (connection->wants_write == wanted) return;
  connection->wants_write = wanted;
  struct epoll_event event = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0), .data.ptr = connection};
  if (epoll_ctl(traffic->epoll, EPOLL_CTL_MOD, connection->fd, &event) != 0) fail("epoll_ctl: %s", strerror(errno));
}

/* Writes what is due: the frames lie one after another, so that two parts always suffice. */
static void write_due(struct traffic *traffic, struct connection *connection) {
  const struct frames *frames = &traffic->frames;
  while (connection->frames_due > 0) {
    const int to_end = frames->count - connection->next_frame;
    const uint64_t first = connection->frames_due < (uint64_t)to_end ? connection->frames_due : (uint64_t)to_end;
    uint64_t second = connection->frames_due - first;
    if (second > (uint64_t)frames->count) second = (uint64_t)frames->count;
    const struct iovec parts[2] = {
        {frames->wire + (size_t)connection->next_frame * frames->frame_bytes + connection->frame_offset,
         (size_t)first * frames->frame_bytes - connection->frame_offset},
        {frames->wire, (size_t)second * frames->frame_bytes}};
    ssize_t wrote = second > 0 ? writev(connection->fd, parts, 2)
                               : write(connection->fd, parts[0].iov_base, parts[0].iov_len);
    if (wrote < 0) {
      if (errno != EAGAIN) fail("write: %s", strerror(errno));
      want_write(traffic, connection, true);
      return;
    }
    const size_t progress = connection->frame_offset + (size_t)wrote;
    const uint64_t whole = progress / frames->frame_bytes;
    connection->frame_offset = progress % frames->frame_bytes;
    connection->frames_due -= whole;
    connection->next_frame = (int)(((uint64_t)connection->next_frame + whole) % (uint64_t)frames->count);
  }
  want_write(traffic, connection, false);
}

static void send_echo(struct traffic *traffic, struct connection *connection, uint64_t at_ns) {
  connection->sent_at[connection->sent++ & (traffic->capacity - 1)] = at_ns;
  connection->frames_due++;
}

static void publish(struct traffic *traffic, uint64_t at_ns) {
  const uint64_t slot = traffic->published++ & (traffic->capacity - 1);
  traffic->published_at[slot] = at_ns;
  traffic->missing[slot] = (uint32_t)traffic->options->connections;
  traffic->connections[traffic->options->connections].frames_due++;
}

static void count_message(struct traffic *traffic, uint64_t sent_at_ns, uint64_t now) {
  if (!traffic->counting) return;
  traffic->messages++;
  histogram_add(&traffic->latency, now > sent_at_ns ? now - sent_at_ns : 0);
}

static void receive(struct traffic *traffic, struct connection *connection) {
  const ssize_t got = read(connection->fd, traffic->buffer, READ_BYTES);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) fail("the server dropped a connection: %s", got == 0 ? "closed" : strerror(errno));
  const int messages = stream_check(&connection->stream, traffic->buffer, (size_t)got);
  if (messages == 0) return;
  const uint64_t now = now_ns();
  const bool closed_loop = traffic->sending && traffic->options->rate == 0;
  for (int i = 0; i < messages; i++) {
    const uint64_t number = connection->received++;
    const uint64_t slot = number & (traffic->capacity - 1);
    if (!traffic->fan_out) {
      if (number >= connection->sent) fail("a message came back that was not sent");
      count_message(traffic, connection->sent_at[slot], now);
      if (closed_loop) send_echo(traffic, connection, now);
      continue;
    }
    if (number >= traffic->published) fail("a subscriber got a message that was not published");
    count_message(traffic, traffic->published_at[slot], now);
    if (--traffic->missing[slot] > 0) continue;
    traffic->completed++;
    if (closed_loop) publish(traffic, now);
  }
  if (!traffic->fan_out) {
    traffic->completed += (uint64_t)messages;
    if (connection->frames_due > 0 && !connection->wants_write) write_due(traffic, connection);
  }
}

/* Open loop: sends all that is due by now, with the time at which it was due. */
static uint64_t send_on_schedule(struct traffic *traffic, uint64_t next_due, double interval_ns, uint64_t start) {
  const uint64_t now = now_ns();
  while (next_due <= now && traffic->sending) {
    struct connection *connection = &traffic->connections[traffic->options->connections];
    if (!traffic->fan_out) connection = &traffic->connections[traffic->published % (uint64_t)traffic->count];
    const uint64_t under_way =
        traffic->fan_out ? traffic->published - traffic->completed : connection->sent - connection->received;
    if (under_way >= MAX_UNDER_WAY) {
      traffic->overloaded = true;
      traffic->sending = false;
      break;
    }
    if (traffic->counting) histogram_add(&traffic->lateness, now - next_due);
    if (traffic->fan_out) {
      publish(traffic, next_due);
    } else {
      send_echo(traffic, connection, next_due);
      traffic->published++;
    }
    if (!connection->wants_write) write_due(traffic, connection);
    next_due = start + (uint64_t)((double)traffic->published * interval_ns);
  }
  return next_due;
}

/*
 * Waits for events, at most until the given time; with nanoseconds where the kernel can (Linux 5.11).
 * A time that is near is awaited without sleep: to fall asleep and wake up takes longer than that.
 */
static int wait_events(struct traffic *traffic, struct epoll_event *events, uint64_t until_ns) {
  const uint64_t now = now_ns();
  const uint64_t left = until_ns > now + SLEEP_FROM_NS ? until_ns - now - SLEEP_FROM_NS : 0;
#ifdef SYS_epoll_pwait2
  const struct __kernel_timespec timeout = {.tv_sec = (long long)(left / NS_PER_SECOND),
                                            .tv_nsec = (long long)(left % NS_PER_SECOND)};
  const long got = syscall(SYS_epoll_pwait2, traffic->epoll, events, MAX_EVENTS, &timeout, NULL, 0);
  if (got >= 0 || errno != ENOSYS) return (int)got;
#endif
  return epoll_wait(traffic->epoll, events, MAX_EVENTS, (int)(left / NS_PER_MS));
}

static void connect_all(struct traffic *traffic) {
  const struct options *options = traffic->options;
  struct upgrades upgrades;
  upgrades_load(&upgrades, options);
  for (int i = 0; i < traffic->count; i++) {
    struct connection *connection = &traffic->connections[i];
    const bool publisher = traffic->fan_out && i == options->connections;
    const char *role = publisher ? "publish" : traffic->fan_out ? "subscribe" : "echo";
    const bool deflate = options->deflate && !publisher;
    connection->fd = session_connect(&upgrades, i, role, deflate);
    /* Echo: each connection starts elsewhere in the cycle, so that a mix-up of connections is seen. */
    connection->next_frame = traffic->fan_out ? 0 : (i * 7) % traffic->frames.count;
    stream_open(&connection->stream, &traffic->frames, deflate ? &traffic->samples : NULL, connection->next_frame);
    if (!traffic->fan_out) connection->sent_at = malloc(traffic->capacity * sizeof *connection->sent_at);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(traffic->epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0) fail("epoll_ctl: %s", strerror(errno));
  }
}

static uint64_t under_way(const struct traffic *traffic) {
  if (traffic->fan_out) return traffic->published - traffic->completed;
  uint64_t total = 0;
  for (int i = 0; i < traffic->count; i++)
    total += traffic->connections[i].sent - traffic->connections[i].received;
  return total;
}

static void step(struct traffic *traffic, uint64_t until_ns) {
  struct epoll_event events[MAX_EVENTS];
  const int ready = wait_events(traffic, events, until_ns);
  if (ready < 0 && errno != EINTR) fail("epoll: %s", strerror(errno));
  for (int i = 0; i < ready; i++) {
    struct connection *connection = events[i].data.ptr;
    if (events[i].events & EPOLLOUT) write_due(traffic, connection);
    if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) receive(traffic, connection);
  }
  if (!traffic->fan_out) return;
  struct connection *publisher = &traffic->connections[traffic->options->connections];
  if (publisher->frames_due > 0 && !publisher->wants_write) write_due(traffic, publisher);
}

/* Takes the last echoes, then closes with code 1000 and waits for the server to hang up. */
static void finish(struct traffic *traffic) {
  traffic->sending = false;
  const uint64_t drain_until = now_ns() + CLOSE_NS;
  while (under_way(traffic) > 0 && now_ns() < drain_until) step(traffic, drain_until);
  static const uint8_t close_frame[8] = {0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8};
  for (int i = 0; i < traffic->count; i++)
    if (write(traffic->connections[i].fd, close_frame, sizeof close_frame) < 0) continue;
  const uint64_t close_until = now_ns() + CLOSE_NS;
  int open = traffic->count;
  while (open > 0 && now_ns() < close_until) {
    struct epoll_event events[MAX_EVENTS];
    const int ready = wait_events(traffic, events, close_until);
    for (int i = 0; i < ready; i++) {
      struct connection *connection = events[i].data.ptr;
      const ssize_t got = read(connection->fd, traffic->buffer, READ_BYTES);
      if (got > 0 || (got < 0 && errno == EAGAIN)) continue;
      epoll_ctl(traffic->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
      close(connection->fd);
      open--;
    }
  }
}

static void start_closed_loop(struct traffic *traffic) {
  const uint64_t now = now_ns();
  if (traffic->fan_out) {
    for (int i = 0; i < traffic->options->in_flight; i++) publish(traffic, now);
    write_due(traffic, &traffic->connections[traffic->options->connections]);
    return;
  }
  for (int i = 0; i < traffic->count; i++) {
    for (int message = 0; message < traffic->options->in_flight; message++)
      send_echo(traffic, &traffic->connections[i], now);
    write_due(traffic, &traffic->connections[i]);
  }
}

static void report(const struct traffic *traffic, const struct observation *start, const struct observation *end) {
  printf("{\"messages\":%llu,", (unsigned long long)traffic->messages);
  print_observed(start, end);
  if (traffic->options->deflate) samples_print(&traffic->samples, &traffic->frames);
  printf("\"p50Ns\":%llu,\"p99Ns\":%llu,\"p999Ns\":%llu,\"maxNs\":%llu,\"latenessP99Ns\":%llu,\"overloaded\":%s}\n",
         (unsigned long long)histogram_percentile(&traffic->latency, 0.5),
         (unsigned long long)histogram_percentile(&traffic->latency, 0.99),
         (unsigned long long)histogram_percentile(&traffic->latency, 0.999),
         (unsigned long long)traffic->latency.max_ns,
         (unsigned long long)histogram_percentile(&traffic->lateness, 0.99), traffic->overloaded ? "true" : "false");
}

static uint64_t capacity_for(const struct options *options) {
  if (options->rate > 0) return MAX_UNDER_WAY;
  uint64_t capacity = 1;
  while (capacity < (uint64_t)options->in_flight) capacity *= 2;
  return capacity;
}

void run_traffic(const struct options *options) {
  static struct traffic traffic;
  traffic.options = options;
  traffic.fan_out = strcmp(options->mode, "fanout") == 0;
  if (options->deflate && !traffic.fan_out) fail("--deflate is for fanout alone");
  traffic.count = options->connections + (traffic.fan_out ? 1 : 0);
  traffic.capacity = capacity_for(options);
  traffic.published_at = calloc(traffic.capacity, sizeof *traffic.published_at);
  traffic.missing = calloc(traffic.capacity, sizeof *traffic.missing);
  traffic.connections = calloc((size_t)traffic.count, sizeof *traffic.connections);
  traffic.buffer = malloc(READ_BYTES);
  traffic.epoll = epoll_create1(EPOLL_CLOEXEC);
  traffic.sending = true;
  frames_build(&traffic.frames, options);
  samples_open(&traffic.samples, &traffic.frames);
  struct observer observer;
  observer_open(&observer, options);
  connect_all(&traffic);

  struct observation start, end;
  const uint64_t started = now_ns();
  const double interval_ns = options->rate > 0 ? (double)NS_PER_SECOND / options->rate : 0;
  uint64_t next_due = started, last_progress = started, seen = 0;
  if (options->rate == 0) start_closed_loop(&traffic);
  for (;;) {
    const uint64_t now = now_ns();
    if (!traffic.counting && now >= started + options->warm_up_ns) {
      observe(&observer, &start);
      traffic.counting = true;
    }
    if (traffic.counting && (now >= start.at_ns + options->window_ns || traffic.messages >= options->max_messages ||
                             traffic.overloaded)) {
      observe(&observer, &end);
      traffic.counting = false;
      break;
    }
    if (traffic.completed != seen) {
      seen = traffic.completed;
      last_progress = now;
    } else if (now > last_progress + STALL_NS && under_way(&traffic) > 0) {
      fail("no message came back for 5 seconds");
    }
    uint64_t until = now + 20 * NS_PER_MS;
    if (options->rate > 0) {
      next_due = send_on_schedule(&traffic, next_due, interval_ns, started);
      if (next_due < until) until = next_due;
    }
    step(&traffic, until);
  }
  finish(&traffic);
  report(&traffic, &start, &end);
}
