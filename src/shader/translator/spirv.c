/* SPDX-License-Identifier: MIT */
/* A SPIR-V module under construction. */
#define SPV_ENABLE_UTILITY_CODE /* SpvHasResultAndType */
#include "shader/translator/spirv.h"

#include <assert.h>
#include <string.h>

#define SPIRV_1_6 0x00010600u

static guint words_hash(gconstpointer key)
{
    const uint32_t *words = key;
    guint hash = 5381;

    for (uint32_t i = 0; i <= words[0]; i++) {
        hash = hash * 33 + words[i];
    }
    return hash;
}

static gboolean words_equal(gconstpointer a, gconstpointer b)
{
    const uint32_t *x = a, *y = b;

    return x[0] == y[0] && memcmp(x, y, 4 * (1 + (size_t)x[0])) == 0;
}

void spirv_finish(struct spirv_builder *b)
{
    GArray **arrays[] = {&b->capabilities, &b->extensions, &b->modes, &b->decorations,
                         &b->globals, &b->variables, &b->body, &b->interface, &b->type_of};

    for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++) {
        g_clear_pointer(arrays[i], g_array_unref);
    }
    g_clear_pointer(&b->unique, g_hash_table_unref);
    g_clear_pointer(&b->shared, g_hash_table_unref);
    g_clear_pointer(&b->first_shared, g_hash_table_unref);
    g_clear_pointer(&b->types, g_hash_table_unref);
    g_clear_pointer(&b->have, g_hash_table_unref);
    g_clear_pointer(&b->values, g_hash_table_unref);
}

void spirv_init(struct spirv_builder *b)
{
    GArray **arrays[] = {&b->capabilities, &b->extensions, &b->modes, &b->decorations,
                         &b->globals, &b->variables, &b->body, &b->interface, &b->type_of};

    for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++) {
        *arrays[i] = g_array_new(FALSE, TRUE, sizeof(uint32_t));
    }
    b->unique = g_hash_table_new_full(words_hash, words_equal, g_free, NULL);
    b->shared = g_hash_table_new_full(words_hash, words_equal, g_free, NULL);
    b->first_shared = g_hash_table_new_full(words_hash, words_equal, g_free, NULL);
    b->types = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    b->have = g_hash_table_new(NULL, NULL);
    b->values = g_hash_table_new(NULL, NULL);
    b->bound = 1;
    b->glsl = spirv_id(b);
}

uint32_t spirv_id(struct spirv_builder *b)
{
    uint32_t id = b->bound++;

    g_array_set_size(b->type_of, b->bound);
    return id;
}

static void append(GArray *section, SpvOp op, const uint32_t *head, size_t head_count,
                   const uint32_t *operands, size_t count)
{
    uint32_t first = (uint32_t)(1 + head_count + count) << 16 | op;

    g_array_append_val(section, first);
    if (head_count) {
        g_array_append_vals(section, head, head_count);
    }
    if (count) {
        g_array_append_vals(section, operands, count);
    }
}

void spirv_capability(struct spirv_builder *b, SpvCapability capability)
{
    uint32_t word = capability;

    if (g_hash_table_add(b->have, GUINT_TO_POINTER(capability + 1))) {
        append(b->capabilities, SpvOpCapability, NULL, 0, &word, 1);
    }
}

/* A literal string, padded with zeros. */
static size_t pack_string(uint32_t *words, size_t capacity, const char *text)
{
    size_t length = strnlen(text, 4 * capacity - 1);

    memset(words, 0, (length / 4 + 1) * 4);
    memcpy(words, text, length);
    return length / 4 + 1;
}

void spirv_extension(struct spirv_builder *b, const char *name)
{
    uint32_t words[32];
    size_t count = pack_string(words, G_N_ELEMENTS(words), name);

    if (g_hash_table_add(b->have, (gpointer)g_intern_string(name))) {
        append(b->extensions, SpvOpExtension, NULL, 0, words, count);
    }
}

