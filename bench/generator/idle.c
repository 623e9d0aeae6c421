#include "idle.h"

#include "session.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOLD_MS 60000

void run_idle(const struct options *options) {
  struct upgrades upgrades;
  upgrades_load(&upgrades, options);
  struct pollfd *sockets = calloc((size_t)options->connections, sizeof *sockets);
  for (int i = 0; i < options->connections; i++)
    sockets[i].fd = session_connect(&upgrades, i, "idle", false);
  printf("ready\n");
  fflush(stdout);
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN | POLLHUP};
  poll(&input, 1, HOLD_MS);
  /* A connection that the server has given up in the meantime would flatter its memory. */
  for (int i = 0; i < options->connections; i++) {
    char byte;
    if (recv(sockets[i].fd, &byte, 1, MSG_PEEK) == 0) fail("the server dropped an idle connection");
  }
  printf("{\"held\":%d}\n", options->connections);
}
