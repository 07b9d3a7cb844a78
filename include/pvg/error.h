/* SPDX-License-Identifier: MIT */
/* What a person reads when the host, or its user, got something wrong.
 *
 * A function that can fail this way takes a `struct pvg_error *` (may be NULL) and tells success by
 * its return value alone. The finder fills the error and does not print; the caller decides. */
#ifndef PVG_ERROR_H
#define PVG_ERROR_H

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One sentence without a full stop: the thing, the cause, the way out. Zero-initialise before use;
 * it needs no clean-up. Longer sentences are cut. */
struct pvg_error {
    char message[512];
};

/* Any thread. @error may be NULL. */
__attribute__((format(printf, 2, 3), visibility("default"))) void
pvg_error_set(struct pvg_error *error, const char *format, ...);

/* As pvg_error_set, then ": " and the text of errno. */
__attribute__((format(printf, 2, 3), visibility("default"))) void
pvg_error_set_errno(struct pvg_error *error, const char *format, ...);

#ifdef __cplusplus
}
#endif

#endif
