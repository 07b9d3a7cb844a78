/* SPDX-License-Identifier: MIT */
/* The chip id (ECID) in a machine identifier, as macOS's Virtualization framework stores it.
 * Spec: 80-platform 14.4. */
#ifndef CLI_IDENTITY_H
#define CLI_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pvg/error.h>

/* @bytes: a property list, XML or binary, whose dictionary has an integer ECID. */
bool identity_parse(const void *bytes, size_t size, uint64_t *ecid, struct pvg_error *error);

/* The same in base64, as in JSON files. */
bool identity_parse_base64(const char *text, uint64_t *ecid, struct pvg_error *error);

#endif
