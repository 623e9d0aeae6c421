/* Connect, upgrade, close, and again. */
#ifndef HANDSHAKES_H
#define HANDSHAKES_H

#include "common.h"

void run_handshakes(const struct options *options);

#endif
