/* SPDX-License-Identifier: MIT */
/* air.convert.<class>.<type>.<class>.<type>, air.pack.* and air.unpack.*. Spec: 70-air 8.8. */
#include "shader/translator/translator.h"

#include <string.h>

static uint32_t type_of(struct translator *t, uint32_t id)
{
    return spirv_type_of(&t->spirv, id);
}

/* The n-th dot-separated word of the name behind "convert.". */
static const char *word(const char *rest, unsigned n, char *out, size_t size)
{
    const char *end;

    for (; n && rest; n--) {
        rest = strchr(rest, '.');
        rest = rest ? rest + 1 : NULL;
    }
    if (!rest) {
        return "";
    }
    end = strchr(rest, '.');
    g_strlcpy(out, rest, MIN(size, end ? (size_t)(end - rest) + 1 : size));
    return out;
}

static uint32_t from_bool(struct translator *t, uint32_t value, uint32_t type)
{
    struct spirv_builder *b = &t->spirv;
    bool is_float = spirv_is_float(b, type);

    return spirv_op(b, SpvOpSelect, type, value,
                    is_float ? spirv_constant_float(b, type, 1.0) : spirv_constant_int(b, type, 1),
                    is_float ? spirv_constant_float(b, type, 0.0) : spirv_constant_int(b, type, 0));
}

static uint32_t int_to_int(struct translator *t, uint32_t value, uint32_t type, bool is_signed)
{
    struct spirv_builder *b = &t->spirv;

    if (spirv_is_bool(b, type)) {
        return spirv_op(b, SpvOpINotEqual, type, value,
                        spirv_constant_int(b, type_of(t, value), 0));
    }
    return type_of(t, value) == type
               ? value
               : spirv_op(b, is_signed ? SpvOpSConvert : SpvOpUConvert, type, value);
}

static uint32_t emit_convert(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    char to_class[4] = "", from_class[4] = "";
    uint32_t value = call_value(t, c, 0), type = call_type(t, c), from = type_of(t, value), result;
    bool to_signed, from_signed;

    word(c->rest, 0, to_class, sizeof(to_class));
    word(c->rest, 2, from_class, sizeof(from_class));
    to_signed = to_class[0] == 's';
    from_signed = from_class[0] == 's';
    if (spirv_components(b, from) != spirv_components(b, type)) {
        call_misuse(t, c, "vectors of different lengths");
    }
    if (spirv_is_bool(b, from)) {
        result = spirv_is_bool(b, type) ? value : from_bool(t, value, type);
    } else if (spirv_is_float(b, from)) {
        result = spirv_is_float(b, type) ? math_to_type(t, value, type)
                                         : math_saturate_to_int(t, value, type, to_signed);
    } else if (spirv_is_float(b, type)) {
        result = spirv_op(b, from_signed ? SpvOpConvertSToF : SpvOpConvertUToF, type, value);
    } else {
        result = int_to_int(t, value, type, from_signed);
    }
    return type_is_bfloat(c->result) ? math_bfloat_round(t, result) : result;
}

/* ---- Packing ---- */

static uint32_t op2(struct translator *t, SpvOp op, uint32_t a, uint32_t b)
{
    return spirv_op(&t->spirv, op, type_of(t, a), a, b);
}

static uint32_t ext1(struct translator *t, enum GLSLstd450 inst, uint32_t type, uint32_t a)
{
    return spirv_ext(&t->spirv, inst, type, a);
}

static uint32_t real(struct translator *t, double value)
{
    return spirv_constant_float(&t->spirv, spirv_float(&t->spirv, 32), value);
}

static uint32_t clamp(struct translator *t, uint32_t x, double low, double high)
{
    return spirv_ext(&t->spirv, GLSLstd450NClamp, type_of(t, x), x, real(t, low), real(t, high));
}

/* A format of normalised fields, from the lowest bit on; 0 ends. */
struct packing {
    const char *name;
    uint8_t bits[4];
    bool is_signed, srgb;
};

static const struct packing packings[] = {
    {"unorm4x8", {8, 8, 8, 8}, false, false},
    {"snorm4x8", {8, 8, 8, 8}, true, false},
    {"unorm2x16", {16, 16}, false, false},
    {"snorm2x16", {16, 16}, true, false},
    {"unorm1x8", {8}, false, false},
    {"snorm1x8", {8}, true, false},
    {"unorm1x16", {16}, false, false},
    {"snorm1x16", {16}, true, false},
    {"unorm.rgb10a2", {10, 10, 10, 2}, false, false},
    {"unorm10a2", {10, 10, 10, 2}, false, false},
    {"unorm565", {5, 6, 5}, false, false},
    {"unorm.srgb4x8", {8, 8, 8, 8}, false, true},
    {"srgb.unorm4x8", {8, 8, 8, 8}, false, true},
};

static const struct packing *find_packing(struct translator *t, struct call *c)
{
    for (size_t i = 0; i < G_N_ELEMENTS(packings); i++) {
        size_t length = strlen(packings[i].name);

        if (g_str_has_prefix(c->rest, packings[i].name) &&
            (c->rest[length] == '.' || c->rest[length] == '\0')) {
            return &packings[i];
        }
    }
    refuse(t, PVG_TRANSLATE_INTRINSIC, "air.%s.%s is not known", c->name, c->rest);
}

