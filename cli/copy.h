/* SPDX-License-Identifier: MIT */
/* Copies disk images: shared blocks where the file system can, holes kept, progress shown. */
#ifndef CLI_COPY_H
#define CLI_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include <pvg/error.h>

/* @to becomes bytes [@skip, end) of @from; it must not exist, and does not after a failure. */
bool copy_image(const char *from, uint64_t skip, const char *to, struct pvg_error *error);

#endif
