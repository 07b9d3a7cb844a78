/* SPDX-License-Identifier: MIT */
/* The firmware display of one apple-gfx function: its registers and its framebuffer. */
#ifndef GUEST_UEFI_DISPLAY_H
#define GUEST_UEFI_DISPLAY_H

#include "blt.h"
#include "modes.h"
#include "uefi.h"

struct display {
    struct efi_boot_services *firmware;
    struct efi_pci_io *pci;
    struct display_mode modes[MODES_MAX];
    uint32_t mode_count;
    uint32_t mode; /* the active one */
    uint64_t framebuffer; /* physical, of `pages` pages; 0: none yet */
    uint64_t pages;
};

/* Reads the modes and shows the first. The caller has enabled the function. */
efi_status display_init(struct display *display, struct efi_boot_services *firmware,
                        struct efi_pci_io *pci);

/* Turns the display off and gives the memory back. */
void display_finish(struct display *display);

/* Shows mode @mode, black, in memory of its size; UNSUPPORTED when there is no such mode. On failure
 * the old mode stays. */
efi_status display_set_mode(struct display *display, uint32_t mode);

/* The active mode's pixels. */
struct blt_screen display_screen(const struct display *display);

#endif