void spirv_mode(struct spirv_builder *b, const uint32_t *words, size_t count, SpvOp op)
{
    append(b->modes, op, NULL, 0, words, count);
}

void spirv_decorate_words(struct spirv_builder *b, SpvOp op, const uint32_t *operands,
                          size_t count)
{
    append(b->decorations, op, NULL, 0, operands, count);
}

static uint32_t append_result(struct spirv_builder *b, GArray *section, SpvOp op, uint32_t type,
                              const uint32_t *operands, size_t count)
{
    uint32_t head[2] = {type, 0};

    if (!type) {
        append(section, op, NULL, 0, operands, count);
        return 0;
    }
    head[1] = spirv_id(b);
    g_array_index(b->type_of, uint32_t, head[1]) = type;
    append(section, op, head, 2, operands, count);
    return head[1];
}

uint32_t spirv_emit(struct spirv_builder *b, SpvOp op, uint32_t type, const uint32_t *operands,
                    size_t count)
{
    return append_result(b, b->body, op, type, operands, count);
}

uint32_t spirv_global(struct spirv_builder *b, SpvOp op, uint32_t type, const uint32_t *operands,
                      size_t count)
{
    return append_result(b, b->globals, op, type, operands, count);
}

void spirv_label(struct spirv_builder *b, uint32_t label)
{
    append(b->body, SpvOpLabel, NULL, 0, &label, 1);
    g_hash_table_remove_all(b->shared);
    b->behind_first = true;
}

/* ---- What exists once for its words ---- */

/* Types have no type: @type 0. */
static uint32_t *words_key(SpvOp op, uint32_t type, const uint32_t *operands, size_t count)
{
    uint32_t *key = g_new(uint32_t, count + 3);

    key[0] = (uint32_t)count + 2;
    key[1] = op;
    key[2] = type;
    if (count) {
        memcpy(key + 3, operands, 4 * count);
    }
    return key;
}

uint32_t spirv_share(struct spirv_builder *b, SpvOp op, uint32_t type, const uint32_t *operands,
                     size_t count)
{
    g_autofree uint32_t *key = words_key(op, type, operands, count);
    gpointer found = g_hash_table_lookup(b->first_shared, key);
    uint32_t id;

    found = found ? found : g_hash_table_lookup(b->shared, key);
    if (found) {
        return GPOINTER_TO_UINT(found);
    }
    id = spirv_emit(b, op, type, operands, count);
    g_hash_table_insert(b->behind_first ? b->shared : b->first_shared, g_steal_pointer(&key),
                        GUINT_TO_POINTER(id));
    return id;
}

static uint32_t unique_global(struct spirv_builder *b, SpvOp op, uint32_t type,
                              const uint32_t *operands, size_t count, bool *fresh)
{
    g_autofree uint32_t *key = words_key(op, type, operands, count);
    gpointer found = g_hash_table_lookup(b->unique, key);
    uint32_t id, head[2];

    *fresh = !found;
    if (found) {
        return GPOINTER_TO_UINT(found);
    }
    id = spirv_id(b);
    head[0] = type ? type : id;
    head[1] = id;
    append(b->globals, op, head, type ? 2 : 1, operands, count);
    g_array_index(b->type_of, uint32_t, id) = type;
    g_hash_table_insert(b->unique, g_steal_pointer(&key), GUINT_TO_POINTER(id));
    return id;
}

/* ---- Types ---- */

static uint32_t make_type(struct spirv_builder *b, SpvOp op, const uint32_t *operands,
                          size_t count, struct spirv_type info)
{
    bool fresh;
    uint32_t id = unique_global(b, op, 0, operands, count, &fresh);

    if (fresh) {
        struct spirv_type *kept = g_new(struct spirv_type, 1);

        *kept = info;
        kept->op = op;
        g_hash_table_insert(b->types, GUINT_TO_POINTER(id), kept);
    }
    return id;
}

