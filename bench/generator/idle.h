/* Opens connections and holds them silently while the bench looks at the server's memory. */
#ifndef IDLE_H
#define IDLE_H

#include "common.h"

/* Prints "ready" when all are open, holds them until stdin ends (at most 60 seconds), and leaves. */
void run_idle(const struct options *options);

#endif
