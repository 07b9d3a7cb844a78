/* SPDX-License-Identifier: MIT */
/* The table of surface formats. */
#include "gpu/surface_format.h"

#include <glib.h>

static const struct pvg_surface_format table[] = {
#define X(code, planes, first, second, third) {code, planes, {first, second, third}},
#include "gpu/surface_formats.def"
#undef X
};

const struct pvg_surface_format *pvg_surface_format_find(uint32_t code)
{
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        if (table[i].code == code) {
            return &table[i];
        }
    }
    return NULL;
}
