/*
 * The load generator of the bench: raw sockets, prebuilt frames, every received byte checked.
 * It talks to this machine alone, ends by itself, and prints one line of JSON. See ../README.md.
 */
#define _GNU_SOURCE
#include "common.h"
#include "handshakes.h"
#include "idle.h"
#include "polling.h"
#include "traffic.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Whatever happens, the process is gone after the longest run that its options allow, and a minute. */
static void bound_life(const struct options *options) {
  alarm((unsigned)((options->warm_up_ns + options->window_ns) / NS_PER_SECOND) + 60);
}

static void raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int count, char **values) {
  struct options options;
  parse_options(count, values, &options);
  bound_life(&options);
  raise_file_limit();
  signal(SIGPIPE, SIG_IGN);
  /* The kernel may delay a timer by 50 µs unless told otherwise; the open loop counts in less. */
  prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul);
  if (!strcmp(options.mode, "echo") || !strcmp(options.mode, "fanout")) run_traffic(&options);
  else if (!strcmp(options.mode, "handshake")) run_handshakes(&options);
  else if (!strcmp(options.mode, "idle")) run_idle(&options);
  else if (!strcmp(options.mode, "polling")) run_polling(&options);
  else fail("--mode accepts echo, fanout, handshake, idle and polling, not \"%s\"", options.mode);
  return 0;
}
