/* SPDX-License-Identifier: MIT */
/* Commands in words, for traces and pvg-replay. */
#ifndef PVG_WIRE_PRINT_H
#define PVG_WIRE_PRINT_H

#include "wire/tables.h"

/* Writes what a record or a packet's payload says, such as "MapMemory2 task=3 address=0x400000
 * length=0x8000", to @out: as much as fits @size bytes, always ended by NUL. Returns the length
 * that all of it has. Whatever is not understood is shown as bytes. Any thread. */
size_t pvg_wire_print(char *out, size_t size, enum pvg_wire_space space, uint32_t opcode,
                      const void *payload, size_t payload_size);

#endif
