/* SPDX-License-Identifier: MIT */
/* Every layout of the wire format as data, for code that works on all of them alike. */
#ifndef PVG_WIRE_TABLES_H
#define PVG_WIRE_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pvg_wire_value_info {
    uint64_t value;
    const char *name;
};

struct pvg_wire_enum_info {
    bool flags;
    unsigned count;
    const struct pvg_wire_value_info *values;
};

enum pvg_wire_field_kind {
    PVG_WIRE_FIELD_NUMBER,
    PVG_WIRE_FIELD_SIGNED,
    PVG_WIRE_FIELD_FLOAT,
    PVG_WIRE_FIELD_STRUCT,
    PVG_WIRE_FIELD_BYTES, /* all that is left */
};

#define PVG_WIRE_BEHIND 0xffff /* as an offset: behind the counted field before it */

/* One member, or some bits of a word. Unwritten and zero bytes have no entry. */
struct pvg_wire_field_info {
    const char *name;
    uint16_t offset;                        /* bytes */
    uint8_t kind;                           /* enum pvg_wire_field_kind */
    uint16_t size;                          /* bytes of one element, or of the word */
    uint8_t low;                            /* bit */
    uint8_t width;                          /* bits */
    uint16_t fixed;                         /* elements, when the layout says it; 0: not an array */
    const char *counted;                    /* the member that says it, or NULL */
    const struct pvg_wire_enum_info *names; /* may be NULL */
    const struct pvg_wire_layout_info *layout; /* of a struct, else NULL */
};

struct pvg_wire_layout_info {
    uint16_t size;    /* bytes that are always there, an unwritten tail included */
    uint16_t written; /* the same without that tail */
    uint16_t count;
    const struct pvg_wire_field_info *fields;
};

struct pvg_wire_form_info {
    const char *title;
    uint16_t opcode;
    uint16_t only_size; /* total bytes that select this form of its opcode; 0: any */
    const struct pvg_wire_layout_info *layout;
};

enum pvg_wire_space {
    PVG_WIRE_SPACE_PACKET,
    PVG_WIRE_SPACE_CREATE,
    PVG_WIRE_SPACE_RENDER,
    PVG_WIRE_SPACE_COMPUTE,
    PVG_WIRE_SPACE_BLIT,
    PVG_WIRE_SPACE_EVENT,
    PVG_WIRE_SPACE_INFO,
    PVG_WIRE_SPACE_COUNT,
};

struct pvg_wire_space_info {
    const char *name;
    unsigned header;                        /* bytes of a record's header that only_size counts */
    const struct pvg_wire_form_info *forms; /* by opcode */
    unsigned count;
};

extern const struct pvg_wire_space_info pvg_wire_spaces[PVG_WIRE_SPACE_COUNT];

#endif
