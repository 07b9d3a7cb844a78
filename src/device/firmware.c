/* SPDX-License-Identifier: MIT */
/* Reads the picture that firmware or the guest's early kernel draws. */
#include "device/firmware.h"

#include <glib.h>
#include <string.h>

#include "base/range.h"
#include "device/device.h"
#include "device/picture.h"

void pvg_firmware_set_modes(struct pvg_firmware *firmware, const struct pvg_mode *modes,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        atomic_store(&firmware->mode_size[i], modes[i].width << 16 | modes[i].height);
    }
    atomic_store(&firmware->mode_count, (uint32_t)count);
}

uint32_t pvg_firmware_mode_count(const struct pvg_firmware *firmware)
{
    return atomic_load(&((struct pvg_firmware *)firmware)->mode_count);
}

uint32_t pvg_firmware_mode_size(const struct pvg_firmware *firmware, uint32_t index)
{
    return index < pvg_firmware_mode_count(firmware)
               ? atomic_load(&((struct pvg_firmware *)firmware)->mode_size[index])
               : 0;
}

bool pvg_firmware_announced(const struct pvg_device *device)
{
    return atomic_load(&((struct pvg_device *)device)->registers.fb_start) != 0;
}

static bool read_picture(struct pvg_device *device, struct pvg_picture *picture)
{
    struct pvg_registers *r = &device->registers;
    uint32_t size = pvg_firmware_mode_size(&device->firmware, atomic_load(&r->efi_mode));
    uint32_t width = size >> 16, height = size & 0xffff;
    uint64_t start = atomic_load(&r->fb_start);
    uint32_t stride = atomic_load(&r->fb_stride);
    bool changed = false;
    g_autofree uint8_t *row = NULL;
    uint64_t span;

    stride = stride ? stride : width * 4;
    if (!width || !height || stride < width * 4 ||
        !pvg_mul(stride, height - 1, &span) || !pvg_add(span, width * 4, &span) ||
        !pvg_add(start, span, &span)) {
        return false;
    }
    if (pvg_ram_check(&device->memory.ram, (struct pvg_gpa){start},
                      (size_t)stride * (height - 1) + width * 4) != PVG_ACCEPTED) {
        return false;
    }
    if (!pvg_picture_resize(picture, width, height, PVG_PIXELS_BGRX8888, &changed)) {
        return false;
    }
    row = g_malloc((size_t)width * 4);
    for (uint32_t y = 0; y < height; y++) {
        struct pvg_gpa at = {start + (uint64_t)stride * y};
        uint8_t *shown = picture->pixels + (size_t)picture->stride * y;

        if (pvg_ram_read(&device->memory.ram, at, row, (size_t)width * 4) != PVG_ACCEPTED) {
            break;
        }
        if (memcmp(shown, row, (size_t)width * 4)) {
            memcpy(shown, row, (size_t)width * 4);
            changed = true;
        }
    }
    return changed;
}

bool pvg_firmware_show(struct pvg_device *device)
{
    struct pvg_display *display = &device->displays[0];
    struct pvg_picture *picture = &display->output.pictures[display->output.shown];

    if (!read_picture(device, picture)) {
        return false;
    }
    pvg_output_touch_shown(&display->output);
    pvg_display_note_picture(display, picture);
    return true;
}
