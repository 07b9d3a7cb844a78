/* SPDX-License-Identifier: MIT */
#include "device/session.h"

#include <string.h>

#include "base/section.h"
#include "device/device.h"
#include "device/modes.h"

static void describe_modes(const struct pvg_mode *modes, size_t count, struct pvg_saver *saver)
{
    pvg_save_u32(saver, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        pvg_save_u32(saver, modes[i].width);
        pvg_save_u32(saver, modes[i].height);
        pvg_save_u32(saver, modes[i].refresh_mhz);
    }
}

static void describe_display(const struct pvg_display *display, struct pvg_saver *saver)
{
    char name[64] = {0};

    g_strlcpy(name, display->name, sizeof(name));
    pvg_save_bytes(saver, name, sizeof(name));
    pvg_save_u32(saver, display->width_mm);
    pvg_save_u32(saver, display->height_mm);
    pvg_save_u32(saver, display->serial);
    pvg_save_u8(saver, !pvg_display_is_connected(display));
    describe_modes(display->modes, display->mode_count, saver);
}

void pvg_session_describe(struct pvg_device *device)
{
    struct pvg_saver saver;
    g_autofree uint8_t *bytes = NULL;
    size_t size;

    pvg_saver_init(&saver);
    pvg_save_u8(&saver, device->variant == PVG_VARIANT_MMIO);
    pvg_save_u8(&saver, !strcmp(device->executor->impl->name, "vulkan"));
    pvg_save_u32(&saver, device->display_count);
    for (unsigned i = 0; i < device->display_count; i++) {
        describe_display(&device->displays[i], &saver);
    }
    bytes = pvg_saver_finish(&saver, &size);
    pvg_recorder_note(device->recorder, &(struct pvg_trace_event){.kind = PVG_TRACE_CONFIG,
                                                                  .bytes = bytes,
                                                                  .size = size});
}

void pvg_session_note_modes(struct pvg_device *device, unsigned display,
                            const struct pvg_mode *modes, size_t count)
{
    struct pvg_saver saver;
    g_autofree uint8_t *bytes = NULL;
    size_t size;

    pvg_saver_init(&saver);
    describe_modes(modes, count, &saver);
    bytes = pvg_saver_finish(&saver, &size);
    pvg_recorder_note(device->recorder, &(struct pvg_trace_event){.kind = PVG_TRACE_MODES,
                                                                  .numbers = {display},
                                                                  .bytes = bytes,
                                                                  .size = size});
}

enum pvg_refusal pvg_session_decode_modes(struct pvg_cursor *from, struct pvg_mode *modes,
                                          size_t *count)
{
    *count = pvg_take_count(from, 3 * sizeof(uint32_t));
    if (*count > PVG_MAX_MODES) {
        return PVG_REFUSED_COUNT;
    }
    for (size_t i = 0; i < *count; i++) {
        modes[i].width = pvg_take_u32(from);
        modes[i].height = pvg_take_u32(from);
        modes[i].refresh_mhz = pvg_take_u32(from);
    }
    return from->refusal;
}

static enum pvg_refusal decode_display(struct pvg_cursor *from, struct pvg_session *out,
                                       size_t index)
{
    struct pvg_display_options *display = &out->displays[index];
    const uint8_t *name = pvg_take_bytes(from, sizeof(out->names[index]));

    if (name) {
        memcpy(out->names[index], name, sizeof(out->names[index]));
        out->names[index][sizeof(out->names[index]) - 1] = '\0';
    }
    display->name = out->names[index];
    display->width_mm = pvg_take_u32(from);
    display->height_mm = pvg_take_u32(from);
    display->serial = pvg_take_u32(from);
    display->disconnected = pvg_take_u8(from) != 0;
    display->modes = out->modes[index];
    return pvg_session_decode_modes(from, out->modes[index], &display->mode_count);
}

enum pvg_refusal pvg_session_decode(struct pvg_cursor *from, struct pvg_session *out)
{
    enum pvg_refusal why = PVG_ACCEPTED;

    *out = (struct pvg_session){0};
    out->variant = pvg_take_u8(from) ? PVG_VARIANT_MMIO : PVG_VARIANT_PCI;
    out->executes = pvg_take_u8(from) != 0;
    out->display_count = pvg_take_u32(from);
    if (out->display_count > PVG_MAX_DISPLAYS) {
        return PVG_REFUSED_COUNT;
    }
    for (size_t i = 0; why == PVG_ACCEPTED && i < out->display_count; i++) {
        why = decode_display(from, out, i);
    }
    return why == PVG_ACCEPTED ? from->refusal : why;
}
