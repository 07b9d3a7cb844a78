/* SPDX-License-Identifier: MIT */
/* What the device says of its firmware display, made safe to compute with. Also compiled for the
 * host, where its tests run. Spec: 91-uefi-rom 2, 11. */
#ifndef GUEST_UEFI_MODES_H
#define GUEST_UEFI_MODES_H

#include <stdint.h>

/* Registers, as offsets in BAR 0. */
#define GFX_EFI_DISPLAY      0x1200
#define GFX_EFI_MODE_COUNT   0x1204
#define GFX_EFI_MODE_SELECT  0x1208
#define GFX_EFI_MODE_SIZE    0x120c
#define GFX_EFI_FB_START     0x1210
#define GFX_EFI_FB_LENGTH    0x1214
#define GFX_EFI_FB_DEPTH     0x1218
#define GFX_EFI_STRIDE_ALIGN 0x1224
#define GFX_EFI_FB_STRIDE    0x1228

#define MODES_MAX 64

struct display_mode {
    uint32_t width, height; /* pixels */
    uint32_t stride;        /* bytes a row */
};

/* The number of modes to offer when MODE_COUNT reads @count: at least one. */
uint32_t modes_count(uint32_t count);

/* The mode behind a MODE_SIZE word; edges of 0 or above 8192, and alignments that are no power of
 * two up to 4096, give 1024 by 768 and 64 bytes instead. */
struct display_mode modes_decode(uint32_t mode_size, uint32_t stride_align);

#endif
