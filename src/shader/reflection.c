/* SPDX-License-Identifier: MIT */
/* A translation as flat bytes: what the compiler process sends and the cache stores. */
#include "shader/translate.h"

#include <glib.h>
#include <string.h>

#define TRANSLATION_MAGIC 0x52495650u /* "PVIR" */

/* Cache keys hash these structs as bytes: padding would make equal requests differ. */
static_assert(sizeof(struct pvg_varying) == 8, "no padding");
static_assert(sizeof(struct pvg_varyings) == 4 + 8 * PVG_SHADER_VARYINGS + 4096, "no padding");
static_assert(sizeof(struct pvg_shader_constant) == 24, "no padding");
static_assert(offsetof(struct pvg_shader_options, varyings) + sizeof(struct pvg_varyings) ==
                  sizeof(struct pvg_shader_options), "no padding");
static_assert(offsetof(struct pvg_shader_reflection, entry) + PVG_SHADER_NAME_SIZE ==
                  sizeof(struct pvg_shader_reflection), "no padding");

static const char *const feature_words[] = {
#define PVG_SHADER_FEATURE_WORDS(name, words) words,
    PVG_SHADER_FEATURES(PVG_SHADER_FEATURE_WORDS)
};

static const struct {
    const char *name, *words;
} statuses[] = {
#define PVG_TRANSLATE_STATUS_ENTRY(name, words) {#name, words},
    PVG_TRANSLATE_STATUSES(PVG_TRANSLATE_STATUS_ENTRY)
};

const char *pvg_shader_feature_words(enum pvg_shader_feature_bit bit)
{
    return (unsigned)bit < PVG_SHADER_FEATURE_COUNT ? feature_words[bit] : "unknown feature";
}

const char *pvg_translate_status_name(enum pvg_translate_status status)
{
    return (unsigned)status < PVG_TRANSLATE_STATUS_COUNT ? statuses[status].name : "UNKNOWN";
}

const char *pvg_translate_status_words(enum pvg_translate_status status)
{
    return (unsigned)status < PVG_TRANSLATE_STATUS_COUNT ? statuses[status].words : "unknown";
}

void pvg_translation_finish(struct pvg_translation *translation)
{
    g_free(translation->words);
    *translation = (struct pvg_translation){0};
}

/* The fixed part of the encoding; the words follow it. */
struct header {
    uint32_t magic, version;
    uint32_t status, word_count;
    uint64_t missing;
    uint64_t nanoseconds[4];
    char reason[256];
};

struct pvg_kind_shape pvg_kind_shape(enum pvg_texture_kind kind)
{
    static const struct pvg_kind_shape shapes[PVG_KIND_COUNT] = {
        [PVG_KIND_1D] = {PVG_TEXTURE_1D, 0, 0, 0},
        [PVG_KIND_1D_ARRAY] = {PVG_TEXTURE_1D, 1, 0, 0},
        [PVG_KIND_2D] = {PVG_TEXTURE_2D, 0, 0, 0},
        [PVG_KIND_2D_ARRAY] = {PVG_TEXTURE_2D, 1, 0, 0},
        [PVG_KIND_2D_MS] = {PVG_TEXTURE_2D, 0, 1, 0},
        [PVG_KIND_2D_MS_ARRAY] = {PVG_TEXTURE_2D, 1, 1, 0},
        [PVG_KIND_3D] = {PVG_TEXTURE_3D, 0, 0, 0},
        [PVG_KIND_CUBE] = {PVG_TEXTURE_CUBE, 0, 0, 0},
        [PVG_KIND_CUBE_ARRAY] = {PVG_TEXTURE_CUBE, 1, 0, 0},
        [PVG_KIND_BUFFER] = {PVG_TEXTURE_TEXEL_BUFFER, 0, 0, 0},
        [PVG_KIND_DEPTH_2D] = {PVG_TEXTURE_2D, 0, 0, 1},
        [PVG_KIND_DEPTH_2D_ARRAY] = {PVG_TEXTURE_2D, 1, 0, 1},
        [PVG_KIND_DEPTH_2D_MS] = {PVG_TEXTURE_2D, 0, 1, 1},
        [PVG_KIND_DEPTH_2D_MS_ARRAY] = {PVG_TEXTURE_2D, 1, 1, 1},
        [PVG_KIND_DEPTH_CUBE] = {PVG_TEXTURE_CUBE, 0, 0, 1},
        [PVG_KIND_DEPTH_CUBE_ARRAY] = {PVG_TEXTURE_CUBE, 1, 0, 1},
    };