uint32_t spirv_unique_type(struct spirv_builder *b, SpvOp op, const uint32_t *operands,
                           size_t count)
{
    return make_type(b, op, operands, count, (struct spirv_type){0});
}

uint32_t spirv_void(struct spirv_builder *b)
{
    return make_type(b, SpvOpTypeVoid, NULL, 0, (struct spirv_type){0});
}

uint32_t spirv_bool(struct spirv_builder *b)
{
    return make_type(b, SpvOpTypeBool, NULL, 0, (struct spirv_type){.width = 1});
}

uint32_t spirv_int(struct spirv_builder *b, unsigned width)
{
    if (width == 8) {
        spirv_capability(b, SpvCapabilityInt8);
    } else if (width == 16) {
        spirv_capability(b, SpvCapabilityInt16);
    } else if (width == 64) {
        spirv_capability(b, SpvCapabilityInt64);
    }
    return make_type(b, SpvOpTypeInt, SPIRV_WORDS(width, 0), (struct spirv_type){.width = width});
}

uint32_t spirv_sint(struct spirv_builder *b)
{
    return make_type(b, SpvOpTypeInt, SPIRV_WORDS(32, 1), (struct spirv_type){.width = 32});
}

uint32_t spirv_float(struct spirv_builder *b, unsigned width)
{
    if (width == 16) {
        spirv_capability(b, SpvCapabilityFloat16);
    }
    return make_type(b, SpvOpTypeFloat, SPIRV_WORDS(width), (struct spirv_type){.width = width});
}

uint32_t spirv_vector(struct spirv_builder *b, uint32_t element, unsigned count)
{
    if (count == 1) {
        return element;
    }
    return make_type(b, SpvOpTypeVector, SPIRV_WORDS(element, count),
                     (struct spirv_type){.element = element, .count = count});
}

uint32_t spirv_array_of_length(struct spirv_builder *b, uint32_t element, uint32_t length_id)
{
    uint32_t count = 0;

    (void)spirv_constant_value(b, length_id, &count);
    return make_type(b, SpvOpTypeArray, SPIRV_WORDS(element, length_id),
                     (struct spirv_type){.element = element, .count = count});
}

uint32_t spirv_array(struct spirv_builder *b, uint32_t element, uint32_t count)
{
    return spirv_array_of_length(b, element, spirv_u32(b, count));
}

uint32_t spirv_struct(struct spirv_builder *b, const uint32_t *members, size_t count)
{
    return make_type(b, SpvOpTypeStruct, members, count,
                     (struct spirv_type){.count = (uint32_t)count});
}

uint32_t spirv_pointer(struct spirv_builder *b, SpvStorageClass storage, uint32_t pointee)
{
    return make_type(b, SpvOpTypePointer, SPIRV_WORDS(storage, pointee),
                     (struct spirv_type){.element = pointee});
}

const struct spirv_type *spirv_type(struct spirv_builder *b, uint32_t type)
{
    static const struct spirv_type none = {.op = SpvOpNop};
    const struct spirv_type *found = g_hash_table_lookup(b->types, GUINT_TO_POINTER(type));

    return found ? found : &none;
}

uint32_t spirv_type_of(struct spirv_builder *b, uint32_t id)
{
    return id < b->type_of->len ? g_array_index(b->type_of, uint32_t, id) : 0;
}

uint32_t spirv_scalar(struct spirv_builder *b, uint32_t type)
{
    const struct spirv_type *info = spirv_type(b, type);

    return info->op == SpvOpTypeVector ? info->element : type;
}

unsigned spirv_components(struct spirv_builder *b, uint32_t type)
{
    const struct spirv_type *info = spirv_type(b, type);

    return info->op == SpvOpTypeVector ? info->count : 1;
}

