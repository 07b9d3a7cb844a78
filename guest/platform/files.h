/* SPDX-License-Identifier: MIT
 * Small files of /proc and /sys, read whole. */
#ifndef GUEST_FILES_H
#define GUEST_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Reads up to @size - 1 bytes of @path and terminates them; the length, or -1. */
ssize_t file_read(const char *path, char *out, size_t size);

bool file_write(const char *path, const char *text);

#endif
