/* Socket.IO by long-polling: on each connection a POST with a message, and a GET that brings it back. */
#ifndef POLLING_H
#define POLLING_H

#include "common.h"

void run_polling(const struct options *options);

#endif
