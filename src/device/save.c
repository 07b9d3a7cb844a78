/* SPDX-License-Identifier: MIT */
/* Puts the sections of all modules one after another. */
#include "device/save.h"

#include "base/section.h"
#include "device/device.h"

#define TAG     PVG_SECTION_TAG("PVG0")
#define VERSION 1

void *pvg_state_save(struct pvg_device *device, size_t *size)
{
    struct pvg_saver saver;

    pvg_saver_init(&saver);
    pvg_save_begin(&saver, TAG, VERSION);
    pvg_save_u8(&saver, device->variant == PVG_VARIANT_MMIO);
    pvg_save_u32(&saver, device->display_count);
    pvg_save_u32(&saver, device->last_key_table);
    pvg_save_end(&saver);
    pvg_registers_save(device, &saver);
    pvg_tasks_save(&device->memory, &saver);
    pvg_surfaces_save(&device->memory, &saver);
    pvg_channels_save(device, &saver);
    pvg_stamps_save(&device->stamps, &saver);
    pvg_iosfc_save(device, &saver);
    pvg_displays_save(device, &saver);
    pvg_executor_save(device->executor, &saver);
    return pvg_saver_finish(&saver, size);
}

static enum pvg_refusal restore_head(struct pvg_device *device, struct pvg_cursor *from)
{
    struct pvg_cursor section;
    bool mmio;
    uint32_t displays;

    pvg_restore_section(from, TAG, VERSION, &section);
    mmio = pvg_take_u8(&section);
    displays = pvg_take_u32(&section);
    device->last_key_table = pvg_take_u32(&section);
    if (section.refusal != PVG_ACCEPTED) {
        return section.refusal;
    }
    return mmio == (device->variant == PVG_VARIANT_MMIO) && displays == device->display_count
               ? PVG_ACCEPTED
               : PVG_REFUSED_KIND;
}

bool pvg_state_restore(struct pvg_device *device, const void *bytes, size_t size,
                       struct pvg_error *error)
{
    struct pvg_cursor from = pvg_cursor_over(bytes, size);
    const char *part = "head";
    enum pvg_refusal why = restore_head(device, &from);

    if (why == PVG_REFUSED_KIND) {
        pvg_error_set(error, "cannot restore: the state is of a device of the other variant, or "
                             "with another number of displays");
        return false;
    }
#define RESTORE(name, call)                                                                        \
    if (why == PVG_ACCEPTED) {                                                                     \
        part = name;                                                                               \
        why = call;                                                                                \
    }
    RESTORE("registers", pvg_registers_restore(device, &from));
    RESTORE("tasks", pvg_tasks_restore(&device->memory, &from));
    RESTORE("surfaces", pvg_surfaces_restore(&device->memory, &from));
    RESTORE("channels", pvg_channels_restore(device, &from));
    RESTORE("stamps", pvg_stamps_restore(&device->stamps, &from));
    RESTORE("iosfc", pvg_iosfc_restore(device, &from));
    RESTORE("displays", pvg_displays_restore(device, &from));
    RESTORE("executor", pvg_executor_restore(device->executor, &from));
#undef RESTORE
    if (why != PVG_ACCEPTED) {
        pvg_error_set(error, "cannot restore: the %s of the saved state are damaged (%s)", part,
                      pvg_refusal_words(why));
        return false;
    }
    pvg_executor_task_changed(device->executor, PVG_EVERY_TASK);
    return true;
}
