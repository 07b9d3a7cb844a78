/* SPDX-License-Identifier: MIT */
/* As much of QEMU as its files without QEMU in them need: they are tested without it. */
#ifndef QEMU_OSDEP_H
#define QEMU_OSDEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARRAY_SIZE(array)    (sizeof(array) / sizeof((array)[0]))
#define ROUND_UP(number, to) (((number) + (to)-1) / (to) * (to))

#endif