unsigned spirv_width(struct spirv_builder *b, uint32_t type)
{
    return spirv_type(b, spirv_scalar(b, type))->width;
}

uint32_t spirv_shaped(struct spirv_builder *b, uint32_t type, uint32_t scalar)
{
    return spirv_vector(b, scalar, spirv_components(b, type));
}

bool spirv_is_float(struct spirv_builder *b, uint32_t type)
{
    return spirv_type(b, spirv_scalar(b, type))->op == SpvOpTypeFloat;
}

bool spirv_is_int(struct spirv_builder *b, uint32_t type)
{
    return spirv_type(b, spirv_scalar(b, type))->op == SpvOpTypeInt;
}

bool spirv_is_bool(struct spirv_builder *b, uint32_t type)
{
    return spirv_type(b, spirv_scalar(b, type))->op == SpvOpTypeBool;
}

/* ---- Constants ---- */

static uint32_t unique_constant(struct spirv_builder *b, SpvOp op, uint32_t type,
                                const uint32_t *operands, size_t count)
{
    bool fresh;

    return unique_global(b, op, type, operands, count, &fresh);
}

static uint32_t splat(struct spirv_builder *b, uint32_t type, uint32_t scalar)
{
    uint32_t parts[4] = {scalar, scalar, scalar, scalar};
    unsigned count = spirv_components(b, type);

    return count == 1 ? scalar : spirv_constant_composite(b, type, parts, count);
}

uint32_t spirv_u32(struct spirv_builder *b, uint32_t value)
{
    uint32_t id = unique_constant(b, SpvOpConstant, spirv_int(b, 32), &value, 1);

    g_hash_table_insert(b->values, GUINT_TO_POINTER(id), GUINT_TO_POINTER(value));
    return id;
}

uint32_t spirv_constant_int(struct spirv_builder *b, uint32_t type, uint64_t value)
{
    uint32_t scalar = spirv_scalar(b, type);
    unsigned width = spirv_width(b, type);
    uint32_t words[2];

    if (width < 64) {
        value &= (UINT64_C(1) << width) - 1;
    }
    words[0] = (uint32_t)value;
    words[1] = (uint32_t)(value >> 32);
    if (scalar == spirv_int(b, 32)) {
        return splat(b, type, spirv_u32(b, words[0]));
    }
    return splat(b, type,
                 unique_constant(b, SpvOpConstant, scalar, words, width == 64 ? 2 : 1));
}

/* The bits of a half nearest to @value, ties to even. */
static uint32_t half_bits(double value)
{
    _Float16 half = (_Float16)value;
    uint16_t bits;

    memcpy(&bits, &half, sizeof(bits));
    return bits;
}

uint32_t spirv_constant_float(struct spirv_builder *b, uint32_t type, double value)
{
    uint32_t word;
    float single = (float)value;

    memcpy(&word, &single, sizeof(word));
    if (spirv_width(b, type) == 16) {
        word = half_bits(value);
    }
    return splat(b, type, unique_constant(b, SpvOpConstant, spirv_scalar(b, type), &word, 1));
}

uint32_t spirv_constant_bool(struct spirv_builder *b, bool value)
{
    return unique_constant(b, value ? SpvOpConstantTrue : SpvOpConstantFalse, spirv_bool(b), NULL,
                           0);
}

uint32_t spirv_null(struct spirv_builder *b, uint32_t type)
{
    return unique_constant(b, SpvOpConstantNull, type, NULL, 0);
}

uint32_t spirv_constant_composite(struct spirv_builder *b, uint32_t type, const uint32_t *parts,
                                  size_t count)
{
    return unique_constant(b, SpvOpConstantComposite, type, parts, count);
}

bool spirv_constant_value(struct spirv_builder *b, uint32_t id, uint32_t *value)
{
    gpointer found;

    if (!g_hash_table_lookup_extended(b->values, GUINT_TO_POINTER(id), NULL, &found)) {
        return false;
    }
    *value = GPOINTER_TO_UINT(found);
    return true;
}

