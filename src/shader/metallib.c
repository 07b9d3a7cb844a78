/* SPDX-License-Identifier: MIT */
/* Reads MTLB containers and bitcode wrappers, none of whose bytes can be trusted. */
#include "shader/metallib.h"

#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "base/cursor.h"
#include "base/range.h"

#define HEADER_SIZE 88u
#define FOURCC(a, b, c, d)                                                                         \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define MAGIC_CONTAINER FOURCC('M', 'T', 'L', 'B')
#define MAGIC_WRAPPER   UINT32_C(0x0b17c0de)
#define MAGIC_BITCODE   UINT32_C(0xdec04342)
#define WRAPPER_SIZE    20u

struct blob {
    const uint8_t *bytes;
    size_t size;
};

/* The part of @blob that @range names, or false. */
static bool blob_part(struct blob blob, struct pvg_range range, struct blob *out)
{
    if (!pvg_range_fits(range, blob.size)) {
        return false;
    }
    *out = (struct blob){blob.bytes + range.start, range.size};
    return true;
}

static struct pvg_cursor cursor_of(struct blob blob)
{
    return pvg_cursor_over(blob.bytes, blob.size);
}

static uint32_t magic_of(struct blob blob)
{
    struct pvg_cursor cursor = cursor_of(blob);

    return pvg_take_u32(&cursor);
}

const char *pvg_metallib_type_name(enum pvg_metallib_type type)
{
    switch (type) {
    case PVG_METALLIB_VERTEX:
        return "vertex";
    case PVG_METALLIB_FRAGMENT:
        return "fragment";
    case PVG_METALLIB_KERNEL:
        return "kernel";
    case PVG_METALLIB_UNQUALIFIED:
        return "unqualified";
    case PVG_METALLIB_VISIBLE:
        return "visible";
    case PVG_METALLIB_EXTERN:
        return "extern";
    case PVG_METALLIB_INTERSECTION:
        return "intersection";
    case PVG_METALLIB_MESH:
        return "mesh";
    case PVG_METALLIB_OBJECT:
        return "object";
    case PVG_METALLIB_NONE:
        return "module";
    }
    return "unknown";
}

/* Raw bitcode may be followed by zero padding, which its own length cannot tell from the outside;
 * LLVM skips it. */
static enum pvg_refusal raw_bitcode(struct blob blob, struct pvg_metallib_function *function)
{
    if (blob.size % 4) {
        return PVG_REFUSED_VALUE;
    }
    function->bitcode = blob.bytes;
    function->bitcode_size = blob.size;
    return PVG_ACCEPTED;
}

/* Takes the wrapper off (70-air 3.1). */
static enum pvg_refusal unwrap(struct blob blob, struct pvg_metallib_function *function)
{
    struct pvg_cursor cursor = cursor_of(blob);
    struct pvg_range range;
    struct blob inner;

    switch (pvg_take_u32(&cursor)) {
    case MAGIC_BITCODE:
        return raw_bitcode(blob, function);
    case MAGIC_WRAPPER:
        break;
    default:
        return PVG_REFUSED_VALUE;
    }
    pvg_take_skip(&cursor, 4); /* version */
    range.start = pvg_take_u32(&cursor);
    range.size = pvg_take_u32(&cursor);
    pvg_take_skip(&cursor, 4); /* CPU type */
    if (cursor.refusal) {
        return cursor.refusal;
    }
    if (range.start < WRAPPER_SIZE || range.size < 4 || range.size % 4) {
        return PVG_REFUSED_VALUE;
    }
    if (!blob_part(blob, range, &inner)) {
        return PVG_REFUSED_RANGE;
    }
    if (magic_of(inner) != MAGIC_BITCODE) {
        return PVG_REFUSED_VALUE;
    }
    return raw_bitcode(inner, function);
}

/* What the tags of one entry of the function list say. */
struct entry {
    struct pvg_metallib_function function;
    uint64_t code_start; /* in the bitcode section */
    uint64_t code_size;  /* 0: ask the wrapper */
    bool has_code;
};

