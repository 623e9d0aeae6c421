#include "observe.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The CPU clock of the server process counts nanoseconds of all its threads; /proc/PID/stat counts ticks of 10 ms. */
void observer_open(struct observer *observer, const struct options *options) {
  observer->server_core = options->server_core;
  observer->generator_core = options->generator_core;
  if (options->server_pid == 0) fail("--server-pid is required");
  int error = clock_getcpuclockid(options->server_pid, &observer->server_clock);
  if (error != 0) fail("no CPU clock of process %d: %s", options->server_pid, strerror(error));
}

static uint64_t clock_ns(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) != 0) fail("the server process has ended");
  return (uint64_t)time.tv_sec * NS_PER_SECOND + (uint64_t)time.tv_nsec;
}

static void read_cores(const struct observer *observer, struct observation *observation) {
  FILE *file = fopen("/proc/stat", "r");
  if (file == NULL) return;
  const uint64_t tick_ns = NS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK);
  char line[512];
  while (fgets(line, sizeof line, file) != NULL) {
    int core;
    unsigned long long user, nice, system, idle, wait, irq, softirq, steal;
    if (sscanf(line, "cpu%d %llu %llu %llu %llu %llu %llu %llu %llu", &core, &user, &nice, &system, &idle, &wait,
               &irq, &softirq, &steal) != 9)
      continue;
    if (core == observer->server_core) observation->server_core_idle_ns = (idle + wait) * tick_ns;
    if (core == observer->generator_core) observation->generator_core_idle_ns = (idle + wait) * tick_ns;
    if (core == observer->server_core || core == observer->generator_core) observation->steal_ns += steal * tick_ns;
  }
  fclose(file);
}

void observe(const struct observer *observer, struct observation *observation) {
  memset(observation, 0, sizeof *observation);
  read_cores(observer, observation);
  observation->generator_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  observation->server_cpu_ns = clock_ns(observer->server_clock);
  observation->at_ns = now_ns();
}

void print_observed(const struct observation *start, const struct observation *end) {
  printf("\"windowNs\":%llu,\"serverCpuNs\":%llu,\"generatorCpuNs\":%llu,\"serverCoreIdleNs\":%llu,"
         "\"generatorCoreIdleNs\":%llu,\"stealNs\":%llu,",
         (unsigned long long)(end->at_ns - start->at_ns),
         (unsigned long long)(end->server_cpu_ns - start->server_cpu_ns),
         (unsigned long long)(end->generator_cpu_ns - start->generator_cpu_ns),
         (unsigned long long)(end->server_core_idle_ns - start->server_core_idle_ns),
         (unsigned long long)(end->generator_core_idle_ns - start->generator_core_idle_ns),
         (unsigned long long)(end->steal_ns - start->steal_ns));
}
