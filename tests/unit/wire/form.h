/* SPDX-License-Identifier: MIT */
/* Every form of every record, with its decoder and its encoder. */
#ifndef PVG_TESTS_UNIT_WIRE_FORM_H
#define PVG_TESTS_UNIT_WIRE_FORM_H

#include "wire/forms.h"
#include "wire/tables.h"

struct form {
    const char *name;
    enum pvg_wire_space space;
    uint32_t opcode;
    uint32_t only_size;
    enum pvg_refusal (*decode)(struct pvg_cursor *c, void *out);
    void (*encode)(struct pvg_writer *w, const void *in);
    size_t size; /* of the struct */
};

#define X(space, form, struct_name, opcode, only_size)                                             \
    static enum pvg_refusal space##_##form##_decode(struct pvg_cursor *c, void *out)               \
    {                                                                                              \
        return pvg_wire_##form##_decode(c, out);                                                   \
    }                                                                                              \
    static void space##_##form##_encode(struct pvg_writer *w, const void *in)                      \
    {                                                                                              \
        pvg_wire_##form##_encode(w, in);                                                           \
    }
PVG_WIRE_FORMS(X)
#undef X

static const struct form forms[] = {
#define X(space, form, struct_name, opcode, only_size)                                             \
    {#form,                                                                                        \
     PVG_WIRE_SPACE_##space,                                                                       \
     opcode,                                                                                       \
     only_size,                                                                                    \
     space##_##form##_decode,                                                                      \
     space##_##form##_encode,                                                                      \
     sizeof(struct pvg_wire_##struct_name)},
    PVG_WIRE_FORMS(X)
#undef X
};

static const size_t form_count = sizeof(forms) / sizeof(forms[0]);

#endif