static uint32_t linear_to_srgb(struct translator *t, uint32_t x)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t low = op2(t, SpvOpFMul, x, real(t, 12.92)), high;

    high = spirv_ext(b, GLSLstd450Pow, type_of(t, x), x, real(t, 1.0 / 2.4));
    high = op2(t, SpvOpFSub, op2(t, SpvOpFMul, high, real(t, 1.055)), real(t, 0.055));
    return math_select(t, spirv_op(b, SpvOpFOrdLessThanEqual, spirv_bool(b), x,
                                   real(t, 0.0031308)), low, high);
}

static uint32_t srgb_to_linear(struct translator *t, uint32_t x)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t low = op2(t, SpvOpFDiv, x, real(t, 12.92)), high;

    high = op2(t, SpvOpFDiv, op2(t, SpvOpFAdd, x, real(t, 0.055)), real(t, 1.055));
    high = spirv_ext(b, GLSLstd450Pow, type_of(t, x), high, real(t, 2.4));
    return math_select(t, spirv_op(b, SpvOpFOrdLessThanEqual, spirv_bool(b), x,
                                   real(t, 0.04045)), low, high);
}

static unsigned field_count(const struct packing *p)
{
    unsigned count = 0;

    while (count < 4 && p->bits[count]) {
        count++;
    }
    return count;
}

static uint32_t component(struct translator *t, uint32_t vector, unsigned i)
{
    uint32_t type = type_of(t, vector);

    return spirv_components(&t->spirv, type) == 1
               ? vector
               : spirv_op(&t->spirv, SpvOpCompositeExtract, spirv_scalar(&t->spirv, type), vector,
                          i);
}

/* Scale, clamp, round to nearest even. */
static uint32_t emit_pack(struct translator *t, struct call *c)
{
    const struct packing *p = find_packing(t, c);
    struct spirv_builder *b = &t->spirv;
    uint32_t value = call_value(t, c, 0), result = u32_constant(t, 0), type = call_type(t, c);
    unsigned at = 0, count = field_count(p);

    if (!spirv_is_float(b, type_of(t, value)) ||
        spirv_components(b, type_of(t, value)) < count || !spirv_is_int(b, type)) {
        call_misuse(t, c, "an operand of another type");
    }
    value = math_to_float32(t, value);
    for (unsigned i = 0; i < count; i++) {
        uint32_t x = component(t, value, i), bits;
        double most = (double)((1u << (p->bits[i] - p->is_signed)) - 1);

        x = clamp(t, x, p->is_signed ? -1.0 : 0.0, 1.0);
        if (p->srgb && i < 3) {
            x = linear_to_srgb(t, x);
        }
        x = ext1(t, GLSLstd450RoundEven, type_of(t, x), op2(t, SpvOpFMul, x, real(t, most)));
        bits = spirv_op(b, p->is_signed ? SpvOpConvertFToS : SpvOpConvertFToU, u32_type(t), x);
        result = spirv_op(b, SpvOpBitFieldInsert, u32_type(t), result, bits, u32_constant(t, at),
                          u32_constant(t, p->bits[i]));
        at += p->bits[i];
    }
    return type == u32_type(t) ? result : spirv_op(b, SpvOpUConvert, type, result);
}

static uint32_t emit_unpack(struct translator *t, struct call *c)
{
    const struct packing *p = find_packing(t, c);
    struct spirv_builder *b = &t->spirv;
    uint32_t value = u32_from(t, call_value(t, c, 0), false), type = call_type(t, c), parts[4];
    unsigned at = 0, count = field_count(p);

    if (!spirv_is_float(b, type) || spirv_components(b, type) != count) {
        call_misuse(t, c, "a result of another type");
    }
    for (unsigned i = 0; i < count; i++) {
        double most = (double)((1u << (p->bits[i] - p->is_signed)) - 1);
        uint32_t x = spirv_op(b, p->is_signed ? SpvOpBitFieldSExtract : SpvOpBitFieldUExtract,
                              u32_type(t), value, u32_constant(t, at),
                              u32_constant(t, p->bits[i]));

        x = spirv_op(b, p->is_signed ? SpvOpConvertSToF : SpvOpConvertUToF, spirv_float(b, 32), x);
        x = op2(t, SpvOpFDiv, x, real(t, most));
        if (p->is_signed) {
            x = spirv_ext(b, GLSLstd450FMax, type_of(t, x), x, real(t, -1.0));
        }
        if (p->srgb && i < 3) {
            x = srgb_to_linear(t, x);
        }
        parts[i] = math_to_type(t, x, spirv_scalar(b, type));
        at += p->bits[i];
    }
    return count == 1 ? parts[0]
                      : spirv_emit(b, SpvOpCompositeConstruct, type, parts, count);
}

const struct intrinsic convert_intrinsics[] = {
    {"convert", emit_convert, 0, 1, false},
    {"pack", emit_pack, 0, 1, false},
    {"unpack", emit_unpack, 0, 1, false},
    {0},
};
