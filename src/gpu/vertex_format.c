/* SPDX-License-Identifier: MIT */
/* The table of vertex formats. */
#include "gpu/vertex_format.h"

#include <glib.h>

static const struct pvg_vertex_format table[] = {
#define X(ordinal_, name_, bytes_, components_, numeric_, vk_)                                     \
    [ordinal_] = {bytes_, components_, PVG_NUMERIC_##numeric_, vk_, #name_},
#include "gpu/vertex_formats.def"
#undef X
};

const struct pvg_vertex_format *pvg_vertex_format_find(uint32_t ordinal)
{
    if (ordinal >= G_N_ELEMENTS(table) || table[ordinal].vk == VK_FORMAT_UNDEFINED) {
        return NULL;
    }
    return &table[ordinal];
}
