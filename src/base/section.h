/* SPDX-License-Identifier: MIT */
/* A saved device: sections with a tag, a version and a length, fields in each in the struct's order,
 * little-endian. Reading it is reading what a stranger wrote: through a cursor, section by section. */
#ifndef PVG_BASE_SECTION_H
#define PVG_BASE_SECTION_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

/* Four characters, "RAM " */
#define PVG_SECTION_TAG(text)                                                                      \
    ((uint32_t)(text)[0] | (uint32_t)(text)[1] << 8 | (uint32_t)(text)[2] << 16 |                  \
     (uint32_t)(text)[3] << 24)

struct pvg_saver {
    GByteArray *bytes;
    guint section; /* where the open section's length stands */
};

void pvg_saver_init(struct pvg_saver *saver);
/* The bytes, to be freed with g_free. */
void *pvg_saver_finish(struct pvg_saver *saver, size_t *size);

void pvg_save_begin(struct pvg_saver *saver, uint32_t tag, uint32_t version);
void pvg_save_end(struct pvg_saver *saver);

void pvg_save_u8(struct pvg_saver *saver, uint8_t value);
void pvg_save_u32(struct pvg_saver *saver, uint32_t value);
void pvg_save_u64(struct pvg_saver *saver, uint64_t value);
void pvg_save_bytes(struct pvg_saver *saver, const void *bytes, size_t size);

/* The next section must be @tag; @section becomes a cursor over its bytes. Refuses VALUE (another
 * tag), OPCODE (a version above @version), SHORT. Returns the version, 0 when refused. */
uint32_t pvg_restore_section(struct pvg_cursor *from, uint32_t tag, uint32_t version,
                             struct pvg_cursor *section);

#endif
