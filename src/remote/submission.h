/* SPDX-License-Identifier: MIT */
/* A submission as bytes: everything that its keeper copied out of guest memory. */
#ifndef PVG_REMOTE_SUBMISSION_H
#define PVG_REMOTE_SUBMISSION_H

#include "base/section.h"
#include "gpu/submission.h"

void pvg_submission_put(const struct pvg_submission *submission, struct pvg_saver *out);

/* NULL when the bytes make none. */
struct pvg_submission *pvg_submission_take(struct pvg_cursor *from);

#endif