/* ---- Variables ---- */

uint32_t spirv_variable(struct spirv_builder *b, SpvStorageClass storage, uint32_t pointee,
                        uint32_t initialiser)
{
    uint32_t operands[2] = {storage, initialiser};
    uint32_t id = spirv_global(b, SpvOpVariable, spirv_pointer(b, storage, pointee), operands,
                               initialiser ? 2 : 1);

    g_array_append_val(b->interface, id);
    return id;
}

uint32_t spirv_local(struct spirv_builder *b, uint32_t pointee, uint32_t initialiser)
{
    uint32_t operands[2] = {SpvStorageClassFunction, initialiser};

    return append_result(b, b->variables, SpvOpVariable,
                         spirv_pointer(b, SpvStorageClassFunction, pointee), operands,
                         initialiser ? 2 : 1);
}

/* ---- Assembly ---- */

/* Whether an instruction with a result must stay although nobody uses the result. */
static bool has_effect(SpvOp op)
{
    return op == SpvOpLabel || op == SpvOpFunctionCall || op == SpvOpVariable ||
           (op >= SpvOpAtomicLoad && op <= SpvOpAtomicXor) || op == SpvOpAtomicFAddEXT;
}

/* What is needed, by where it stands in @words. */
struct survey {
    struct spirv_builder *b;
    const uint32_t *words;
    uint32_t *definition; /* by id: offset + 1 */
    uint8_t *live;        /* by offset */
    GArray *work;         /* offsets of live instructions that have not been looked at */
};

/* Any of @words that could be an id counts as one, which only keeps more. */
static void need_words(struct survey *s, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t at = words[i] < s->b->bound ? s->definition[words[i]] : 0;

        if (at && !s->live[at - 1]) {
            at--;
            s->live[at] = 1;
            g_array_append_val(s->work, at);
        }
    }
}

/* What the instruction at @at needs. Small literals look like ids: those of constants and types, of
 * which there are many, are told apart. */
static void need_operands(struct survey *s, uint32_t at)
{
    const uint32_t *words = s->words + at;
    size_t count = words[0] >> 16;

    switch (words[0] & 0xffff) {
    case SpvOpTypeInt:
    case SpvOpTypeFloat:
        break;
    case SpvOpConstant:
    case SpvOpSpecConstant:
        need_words(s, words + 1, 1); /* type */
        break;
    case SpvOpTypeVector:
        need_words(s, words + 2, 1); /* component */
        break;
    case SpvOpTypePointer:
        need_words(s, words + 3, 1); /* pointee */
        break;
    case SpvOpVariable:
        need_words(s, words + 1, 1); /* type */
        need_words(s, words + 4, count - 4); /* initialiser */
        break;
    default:
        need_words(s, words + 1, count - 1);
        break;
    }
}

static void need_section(struct survey *s, const GArray *section)
{
    need_words(s, (const uint32_t *)section->data, section->len);
}

static void find_definitions(struct survey *s, size_t total)
{
    for (uint32_t at = 0; at < total; at += s->words[at] >> 16) {
        SpvOp op = (SpvOp)(s->words[at] & 0xffff);
        bool has_result, has_type;

        SpvHasResultAndType(op, &has_result, &has_type);
        if (has_result) {
            s->definition[s->words[at + (has_type ? 2 : 1)]] = at + 1;
        }
        if (!has_result || has_effect(op)) {
            s->live[at] = 1;
            g_array_append_val(s->work, at);
        }
    }
}

static GArray *living(const struct survey *s, uint32_t at, size_t end)
{
    GArray *kept = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    for (; at < end; at += s->words[at] >> 16) {
        if (s->live[at]) {
            g_array_append_vals(kept, s->words + at, s->words[at] >> 16);
        }
    }
    return kept;
}

/* Keeps of globals and body what the instructions with effects and the entry point need, with its
 * decorations. */