    return shapes[kind];
}

size_t pvg_translation_encoded_size(const struct pvg_translation *translation)
{
    size_t size = sizeof(struct header);

    if (translation->status == PVG_TRANSLATE_DONE) {
        size += sizeof(struct pvg_shader_reflection) + 4 * (size_t)translation->word_count;
    }
    return size;
}

void pvg_translation_encode(const struct pvg_translation *translation, void *out)
{
    struct header header = {
        .magic = TRANSLATION_MAGIC,
        .version = PVG_TRANSLATOR_VERSION,
        .status = translation->status,
        .missing = translation->missing,
    };
    uint8_t *at = out;

    memcpy(header.nanoseconds, translation->nanoseconds, sizeof(header.nanoseconds));
    memcpy(header.reason, translation->reason, sizeof(header.reason));
    if (translation->status == PVG_TRANSLATE_DONE) {
        header.word_count = translation->word_count;
    }
    memcpy(at, &header, sizeof(header));
    if (translation->status == PVG_TRANSLATE_DONE) {
        at += sizeof(header);
        memcpy(at, &translation->reflection, sizeof(translation->reflection));
        memcpy(at + sizeof(translation->reflection), translation->words,
               4 * (size_t)translation->word_count);
    }
}

bool pvg_translation_decode(const void *bytes, size_t size, struct pvg_translation *out)
{
    const uint8_t *at = bytes;
    struct header header;
    struct pvg_translation decoded = {0};

    *out = (struct pvg_translation){0};
    if (size < sizeof(header)) {
        return false;
    }
    memcpy(&header, at, sizeof(header));
    at += sizeof(header);
    size -= sizeof(header);
    if (header.magic != TRANSLATION_MAGIC || header.version != PVG_TRANSLATOR_VERSION ||
        header.status >= PVG_TRANSLATE_STATUS_COUNT ||
        header.reason[sizeof(header.reason) - 1] != '\0') {
        return false;
    }
    decoded.status = (enum pvg_translate_status)header.status;
    decoded.missing = header.missing;
    memcpy(decoded.nanoseconds, header.nanoseconds, sizeof(header.nanoseconds));
    memcpy(decoded.reason, header.reason, sizeof(header.reason));
    if (decoded.status == PVG_TRANSLATE_DONE) {
        if (header.word_count < 5 || header.word_count > PVG_SHADER_MAX_WORDS ||
            size != sizeof(decoded.reflection) + 4 * (size_t)header.word_count) {
            return false;
        }
        memcpy(&decoded.reflection, at, sizeof(decoded.reflection));
        if (!pvg_reflection_is_sound(&decoded.reflection)) {
            return false;
        }
        decoded.word_count = header.word_count;
        decoded.words = g_try_malloc(4 * (size_t)header.word_count);
        if (!decoded.words) {
            return false;
        }
        memcpy(decoded.words, at + sizeof(decoded.reflection), 4 * (size_t)header.word_count);
    } else if (size != 0) {
        return false;
    }
    *out = decoded;
    return true;
}

static bool varyings_are_sound(const struct pvg_varyings *varyings)
{
    if (varyings->count > PVG_SHADER_VARYINGS) {
        return false;
    }
    for (uint32_t i = 0; i < varyings->count; i++) {
        const struct pvg_varying *v = &varyings->at[i];

        if (v->name + v->name_length > (int)sizeof(varyings->names) || v->components < 1 ||
            v->components > 4 || v->component_class < PVG_CLASS_FLOAT ||
            v->component_class > PVG_CLASS_UNSIGNED || v->location >= PVG_SHADER_VARYINGS) {
            return false;
        }
    }
    return true;
}