static bool known_type(uint8_t type)
{
    return type <= PVG_METALLIB_OBJECT || type == PVG_METALLIB_NONE;
}

static enum pvg_refusal take_name(struct pvg_cursor *tag, struct entry *entry)
{
    size_t size = tag->left;
    const uint8_t *name = pvg_take_bytes(tag, size);

    if (!name || !size || memchr(name, 0, size) != name + size - 1) {
        return PVG_REFUSED_VALUE;
    }
    entry->function.name = (const char *)name;
    return PVG_ACCEPTED;
}

/* Decodes one tag's payload. A tag we know with another length than its own is refused; the last
 * one of a name wins; others are skipped (70-air 2.8). */
static enum pvg_refusal take_tag(uint32_t name, struct blob payload, struct entry *entry)
{
    struct pvg_cursor tag = cursor_of(payload);
    uint8_t type;

    switch (name) {
    case FOURCC('N', 'A', 'M', 'E'):
        return take_name(&tag, entry);
    case FOURCC('T', 'Y', 'P', 'E'):
        type = pvg_take_u8(&tag);
        if (!known_type(type)) {
            return PVG_REFUSED_VALUE;
        }
        entry->function.type = type;
        break;
    case FOURCC('M', 'D', 'S', 'Z'):
        entry->code_size = pvg_take_u64(&tag);
        break;
    case FOURCC('O', 'F', 'F', 'T'):
        pvg_take_skip(&tag, 16); /* public and private metadata: reflection, not needed to run */
        entry->code_start = pvg_take_u64(&tag);
        entry->has_code = true;
        break;
    case FOURCC('V', 'E', 'R', 'S'):
        entry->function.air.major = pvg_take_u16(&tag);
        entry->function.air.minor = pvg_take_u16(&tag);
        entry->function.language.major = pvg_take_u16(&tag);
        entry->function.language.minor = pvg_take_u16(&tag);
        break;
    default:
        return PVG_ACCEPTED;
    }
    return tag.refusal || tag.left ? PVG_REFUSED_VALUE : PVG_ACCEPTED;
}

static enum pvg_refusal take_tags(struct pvg_cursor *cursor, struct entry *entry)
{
    for (;;) {
        uint32_t name = pvg_take_u32(cursor);
        enum pvg_refusal refusal;
        struct blob payload;

        if (cursor->refusal || name == FOURCC('E', 'N', 'D', 'T')) {
            return cursor->refusal;
        }
        payload.size = pvg_take_u16(cursor);
        payload.bytes = pvg_take_bytes(cursor, payload.size);
        if (cursor->refusal) {
            return cursor->refusal;
        }
        refusal = take_tag(name, payload, entry);
        if (refusal) {
            return refusal;
        }
    }
}

/* The function's blob in the code section. MDSZ may be absent or too small (AIR 1.8 containers):
 * then the wrapper's own sizes, bounded by the section, decide. */
static enum pvg_refusal resolve_code(struct entry *entry, struct blob section)
{
    struct blob rest, code;

    if (!entry->has_code) {
        return PVG_REFUSED_VALUE;
    }
    if (entry->code_start > section.size ||
        !pvg_range_fits((struct pvg_range){entry->code_start, entry->code_size}, section.size) ||
        !blob_part(section, (struct pvg_range){entry->code_start, section.size - entry->code_start},
                   &rest)) {
        return PVG_REFUSED_RANGE;
    }
    if (magic_of(rest) == MAGIC_WRAPPER) {
        return unwrap(rest, &entry->function);
    }
    code = (struct blob){rest.bytes, entry->code_size};
    return unwrap(code, &entry->function);
}

static enum pvg_refusal take_entry(struct pvg_cursor *list, struct blob section,
                                   struct pvg_metallib_function *out)
{
    struct entry entry = {.function = {.name = "", .type = PVG_METALLIB_NONE}};
    uint32_t size = pvg_take_u32(list); /* counts itself */
    struct pvg_cursor tags;
    enum pvg_refusal refusal;
    struct blob body;