static void drop_dead(struct spirv_builder *b, const uint32_t *entry, size_t entry_count)
{
    g_autoptr(GArray) globals = b->globals, body = b->body, decorations = b->decorations;
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autoptr(GArray) work = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autofree uint32_t *definition = g_new0(uint32_t, b->bound);
    g_autofree uint8_t *live = g_malloc0((size_t)globals->len + body->len + 1);
    struct survey s = {b, NULL, definition, live, work};

    g_array_append_vals(all, globals->data, globals->len);
    g_array_append_vals(all, body->data, body->len);
    s.words = (const uint32_t *)all->data;
    find_definitions(&s, all->len);
    need_words(&s, entry, entry_count);
    need_section(&s, b->modes);
    need_section(&s, b->variables);
    while (work->len) {
        uint32_t at = g_array_index(work, uint32_t, work->len - 1);

        g_array_set_size(work, work->len - 1);
        need_operands(&s, at);
    }
    b->globals = living(&s, 0, globals->len);
    b->body = living(&s, globals->len, all->len);
    b->decorations = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (uint32_t at = 0; at < decorations->len;) {
        const uint32_t *words = &g_array_index(decorations, uint32_t, at);
        uint32_t where = definition[words[1]];

        if (!where || live[where - 1]) {
            g_array_append_vals(b->decorations, words, words[0] >> 16);
        }
        at += words[0] >> 16;
    }
}

static bool uses_glsl(const struct spirv_builder *b)
{
    for (uint32_t at = 0; at < b->body->len; at += g_array_index(b->body, uint32_t, at) >> 16) {
        if ((g_array_index(b->body, uint32_t, at) & 0xffff) == SpvOpExtInst) {
            return true;
        }
    }
    return false;
}

uint32_t *spirv_assemble(struct spirv_builder *b, SpvExecutionModel model, uint32_t entry_label,
                         uint32_t function, uint32_t *count)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    uint32_t type_void = spirv_void(b);
    uint32_t type_function = make_type(b, SpvOpTypeFunction, &type_void, 1, (struct spirv_type){0});
    uint32_t header[5] = {SpvMagicNumber, SPIRV_1_6, 0, 0, 0};
    uint32_t glsl_name[4] = {b->glsl};
    uint32_t entry[4] = {model, function};

    drop_dead(b, (const uint32_t[]){type_void, type_function}, 2);
    header[3] = b->bound;
    g_array_append_vals(out, header, 5);
    g_array_append_vals(out, b->capabilities->data, b->capabilities->len);
    g_array_append_vals(out, b->extensions->data, b->extensions->len);
    if (uses_glsl(b)) {
        uint32_t words[8];
        size_t length = pack_string(words, 8, "GLSL.std.450");

        append(out, SpvOpExtInstImport, glsl_name, 1, words, length);
    }
    append(out, SpvOpMemoryModel, NULL, 0,
           SPIRV_WORDS(SpvAddressingModelLogical, SpvMemoryModelVulkan));
    pack_string(entry + 2, 2, "main");
    append(out, SpvOpEntryPoint, entry, 4, (const uint32_t *)b->interface->data, b->interface->len);
    g_array_append_vals(out, b->modes->data, b->modes->len);
    g_array_append_vals(out, b->decorations->data, b->decorations->len);
    g_array_append_vals(out, b->globals->data, b->globals->len);
    append(out, SpvOpFunction, NULL, 0, SPIRV_WORDS(type_void, function, 0, type_function));
    append(out, SpvOpLabel, NULL, 0, &entry_label, 1);
    g_array_append_vals(out, b->variables->data, b->variables->len);
    g_array_append_vals(out, b->body->data, b->body->len);
    append(out, SpvOpFunctionEnd, NULL, 0, NULL, 0);
    *count = out->len;
    return (uint32_t *)g_array_free(out, FALSE);
}
