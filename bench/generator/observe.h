/* What the machine, the server and the generator have used so far. */
#ifndef OBSERVE_H
#define OBSERVE_H

#include "common.h"

#include <time.h>

struct observer {
  clockid_t server_clock;
  int server_core;
  int generator_core;
};

struct observation {
  uint64_t at_ns;
  uint64_t server_cpu_ns;    /* all threads of the server, user and kernel */
  uint64_t generator_cpu_ns; /* the same of this process */
  uint64_t server_core_idle_ns;
  uint64_t generator_core_idle_ns;
  uint64_t steal_ns; /* taken by the hypervisor from these two cores */
};

void observer_open(struct observer *observer, const struct options *options);
void observe(const struct observer *observer, struct observation *observation);

/* Prints the difference of two observations as the members of a JSON object, with a comma at the end. */
void print_observed(const struct observation *start, const struct observation *end);

#endif
