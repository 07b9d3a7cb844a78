/* SPDX-License-Identifier: MIT */
/* Writes and reads the sections of a saved device. */
#include "base/section.h"

#include <string.h>

void pvg_saver_init(struct pvg_saver *saver)
{
    saver->bytes = g_byte_array_new();
}

void *pvg_saver_finish(struct pvg_saver *saver, size_t *size)
{
    *size = saver->bytes->len;
    return g_byte_array_free(g_steal_pointer(&saver->bytes), FALSE);
}

void pvg_save_bytes(struct pvg_saver *saver, const void *bytes, size_t size)
{
    g_byte_array_append(saver->bytes, bytes, (guint)size);
}

void pvg_save_u8(struct pvg_saver *saver, uint8_t value)
{
    pvg_save_bytes(saver, &value, sizeof(value));
}

void pvg_save_u32(struct pvg_saver *saver, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    pvg_save_bytes(saver, &value, sizeof(value));
}

void pvg_save_u64(struct pvg_saver *saver, uint64_t value)
{
    value = GUINT64_TO_LE(value);
    pvg_save_bytes(saver, &value, sizeof(value));
}

void pvg_save_begin(struct pvg_saver *saver, uint32_t tag, uint32_t version)
{
    pvg_save_u32(saver, tag);
    pvg_save_u32(saver, version);
    saver->section = saver->bytes->len;
    pvg_save_u32(saver, 0);
}

void pvg_save_end(struct pvg_saver *saver)
{
    uint32_t length = GUINT32_TO_LE(saver->bytes->len - saver->section - 4);

    memcpy(saver->bytes->data + saver->section, &length, sizeof(length));
}

uint32_t pvg_restore_section(struct pvg_cursor *from, uint32_t tag, uint32_t version,
                             struct pvg_cursor *section)
{
    uint32_t found_tag = pvg_take_u32(from);
    uint32_t found_version = pvg_take_u32(from);
    uint32_t length = pvg_take_u32(from);
    const uint8_t *bytes = pvg_take_bytes(from, length);

    *section = pvg_cursor_over(bytes, bytes ? length : 0);
    if (from->refusal == PVG_ACCEPTED && found_tag != tag) {
        from->refusal = PVG_REFUSED_VALUE;
    }
    if (from->refusal == PVG_ACCEPTED && (found_version < 1 || found_version > version)) {
        from->refusal = PVG_REFUSED_OPCODE;
    }
    section->refusal = from->refusal;
    return from->refusal == PVG_ACCEPTED ? found_version : 0;
}
