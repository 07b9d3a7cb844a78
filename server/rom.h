/* SPDX-License-Identifier: MIT */
/* The UEFI option ROM that pvg-server carries (guest/uefi). */
#ifndef SERVER_ROM_H
#define SERVER_ROM_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t builtin_rom[];
extern const size_t builtin_rom_size;

#endif
