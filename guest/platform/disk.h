/* SPDX-License-Identifier: MIT
 * The virtio block devices, found by the serial number that the host gave them. */
#ifndef GUEST_DISK_H
#define GUEST_DISK_H

#include <stdbool.h>

/* The kernel's name ("vda") of the disk with serial number @serial; false when there is none. */
bool disk_find(const char *serial, char name[32]);

/* Opens that disk past the page cache; the descriptor, or -1. */
int disk_open_direct(const char *serial);

#endif
