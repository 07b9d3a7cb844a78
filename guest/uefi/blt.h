/* SPDX-License-Identifier: MIT */
/* Block transfers between a framebuffer and a caller's buffer: UEFI's GOP Blt as arithmetic on
 * memory, without firmware. Also compiled for the host, where its tests run. Spec: 91-uefi-rom 5. */
#ifndef GUEST_UEFI_BLT_H
#define GUEST_UEFI_BLT_H

#include "uefi.h"

struct blt_screen {
    uint32_t *pixels;
    uint32_t width, height;
    uint32_t pixels_per_line;
};

struct blt_request {
    enum efi_blt_operation operation;
    uint64_t source_x, source_y;
    uint64_t x, y; /* destination */
    uint64_t width, height;
    uint64_t pitch; /* bytes a row of the caller's buffer; 0: width * 4 */
};

/* INVALID_PARAMETER, and nothing is touched, unless every rectangle lies on the screen, the pitch
 * holds a row and the area is not empty. */
efi_status blt_run(const struct blt_screen *screen, const struct blt_request *request,
                   uint32_t *buffer);

#endif
