/* SPDX-License-Identifier: MIT */
/* Presents of surfaces whose newest content the worker holds. The worker draws into a picture,
 * which is memory that it shares with the keeper; the keeper copies that to where the display wants
 * it. */
#ifndef PVG_REMOTE_PICTURES_H
#define PVG_REMOTE_PICTURES_H

#include "remote/asked.h"
#include "remote/keeper.h"

/* The executor's operation. The engine waits for the worker to look whether it holds the surface's
 * newest content, behind what it was given before; not for the picture. What it does not know in
 * half a second is shown from guest memory. */
bool pvg_pictures_present(struct pvg_executor *executor, struct pvg_present *present);

/* What the worker says: whether it will draw the present @id; and that it has drawn @asked, which
 * nobody else has any more. Minder thread. */
void pvg_pictures_hear_taken_locked(struct pvg_keeper *keeper, uint64_t id, bool taken);
void pvg_pictures_take(struct pvg_keeper *keeper, struct pvg_asked *asked,
                       const struct pvg_link_done *done);

/* The worker is dead: it takes no present, and the next one knows no picture. Both locks are
 * held. */
void pvg_pictures_forget_worker_locked(struct pvg_keeper *keeper);

void pvg_pictures_finish(struct pvg_keeper *keeper);

#endif
