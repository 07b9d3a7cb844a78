/* SPDX-License-Identifier: MIT */
/* Puts functions into a container, section after section, as 70-air 2.9 has it. */
#include "shader/metallib_writer.h"

#include <assert.h>
#include <string.h>

#define HEADER_SIZE  88u
#define WRAPPER_SIZE 20u

static void put(GByteArray *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t byte = value >> 8 * i;

        g_byte_array_append(out, &byte, 1);
    }
}

static void put_bytes(GByteArray *out, const void *bytes, size_t size)
{
    g_byte_array_append(out, bytes, size);
}

static void put_string(GByteArray *out, const char *string)
{
    put_bytes(out, string, strlen(string) + 1);
}

static void put_tag(GByteArray *out, const char *name, const void *bytes, size_t size)
{
    assert(size <= UINT16_MAX);
    put_bytes(out, name, 4);
    put(out, size, 2);
    put_bytes(out, bytes, size);
}

static void put_array_tag(GByteArray *out, const char *name, GByteArray *payload)
{
    put_tag(out, name, payload->data, payload->len);
    g_byte_array_unref(payload);
}

static void put_u64_tag(GByteArray *out, const char *name, uint64_t value)
{
    GByteArray *payload = g_byte_array_new();

    put(payload, value, 8);
    put_array_tag(out, name, payload);
}

/* Appends the blob of one function: wrapped, and padded with zeros to 16 bytes. */
static void put_code(GByteArray *out, const uint8_t *bitcode, size_t size)
{
    static const uint8_t wrapper_magic[] = {0xde, 0xc0, 0x17, 0x0b};

    if (size < 4 || memcmp(bitcode, wrapper_magic, 4) != 0) {
        put_bytes(out, wrapper_magic, 4);
        put(out, 0, 4);
        put(out, WRAPPER_SIZE, 4);
        put(out, size, 4);
        put(out, UINT32_MAX, 4);
    }
    put_bytes(out, bitcode, size);
    while (out->len % 16) {
        put(out, 0, 1);
    }
}

/* u32 size of what follows, tags, ENDT. */
static void put_public_group(GByteArray *out, const struct pvg_metallib_source *source)
{
    GByteArray *group = g_byte_array_new();

    if (source->attribute_count) {
        GByteArray *names = g_byte_array_new(), *types = g_byte_array_new();

        put(names, source->attribute_count, 2);
        put(types, source->attribute_count, 2);
        for (uint16_t i = 0; i < source->attribute_count; i++) {
            put_string(names, source->attributes[i].name);
            put(names, 0x8000 | source->attributes[i].index, 2); /* bit 15: used by the code */
            put(types, source->attributes[i].data_type, 1);
        }
        put_array_tag(group, "VATT", names);
        put_array_tag(group, "VATY", types);
    }
    put_bytes(group, "ENDT", 4);
    put(out, group->len, 4);
    put_bytes(out, group->data, group->len);
    g_byte_array_unref(group);
}

static void put_private_group(GByteArray *out)
{
    put(out, 4, 4);
    put_bytes(out, "ENDT", 4);
}

struct sections {
    GByteArray *list, *public, *private, *code;
};

static void put_function(struct sections *to, const struct pvg_metallib_source *source)
{
    const struct pvg_metallib_function *function = &source->function;
    GByteArray *entry = g_byte_array_new(), *blob = g_byte_array_new();
    GByteArray *offsets = g_byte_array_new(), *versions = g_byte_array_new();
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    uint8_t type = function->type, hash[32];
    gsize hash_size = sizeof(hash);

    put_code(blob, function->bitcode, function->bitcode_size);
    g_checksum_update(sum, blob->data, blob->len);
    g_checksum_get_digest(sum, hash, &hash_size);
    g_checksum_free(sum);
    put(offsets, to->public->len, 8);
    put(offsets, to->private->len, 8);
    put(offsets, to->code->len, 8);
    put(versions, function->air.major, 2);
    put(versions, function->air.minor, 2);
    put(versions, function->language.major, 2);
    put(versions, function->language.minor, 2);

    put_tag(entry, "NAME", function->name, strlen(function->name) + 1);
    put_tag(entry, "TYPE", &type, 1);
    put_tag(entry, "HASH", hash, sizeof(hash));
    put_u64_tag(entry, "MDSZ", blob->len);
    put_array_tag(entry, "OFFT", offsets);
    put_array_tag(entry, "VERS", versions);
    put_bytes(entry, "ENDT", 4);

    put(to->list, entry->len + 4, 4);
    put_bytes(to->list, entry->data, entry->len);
    put_public_group(to->public, source);
    put_private_group(to->private);
    put_bytes(to->code, blob->data, blob->len);
    g_byte_array_unref(entry);
    g_byte_array_unref(blob);
}

/* One of the header's {offset, size} pairs. */
static void put_section(GByteArray *out, uint64_t *offset, uint64_t size)
{
    put(out, *offset, 8);
    put(out, size, 8);
    *offset += size;
}

GByteArray *pvg_metallib_write(const struct pvg_metallib_source *sources, uint32_t count)
{
    struct sections to = {g_byte_array_new(), g_byte_array_new(), g_byte_array_new(),
                          g_byte_array_new()};
    GByteArray *out = g_byte_array_new();
    uint64_t offset = HEADER_SIZE;

    assert(count >= 1 && count <= PVG_METALLIB_MAX_FUNCTIONS);
    for (uint32_t i = 0; i < count; i++) {
        put_function(&to, &sources[i]);
    }
    put_bytes(out, "MTLB", 4);
    put(out, 0x8001, 2); /* macOS, format 1.2.7 */
    put(out, 2, 2);
    put(out, 7, 2);
    put(out, 0, 1);    /* executable */
    put(out, 0x81, 1); /* macOS, 64-bit */
    put(out, 14, 2);   /* macOS 14.0.0 */
    put(out, 0, 2);
    put(out, HEADER_SIZE + 4 + to.list->len + 4 + to.public->len + to.private->len + to.code->len,
        8);
    put_section(out, &offset, to.list->len);
    offset += 4 + 4; /* the count before the entries, the empty header extension behind them */
    put_section(out, &offset, to.public->len);
    put_section(out, &offset, to.private->len);
    put_section(out, &offset, to.code->len);

    put(out, count, 4);
    put_bytes(out, to.list->data, to.list->len);
    put_bytes(out, "ENDT", 4);
    put_bytes(out, to.public->data, to.public->len);
    put_bytes(out, to.private->data, to.private->len);
    put_bytes(out, to.code->data, to.code->len);
    g_byte_array_unref(to.list);
    g_byte_array_unref(to.public);
    g_byte_array_unref(to.private);
    g_byte_array_unref(to.code);
    return out;
}