static bool resources_are_sound(const struct pvg_shader_reflection *r)
{
    uint32_t textures = 0; /* elements of arrays counted: whoever describes them has room for all */

    for (uint32_t i = 0; i < r->buffer_count; i++) {
        if (r->buffers[i].index >= PVG_SHADER_BUFFERS || r->buffers[i].access > 3 ||
            (r->buffers[i].alignment != 1 && r->buffers[i].alignment != 2 &&
             r->buffers[i].alignment != 4)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < r->texture_count; i++) {
        const struct pvg_shader_texture *t = &r->textures[i];

        if (t->count < 1 || t->index + t->count > PVG_SHADER_TEXTURES ||
            t->dimension > PVG_TEXTURE_TEXEL_BUFFER || t->component_class < PVG_CLASS_FLOAT ||
            t->component_class > PVG_CLASS_UNSIGNED || t->access > 3) {
            return false;
        }
        textures += t->count;
    }
    if (textures > PVG_SHADER_TEXTURES) {
        return false;
    }
    for (uint32_t i = 0; i < r->sampler_count; i++) {
        if (r->samplers[i].index >= PVG_SHADER_SAMPLERS) {
            return false;
        }
    }
    for (uint32_t i = 0; i < r->heap_count; i++) {
        if (r->heaps[i].binding >= PVG_HEAP_END || r->heaps[i].access > 3) {
            return false;
        }
    }
    for (uint32_t i = 0; i < r->threadgroup_count; i++) {
        if (r->threadgroups[i].index >= PVG_SHADER_BUFFERS) {
            return false;
        }
    }
    for (uint32_t i = 0; i < r->member_count; i++) {
        if (r->members[i].buffer >= PVG_SHADER_BUFFERS ||
            r->members[i].kind > PVG_MEMBER_OTHER) {
            return false;
        }
    }
    return true;
}

bool pvg_reflection_is_sound(const struct pvg_shader_reflection *r)
{
    if (r->stage < PVG_STAGE_VERTEX || r->stage > PVG_STAGE_EVALUATION || r->set > 2 ||
        r->buffer_count > PVG_SHADER_BUFFERS || r->texture_count > PVG_SHADER_TEXTURES ||
        r->sampler_count > PVG_SHADER_SAMPLERS ||
        r->constant_sampler_count > PVG_SHADER_CONSTANT_SAMPLERS ||
        r->attribute_count > PVG_SHADER_ATTRIBUTES ||
        r->colour_count > 2 * PVG_SHADER_COLOURS || r->colour_input_mask > 0xff ||
        r->threadgroup_count > PVG_SHADER_BUFFERS || r->member_count > PVG_SHADER_MEMBERS ||
        r->heap_count > PVG_SHADER_HEAPS ||
        r->entry[PVG_SHADER_NAME_SIZE - 1] != '\0' || !varyings_are_sound(&r->varyings)) {
        return false;
    }
    for (uint32_t i = 0; i < r->attribute_count; i++) {
        if (r->attributes[i].location >= PVG_SHADER_ATTRIBUTES ||
            r->attributes[i].components < 1 || r->attributes[i].components > 4) {
            return false;
        }
    }
    for (uint32_t i = 0; i < r->colour_count; i++) {
        if (r->colours[i].attachment >= PVG_SHADER_COLOURS || r->colours[i].source > 1 ||
            r->colours[i].components < 1 || r->colours[i].components > 4) {
            return false;
        }
    }
    return resources_are_sound(r);
}

bool pvg_shader_options_are_sound(const struct pvg_shader_options *options)
{
    if (options->stage > PVG_STAGE_EVALUATION ||
        options->constant_count > PVG_SHADER_CONSTANTS || options->heap_slots == 1 ||
        options->heap_slots > 1u << 24 || !varyings_are_sound(&options->varyings)) {
        return false;
    }
    for (uint32_t i = 0; i < options->constant_count; i++) {
        if (options->constants[i].size > sizeof(options->constants[i].value)) {
            return false;
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(options->attribute_class); i++) {
        if (options->attribute_class[i] > PVG_CLASS_UNSIGNED) {
            return false;
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(options->colour_class); i++) {
        if (options->colour_class[i] > PVG_CLASS_UNSIGNED) {
            return false;
        }
    }
    return true;
}
