/* SPDX-License-Identifier: MIT */
/* The firmware display of one apple-gfx function. */
#include "display.h"

#define PAGE_SIZE       4096
#define BELOW_4_GIB     UINT64_C(0xffffffff)
#define BITS_PER_PIXEL  32

static uint32_t read_register(const struct display *display, uint64_t offset)
{
    uint32_t value = 0;

    display->pci->mem_read(display->pci, EFI_PCI_WIDTH_UINT32, 0, offset, 1, &value);
    return value;
}

static void write_register(const struct display *display, uint64_t offset, uint32_t value)
{
    display->pci->mem_write(display->pci, EFI_PCI_WIDTH_UINT32, 0, offset, 1, &value);
}

static void read_modes(struct display *display)
{
    uint32_t align = read_register(display, GFX_EFI_STRIDE_ALIGN);

    display->mode_count = modes_count(read_register(display, GFX_EFI_MODE_COUNT));
    for (uint32_t i = 0; i < display->mode_count; i++) {
        write_register(display, GFX_EFI_MODE_SELECT, i);
        display->modes[i] = modes_decode(read_register(display, GFX_EFI_MODE_SIZE), align);
    }
    write_register(display, GFX_EFI_MODE_SELECT, 0);
}

static uint64_t mode_size(const struct display_mode *mode)
{
    return (uint64_t)mode->stride * mode->height;
}

/* Reserved memory outlives ExitBootServices, so that the system's own early console can go on
 * drawing; below 4 GiB because a 4-byte write sets only the low half of FB_START. */
static efi_status allocate_framebuffer(struct display *display, uint64_t pages, uint64_t *address)
{
    *address = BELOW_4_GIB;
    return display->firmware->allocate_pages(EFI_ALLOCATE_MAX_ADDRESS, EFI_RESERVED_MEMORY, pages,
                                             address);
}

static void free_framebuffer(struct display *display)
{
    if (display->framebuffer) {
        display->firmware->free_pages(display->framebuffer, display->pages);
    }
    display->framebuffer = 0;
}

efi_status display_init(struct display *display, struct efi_boot_services *firmware,
                        struct efi_pci_io *pci)
{
    display->firmware = firmware;
    display->pci = pci;
    display->framebuffer = 0;
    read_modes(display);
    return display_set_mode(display, 0);
}

void display_finish(struct display *display)
{
    if (!display->framebuffer) {
        return;
    }
    write_register(display, GFX_EFI_DISPLAY, 0);
    write_register(display, GFX_EFI_FB_START, 0);
    free_framebuffer(display);
}

struct blt_screen display_screen(const struct display *display)
{
    const struct display_mode *mode = &display->modes[display->mode];

    return (struct blt_screen){
        .pixels = (uint32_t *)display->framebuffer,
        .width = mode->width,
        .height = mode->height,
        .pixels_per_line = mode->stride / 4,
    };
}

static void clear(const struct display *display)
{
    struct blt_screen screen = display_screen(display);
    uint32_t black = 0;

    blt_run(&screen,
            &(struct blt_request){.operation = EFI_BLT_VIDEO_FILL, .width = screen.width,
                                  .height = screen.height},
            &black);
}

efi_status display_set_mode(struct display *display, uint32_t mode)
{
    const struct display_mode *wanted = &display->modes[mode];
    uint64_t framebuffer, pages;
    efi_status status;

    if (mode >= display->mode_count) {
        return EFI_UNSUPPORTED;
    }
    pages = (mode_size(wanted) + PAGE_SIZE - 1) / PAGE_SIZE;
    status = allocate_framebuffer(display, pages, &framebuffer);
    if (status != EFI_SUCCESS) {
        return status;
    }
    /* The device shows memory while FB_START names it: off before the old goes, on at the end. */
    write_register(display, GFX_EFI_FB_START, 0);
    free_framebuffer(display);
    display->framebuffer = framebuffer;
    display->pages = pages;
    display->mode = mode;
    clear(display);
    write_register(display, GFX_EFI_MODE_SELECT, mode);
    write_register(display, GFX_EFI_FB_LENGTH, mode_size(wanted));
    write_register(display, GFX_EFI_FB_DEPTH, BITS_PER_PIXEL);
    write_register(display, GFX_EFI_FB_STRIDE, wanted->stride);
    write_register(display, GFX_EFI_FB_START, framebuffer);
    write_register(display, GFX_EFI_DISPLAY, 1);
    return EFI_SUCCESS;
}
