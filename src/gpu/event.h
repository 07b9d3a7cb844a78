/* SPDX-License-Identifier: MIT */
/* The values of events, by task and number. */
#ifndef PVG_GPU_EVENT_H
#define PVG_GPU_EVENT_H

#include <glib.h>

#include "memory/memory.h"

GHashTable *pvg_events_new(void);

/* The task is gone, and its events with it. */
void pvg_events_forget_space(GHashTable *events, struct pvg_space space);

#endif
