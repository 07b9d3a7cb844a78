/* SPDX-License-Identifier: MIT */
/* Commands in words, for traces and pvg-replay. */
#include "wire/print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"

/* More of an array or of raw bytes than this does not help a reader. */
#define SHOWN_ELEMENTS 8
#define SHOWN_BYTES    32

struct text {
    char *out;
    size_t size;
    size_t length; /* also of what no longer fitted */
};

/* Bytes that a layout is laid over; what lies outside is not there. */
struct window {
    const uint8_t *bytes;
    size_t size;
};

PVG_PRINTF(2, 3) static void put(struct text *text, const char *format, ...)
{
    size_t room = text->length < text->size ? text->size - text->length : 0;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(room ? text->out + text->length : NULL, room, format, arguments);
    va_end(arguments);
    text->length += length > 0 ? (size_t)length : 0;
}

static void put_bytes(struct text *text, struct window from)
{
    for (size_t i = 0; i < from.size && i < SHOWN_BYTES; i++) {
        put(text, i ? " %02x" : "%02x", from.bytes[i]);
    }
    if (from.size > SHOWN_BYTES) {
        put(text, " ... %zu in all", from.size);
    }
}

static uint64_t number_at(struct window from, size_t offset, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++) {
        value |= (uint64_t)from.bytes[offset + i] << (8 * i);
    }
    return value;
}

static void put_flags(struct text *text, const struct pvg_wire_enum_info *names, uint64_t value)
{
    const char *between = "";

    for (unsigned i = 0; i < names->count; i++) {
        if (value & names->values[i].value) {
            put(text, "%s%s", between, names->values[i].name);
            value &= ~names->values[i].value;
            between = "|";
        }
    }
    if (value || !*between) {
        put(text, value ? "%s0x%" PRIx64 : "%s%" PRIu64, between, value);
    }
}

static void put_named(struct text *text, const struct pvg_wire_enum_info *names, uint64_t value)
{
    if (names->flags) {
        put_flags(text, names, value);
        return;
    }
    for (unsigned i = 0; i < names->count; i++) {
        if (names->values[i].value == value) {
            put(text, "%s", names->values[i].name);
            return;
        }
    }
    put(text, "unknown(%" PRIu64 ")", value);
}

static void put_float(struct text *text, uint64_t bits, size_t size)
{
    uint32_t low = (uint32_t)bits;
    float single;
    double number;

    if (size == sizeof(single)) {
        memcpy(&single, &low, sizeof(single));
        number = (double)single;
    } else {
        memcpy(&number, &bits, sizeof(number));
    }
    put(text, "%g", number);
}

static void put_number(struct text *text, const struct pvg_wire_field_info *field, uint64_t value)
{
    if (field->width < 64) {
        value = value >> field->low & ((UINT64_C(1) << field->width) - 1);
    }
    if (field->names) {
        put_named(text, field->names, value);
    } else if (field->kind == PVG_WIRE_FIELD_FLOAT) {
        put_float(text, value, field->size);
    } else if (field->kind == PVG_WIRE_FIELD_SIGNED) {
        put(text, "%" PRId64, (int64_t)(value << (64 - field->width)) >> (64 - field->width));
    } else {
        put(text, value < 10 ? "%" PRIu64 : "0x%" PRIx64, value);
    }
}

static size_t put_layout(struct text *text, const struct pvg_wire_layout_info *layout,
                         struct window from);

static void put_element(struct text *text, const struct pvg_wire_field_info *field,
                        struct window from, size_t offset)
{
    if (field->kind == PVG_WIRE_FIELD_STRUCT) {
        put(text, "{");
        put_layout(text, field->layout, (struct window){from.bytes + offset, field->size});
        put(text, "}");
    } else {
        put_number(text, field, number_at(from, offset, field->size));
    }
}

/* How many elements the guest says that @field has. */
static uint64_t elements(const struct pvg_wire_layout_info *layout,
                         const struct pvg_wire_field_info *field, struct window from)
{
    if (!field->counted) {
        return field->fixed ? field->fixed : 1;
    }
    for (unsigned i = 0; i < layout->count; i++) {
        const struct pvg_wire_field_info *count = &layout->fields[i];

        if (strcmp(count->name, field->counted) == 0 && count->offset + count->size <= from.size) {
            uint64_t value = number_at(from, count->offset, count->size) >> count->low;

            return count->width < 64 ? value & ((UINT64_C(1) << count->width) - 1) : value;
        }
    }
    return 0;
}

static size_t put_field(struct text *text, const struct pvg_wire_layout_info *layout,
                        const struct pvg_wire_field_info *field, struct window from, size_t at)
{
    bool array = field->counted || field->fixed;
    uint64_t count = elements(layout, field, from);
    uint64_t i;

    put(text, array ? "%s=[" : "%s=", field->name);
    for (i = 0; i < count && at <= from.size && field->size <= from.size - at; i++) {
        if (i < SHOWN_ELEMENTS) {
            put(text, "%s", i ? " " : "");
            put_element(text, field, from, at);
        }
        at += field->size;
    }
    if (i > SHOWN_ELEMENTS) {
        put(text, " ... %" PRIu64 " in all", i);
    }
    put(text, i < count ? " MISSING%s" : "%s", array ? "]" : "");
    return at;
}

/* Returns where the layout ended. */
static size_t put_layout(struct text *text, const struct pvg_wire_layout_info *layout,
                         struct window from)
{
    size_t end = layout->size < from.size ? layout->size : from.size;
    size_t behind = end;

    for (unsigned i = 0; i < layout->count; i++) {
        const struct pvg_wire_field_info *field = &layout->fields[i];
        size_t at = field->offset == PVG_WIRE_BEHIND ? behind : field->offset;

        put(text, "%s", i ? " " : "");
        if (field->kind == PVG_WIRE_FIELD_BYTES) {
            put(text, "%s=[", field->name);
            put_bytes(text, (struct window){from.bytes + behind, from.size - behind});
            put(text, "]");
            return from.size;
        }
        at = put_field(text, layout, field, from, at);
        behind = at > behind && at <= from.size ? at : behind;
    }
    return behind;
}

static const struct pvg_wire_form_info *find_form(enum pvg_wire_space space, uint32_t opcode,
                                                  size_t size)
{
    const struct pvg_wire_space_info *info = &pvg_wire_spaces[space];

    for (unsigned i = 0; i < info->count; i++) {
        const struct pvg_wire_form_info *form = &info->forms[i];

        if (form->opcode == opcode &&
            (!form->only_size || form->only_size == size + info->header)) {
            return form;
        }
    }
    return NULL;
}

size_t pvg_wire_print(char *out, size_t size, enum pvg_wire_space space, uint32_t opcode,
                      const void *payload, size_t payload_size)
{
    const struct pvg_wire_form_info *form = find_form(space, opcode, payload_size);
    struct text text = {.out = out, .size = size};
    struct window from = {payload, payload_size};
    size_t end;

    if (size) {
        out[0] = '\0';
    }
    if (!form) {
        put(&text, "%s 0x%" PRIx32 " [", pvg_wire_spaces[space].name, opcode);
        put_bytes(&text, from);
        put(&text, "]");
        return text.length;
    }
    put(&text, form->layout->count ? "%s " : "%s", form->title);
    end = put_layout(&text, form->layout, from);
    if (from.size > ((end + 3) & ~(size_t)3)) {
        put(&text, " more=[");
        put_bytes(&text, (struct window){from.bytes + end, from.size - end});
        put(&text, "]");
    }
    return text.length;
}
