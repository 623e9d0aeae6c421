/* Echo and fan-out, with a fixed number of messages under way or at a fixed rate. */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include "common.h"

void run_traffic(const struct options *options);

#endif