    if (list->refusal) {
        return list->refusal;
    }
    if (size < 8) {
        return PVG_REFUSED_VALUE;
    }
    body.size = size - 4;
    body.bytes = pvg_take_bytes(list, body.size);
    if (list->refusal) {
        return list->refusal;
    }
    tags = cursor_of(body);
    refusal = take_tags(&tags, &entry);
    if (!refusal) {
        refusal = resolve_code(&entry, section);
    }
    *out = entry.function;
    return refusal;
}

static enum pvg_refusal take_functions(struct pvg_cursor *list, struct blob section,
                                       struct pvg_metallib *out)
{
    uint32_t count = pvg_take_count(list, 8);

    if (list->refusal) {
        return list->refusal;
    }
    if (count < 1 || count > PVG_METALLIB_MAX_FUNCTIONS) {
        return PVG_REFUSED_LIMIT;
    }
    out->functions = g_try_new0(struct pvg_metallib_function, count);
    if (!out->functions) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++) {
        enum pvg_refusal refusal = take_entry(list, section, &out->functions[i]);

        if (refusal) {
            return refusal;
        }
    }
    out->count = count;
    return PVG_ACCEPTED;
}

static enum pvg_refusal read_container(struct blob blob, struct pvg_metallib *out)
{
    struct pvg_cursor header = cursor_of(blob), list;
    struct pvg_range code;
    struct blob section, functions;
    uint16_t format;
    uint64_t file_size, list_start;

    if (blob.size < HEADER_SIZE) {
        return PVG_REFUSED_SHORT;
    }
    pvg_take_skip(&header, 4);
    format = pvg_take_u16(&header) & 0x7fff; /* bit 15: macOS */
    pvg_take_skip(&header, 10);              /* minor, patch, file type, platform, OS version */
    file_size = pvg_take_u64(&header);
    list_start = pvg_take_u64(&header);
    pvg_take_skip(&header, 8 + 32); /* list size; public and private metadata */
    code.start = pvg_take_u64(&header);
    code.size = pvg_take_u64(&header);
    if (header.refusal) {
        return header.refusal;
    }
    if (format != 1) {
        return PVG_REFUSED_VALUE;
    }
    if (file_size > blob.size) {
        return PVG_REFUSED_SHORT;
    }
    if (list_start < HEADER_SIZE || list_start > blob.size || !blob_part(blob, code, &section)) {
        return PVG_REFUSED_RANGE;
    }
    functions = (struct blob){blob.bytes + list_start, blob.size - list_start};
    list = cursor_of(functions);
    return take_functions(&list, section, out);
}

static enum pvg_refusal read_bare(struct blob blob, struct pvg_metallib *out)
{
    struct pvg_metallib_function function = {.name = "", .type = PVG_METALLIB_NONE};
    enum pvg_refusal refusal = unwrap(blob, &function);

    if (refusal) {
        return refusal;
    }
    out->functions = g_new0(struct pvg_metallib_function, 1);
    out->functions[0] = function;
    out->count = 1;
    return PVG_ACCEPTED;
}

void pvg_metallib_finish(struct pvg_metallib *library)
{
    g_free(library->functions);
    *library = (struct pvg_metallib){0};
}

enum pvg_refusal pvg_metallib_init(struct pvg_metallib *out, const void *bytes, size_t size)
{
    struct blob blob = {bytes, size};
    enum pvg_refusal refusal;

    *out = (struct pvg_metallib){0};
    if (size < 4) {
        return PVG_REFUSED_SHORT;
    }
    if (size > PVG_METALLIB_MAX_SIZE) {
        return PVG_REFUSED_LIMIT;
    }
    if (magic_of(blob) == MAGIC_CONTAINER) {
        refusal = read_container(blob, out);
    } else {
        refusal = read_bare(blob, out);
    }
    if (refusal) {
        pvg_metallib_finish(out);
    }
    return refusal;
}

const struct pvg_metallib_function *pvg_metallib_find(const struct pvg_metallib *library,
                                                      const char *name)
{
    for (uint32_t i = 0; i < library->count; i++) {
        if (!strcmp(library->functions[i].name, name)) {
            return &library->functions[i];
        }
    }
    return NULL;
}
