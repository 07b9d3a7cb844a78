/* SPDX-License-Identifier: MIT */
/* air.* on integers and booleans. Vulkan's bit instructions are 32 bits wide; other widths are made
 * of them. Also the names that exist for integers and floats: clamp, min3, max3, median3.
 * Spec: 70-air 8.7. */
#include "shader/translator/translator.h"

static uint32_t type_of(struct translator *t, uint32_t id)
{
    return spirv_type_of(&t->spirv, id);
}

static uint32_t op2(struct translator *t, SpvOp op, uint32_t a, uint32_t b)
{
    return spirv_op(&t->spirv, op, type_of(t, a), a, b);
}

static uint32_t ext2(struct translator *t, enum GLSLstd450 inst, uint32_t a, uint32_t b)
{
    return spirv_ext(&t->spirv, inst, type_of(t, a), a, b);
}

static uint32_t test(struct translator *t, SpvOp op, uint32_t a, uint32_t b)
{
    return spirv_op(&t->spirv, op, spirv_shaped(&t->spirv, type_of(t, a), spirv_bool(&t->spirv)), a,
                    b);
}

static uint32_t number(struct translator *t, uint32_t like, uint64_t value)
{
    return spirv_constant_int(&t->spirv, type_of(t, like), value);
}

static uint32_t int_operand(struct translator *t, struct call *c, unsigned i)
{
    uint32_t type = call_type(t, c), value = call_typed(t, c, i, type);

    if (!spirv_is_int(&t->spirv, type)) {
        call_misuse(t, c, "not an integer");
    }
    return value;
}

static uint32_t minimum(struct translator *t, struct call *c, uint32_t a, uint32_t b)
{
    enum GLSLstd450 inst = spirv_is_float(&t->spirv, type_of(t, a)) ? c->fast ? GLSLstd450FMin
                                                                              : GLSLstd450NMin
                           : c->is_signed                           ? GLSLstd450SMin
                                                                    : GLSLstd450UMin;

    return ext2(t, inst, a, b);
}

static uint32_t maximum(struct translator *t, struct call *c, uint32_t a, uint32_t b)
{
    enum GLSLstd450 inst = spirv_is_float(&t->spirv, type_of(t, a)) ? c->fast ? GLSLstd450FMax
                                                                              : GLSLstd450NMax
                           : c->is_signed                           ? GLSLstd450SMax
                                                                    : GLSLstd450UMax;

    return ext2(t, inst, a, b);
}

static uint32_t any_operand(struct translator *t, struct call *c, unsigned i)
{
    return call_typed(t, c, i, call_type(t, c));
}

static uint32_t emit_abs(struct translator *t, struct call *c)
{
    uint32_t x = int_operand(t, c, 0);

    return c->is_signed ? spirv_ext(&t->spirv, GLSLstd450SAbs, type_of(t, x), x) : x;
}

static uint32_t emit_min(struct translator *t, struct call *c)
{
    return minimum(t, c, any_operand(t, c, 0), any_operand(t, c, 1));
}

static uint32_t emit_max(struct translator *t, struct call *c)
{
    return maximum(t, c, any_operand(t, c, 0), any_operand(t, c, 1));
}

static uint32_t emit_min3(struct translator *t, struct call *c)
{
    return minimum(t, c, emit_min(t, c), any_operand(t, c, 2));
}

static uint32_t emit_max3(struct translator *t, struct call *c)
{
    return maximum(t, c, emit_max(t, c), any_operand(t, c, 2));
}

static uint32_t emit_median3(struct translator *t, struct call *c)
{
    uint32_t low = emit_min(t, c), high = emit_max(t, c);

    return maximum(t, c, low, minimum(t, c, high, any_operand(t, c, 2)));
}

/* min(max(x, low), high): NaN becomes low. */
static uint32_t emit_clamp(struct translator *t, struct call *c)
{
    return minimum(t, c, maximum(t, c, any_operand(t, c, 0), any_operand(t, c, 1)),
                   any_operand(t, c, 2));
}

/* ---- Bits ---- */

static uint32_t words_of(struct translator *t, uint32_t like)
{
    return spirv_shaped(&t->spirv, type_of(t, like), u32_type(t));
}

static uint32_t to_words(struct translator *t, uint32_t x, bool is_signed)
{
    uint32_t words = words_of(t, x);

    return type_of(t, x) == words
               ? x
               : spirv_op(&t->spirv, is_signed ? SpvOpSConvert : SpvOpUConvert, words, x);
}

static uint32_t from_words(struct translator *t, uint32_t x, uint32_t type)
{
    return type_of(t, x) == type ? x : spirv_op(&t->spirv, SpvOpUConvert, type, x);
}

static uint32_t high_half(struct translator *t, uint32_t x)
{
    return spirv_op(&t->spirv, SpvOpUConvert, words_of(t, x),
                    op2(t, SpvOpShiftRightLogical, x, number(t, x, 32)));
}

static uint32_t emit_popcount(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t x = int_operand(t, c, 0), words = words_of(t, x), count;

    count = spirv_op(b, SpvOpBitCount, words, to_words(t, x, false));
    if (spirv_width(b, type_of(t, x)) == 64) {
        count = op2(t, SpvOpIAdd, count, spirv_op(b, SpvOpBitCount, words, high_half(t, x)));
    }
    return from_words(t, count, type_of(t, x));
}

static uint32_t leading_zeros(struct translator *t, uint32_t word)
{
    uint32_t top = spirv_ext(&t->spirv, GLSLstd450FindUMsb, type_of(t, word), word);

    return op2(t, SpvOpISub, number(t, word, 31), top); /* of zero: 31 - -1 = 32 */
}

static uint32_t trailing_zeros(struct translator *t, uint32_t word)
{
    uint32_t low = spirv_ext(&t->spirv, GLSLstd450FindILsb, type_of(t, word), word);

    return ext2(t, GLSLstd450UMin, low, number(t, word, 32)); /* of zero: -1 */
}

static uint32_t is_zero(struct translator *t, uint32_t x)
{
    return test(t, SpvOpIEqual, x, number(t, x, 0));
}

static uint32_t emit_clz(struct translator *t, struct call *c)
{
    uint32_t x = int_operand(t, c, 0), zeros, width = spirv_width(&t->spirv, type_of(t, x));

    if (width == 64) {
        uint32_t high = high_half(t, x), low = to_words(t, x, false), more;

        more = op2(t, SpvOpIAdd, leading_zeros(t, low), number(t, low, 32));
        zeros = math_select(t, is_zero(t, high), more, leading_zeros(t, high));
    } else {
        zeros = leading_zeros(t, to_words(t, x, false));
        zeros = op2(t, SpvOpISub, zeros, number(t, zeros, 32 - width));
    }
    return from_words(t, zeros, type_of(t, x));
}

static uint32_t emit_ctz(struct translator *t, struct call *c)
{
    uint32_t x = int_operand(t, c, 0), zeros, width = spirv_width(&t->spirv, type_of(t, x));
    uint32_t low = to_words(t, x, false);

    zeros = trailing_zeros(t, low);
    if (width == 64) {
        uint32_t more = trailing_zeros(t, high_half(t, x));

        zeros = math_select(t, is_zero(t, low), op2(t, SpvOpIAdd, more, number(t, low, 32)), zeros);
    } else if (width < 32) {
        zeros = ext2(t, GLSLstd450UMin, zeros, number(t, zeros, width));
    }
    return from_words(t, zeros, type_of(t, x));
}

static uint32_t emit_reverse(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t x = int_operand(t, c, 0), words = words_of(t, x), width, low;

    width = spirv_width(b, type_of(t, x));
    low = spirv_op(b, SpvOpBitReverse, words, to_words(t, x, false));
    if (width == 64) {
        uint32_t high = spirv_op(b, SpvOpBitReverse, words, high_half(t, x));
        uint32_t top = from_words(t, low, type_of(t, x));

        top = op2(t, SpvOpShiftLeftLogical, top, number(t, x, 32));
        return op2(t, SpvOpBitwiseOr, top, from_words(t, high, type_of(t, x)));
    }
    if (width < 32) {
        low = op2(t, SpvOpShiftRightLogical, low, number(t, low, 32 - width));
    }
    return from_words(t, low, type_of(t, x));
}

static uint32_t emit_rotate(struct translator *t, struct call *c)
{
    uint32_t x = int_operand(t, c, 0), n = int_operand(t, c, 1);
    unsigned width = spirv_width(&t->spirv, type_of(t, x));
    uint32_t left = op2(t, SpvOpBitwiseAnd, n, number(t, x, width - 1));
    uint32_t right = op2(t, SpvOpBitwiseAnd, op2(t, SpvOpISub, number(t, x, width), left),
                         number(t, x, width - 1));

    return op2(t, SpvOpBitwiseOr, op2(t, SpvOpShiftLeftLogical, x, left),
               op2(t, SpvOpShiftRightLogical, x, right));
}

/* Offset and count of a bit field, of any width, as words clamped to the value's width. */
static void field(struct translator *t, struct call *c, unsigned first, unsigned width,
                  uint32_t *offset, uint32_t *count)
{
    uint32_t limit = u32_constant(t, width);

    *offset = u32_min(t, u32_from(t, call_value(t, c, first), false), limit);
    *count = u32_min(t, u32_from(t, call_value(t, c, first + 1), false),
                     spirv_op(&t->spirv, SpvOpISub, u32_type(t), limit, *offset));
}

static unsigned field_width(struct translator *t, struct call *c, uint32_t x)
{
    unsigned width = spirv_width(&t->spirv, type_of(t, x));

    if (width > 32) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "air.%s of 64 bits", c->name);
    }
    return width;
}

static uint32_t emit_extract_bits(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t x = int_operand(t, c, 0), offset, count, bits;

    field(t, c, 1, field_width(t, c, x), &offset, &count);
    bits = to_words(t, x, c->is_signed);
    bits = spirv_op(b, c->is_signed ? SpvOpBitFieldSExtract : SpvOpBitFieldUExtract,
                    type_of(t, bits), bits, offset, count);
    return from_words(t, bits, type_of(t, x));
}

static uint32_t emit_insert_bits(struct translator *t, struct call *c)
{
    uint32_t base = int_operand(t, c, 0), insert = int_operand(t, c, 1), offset, count, bits;

    field(t, c, 2, field_width(t, c, base), &offset, &count);
    bits = to_words(t, base, false);
    bits = spirv_op(&t->spirv, SpvOpBitFieldInsert, type_of(t, bits), bits,
                    to_words(t, insert, false), offset, count);
    return from_words(t, bits, type_of(t, base));
}

static uint32_t emit_bswap(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t x = int_operand(t, c, 0), result = number(t, x, 0);
    unsigned bytes = spirv_width(b, type_of(t, x)) / 8;

    for (unsigned i = 0; i < bytes; i++) {
        uint32_t byte = op2(t, SpvOpBitwiseAnd,
                            op2(t, SpvOpShiftRightLogical, x, number(t, x, 8 * i)),
                            number(t, x, 0xff));

        byte = op2(t, SpvOpShiftLeftLogical, byte, number(t, x, 8 * (bytes - 1 - i)));
        result = op2(t, SpvOpBitwiseOr, result, byte);
    }
    return result;
}

/* ---- Arithmetic with more bits than the operands have ---- */

static uint32_t multiply_high(struct translator *t, struct call *c, uint32_t x, uint32_t y)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = type_of(t, x), members[2] = {type, type}, both;
    unsigned width = spirv_width(b, type);

    if (width == 32) {
        both = spirv_op(b, c->is_signed ? SpvOpSMulExtended : SpvOpUMulExtended,
                        spirv_struct(b, members, 2), x, y);
        return spirv_op(b, SpvOpCompositeExtract, type, both, 1);
    }
    if (width == 64) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "air.%s of 64 bits", c->name);
    }
    both = op2(t, SpvOpIMul, to_words(t, x, c->is_signed), to_words(t, y, c->is_signed));
    both = op2(t, SpvOpShiftRightLogical, both, number(t, both, width));
    return from_words(t, both, type);
}

static uint32_t emit_mul_hi(struct translator *t, struct call *c)
{
    return multiply_high(t, c, int_operand(t, c, 0), int_operand(t, c, 1));
}

static uint32_t emit_mad_hi(struct translator *t, struct call *c)
{
    return op2(t, SpvOpIAdd, emit_mul_hi(t, c), int_operand(t, c, 2));
}

/* The low 24 bits, extended. */
static uint32_t low24(struct translator *t, struct call *c, uint32_t x)
{
    return spirv_op(&t->spirv, c->is_signed ? SpvOpBitFieldSExtract : SpvOpBitFieldUExtract,
                    type_of(t, x), x, u32_constant(t, 0), u32_constant(t, 24));
}

static uint32_t emit_mul24(struct translator *t, struct call *c)
{
    uint32_t product = op2(t, SpvOpIMul, low24(t, c, int_operand(t, c, 0)),
                           low24(t, c, int_operand(t, c, 1)));

    return c->row->detail ? op2(t, SpvOpIAdd, product, int_operand(t, c, 2)) : product;
}

static uint64_t most(struct translator *t, uint32_t x, bool is_signed)
{
    unsigned width = spirv_width(&t->spirv, type_of(t, x));

    return UINT64_MAX >> (64 - width + is_signed);
}

/* What a signed sum saturates to when its first operand is @x: the largest, or the least if
 * negative. */
static uint32_t saturated(struct translator *t, uint32_t x)
{
    return math_select(t, test(t, SpvOpSLessThan, x, number(t, x, 0)),
                       number(t, x, most(t, x, true) + 1), number(t, x, most(t, x, true)));
}

static uint32_t add_saturating(struct translator *t, bool is_signed, uint32_t x, uint32_t y)
{
    uint32_t sum = op2(t, SpvOpIAdd, x, y), over;

    if (!is_signed) {
        return math_select(t, test(t, SpvOpULessThan, sum, x), number(t, x, most(t, x, false)),
                           sum);
    }
    /* overflow: both operands differ in sign from the sum */
    over = op2(t, SpvOpBitwiseAnd, op2(t, SpvOpBitwiseXor, x, sum),
               op2(t, SpvOpBitwiseXor, y, sum));
    return math_select(t, test(t, SpvOpSLessThan, over, number(t, x, 0)), saturated(t, x), sum);
}

static uint32_t emit_add_sat(struct translator *t, struct call *c)
{
    return add_saturating(t, c->is_signed, int_operand(t, c, 0), int_operand(t, c, 1));
}

static uint32_t emit_sub_sat(struct translator *t, struct call *c)
{
    uint32_t x = int_operand(t, c, 0), y = int_operand(t, c, 1), over;
    uint32_t difference = op2(t, SpvOpISub, x, y);

    if (!c->is_signed) {
        return math_select(t, test(t, SpvOpULessThan, x, y), number(t, x, 0), difference);
    }
    over = op2(t, SpvOpBitwiseAnd, op2(t, SpvOpBitwiseXor, x, y),
               op2(t, SpvOpBitwiseXor, x, difference));
    return math_select(t, test(t, SpvOpSLessThan, over, number(t, x, 0)), saturated(t, x),
                       difference);
}

static uint32_t emit_mad_sat(struct translator *t, struct call *c)
{
    uint32_t x = int_operand(t, c, 0), y = int_operand(t, c, 1), z = int_operand(t, c, 2);
    uint32_t low = op2(t, SpvOpIMul, x, y), high = multiply_high(t, c, x, y), fits, top;
    unsigned width = spirv_width(&t->spirv, type_of(t, x));
    uint32_t zero = number(t, x, 0);

    if (!c->is_signed) {
        fits = test(t, SpvOpIEqual, high, zero);
        return math_select(t, fits, add_saturating(t, false, low, z),
                           number(t, x, most(t, x, false)));
    }
    /* the exact product plus z: a 2 w bit sum of (high, low) and z */
    {
        uint32_t sum = op2(t, SpvOpIAdd, low, z);
        uint32_t carry = math_select(t, test(t, SpvOpULessThan, sum, low), number(t, x, 1), zero);
        uint32_t sign = op2(t, SpvOpShiftRightArithmetic, z, number(t, x, width - 1));

        top = op2(t, SpvOpIAdd, op2(t, SpvOpIAdd, high, sign), carry);
        fits = test(t, SpvOpIEqual, top,
                    op2(t, SpvOpShiftRightArithmetic, sum, number(t, x, width - 1)));
        return math_select(t, fits, sum, saturated(t, top));
    }
}

/* Half of the sum without overflow, rounded down or (@detail) up. */
static uint32_t emit_hadd(struct translator *t, struct call *c)
{
    uint32_t x = int_operand(t, c, 0), y = int_operand(t, c, 1), one = number(t, x, 1);
    SpvOp shift = c->is_signed ? SpvOpShiftRightArithmetic : SpvOpShiftRightLogical;
    uint32_t halves = op2(t, SpvOpIAdd, op2(t, shift, x, one), op2(t, shift, y, one));
    uint32_t low = op2(t, c->row->detail ? SpvOpBitwiseOr : SpvOpBitwiseAnd, x, y);

    return op2(t, SpvOpIAdd, halves, op2(t, SpvOpBitwiseAnd, low, one));
}

static uint32_t emit_abs_diff(struct translator *t, struct call *c)
{
    uint32_t x = int_operand(t, c, 0), y = int_operand(t, c, 1);

    return op2(t, SpvOpISub, maximum(t, c, x, y), minimum(t, c, x, y));
}

/* ---- Booleans ---- */

static uint32_t emit_any_all(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t x = call_value(t, c, 0), type = type_of(t, x);

    if (spirv_is_int(b, type)) {
        x = test(t, SpvOpINotEqual, x, number(t, x, 0));
        type = type_of(t, x);
    }
    if (!spirv_is_bool(b, type)) {
        call_misuse(t, c, "not booleans");
    }
    return spirv_components(b, type) == 1 ? x
                                          : spirv_op(b, (SpvOp)c->row->detail, spirv_bool(b), x);
}

static uint32_t emit_select(struct translator *t, struct call *c)
{
    uint32_t no = any_operand(t, c, 0), yes = any_operand(t, c, 1), when = call_value(t, c, 2);

    if (!spirv_is_bool(&t->spirv, type_of(t, when))) {
        call_misuse(t, c, "not a boolean");
    }
    return math_select(t, when, yes, no);
}

const struct intrinsic integer_intrinsics[] = {
    {"abs", emit_abs, 0, 1, false},
    {"min", emit_min, 0, 2, false},
    {"max", emit_max, 0, 2, false},
    {"min3", emit_min3, 0, 3, false},
    {"max3", emit_max3, 0, 3, false},
    {"median3", emit_median3, 0, 3, false},
    {"clamp", emit_clamp, 0, 3, false},
    {"popcount", emit_popcount, 0, 1, false},
    {"clz", emit_clz, 0, 2, false},
    {"ctz", emit_ctz, 0, 2, false},
    {"reverse_bits", emit_reverse, 0, 1, false},
    {"rotate", emit_rotate, 0, 2, false},
    {"extract_bits", emit_extract_bits, 0, 3, false},
    {"insert_bits", emit_insert_bits, 0, 4, false},
    {"bswap", emit_bswap, 0, 1, false},
    {"mul_hi", emit_mul_hi, 0, 2, false},
    {"mad_hi", emit_mad_hi, 0, 3, false},
    {"mul24", emit_mul24, 0, 2, false},
    {"mad24", emit_mul24, 1, 3, false},
    {"add_sat", emit_add_sat, 0, 2, false},
    {"sub_sat", emit_sub_sat, 0, 2, false},
    {"mad_sat", emit_mad_sat, 0, 3, false},
    {"hadd", emit_hadd, 0, 2, false},
    {"rhadd", emit_hadd, 1, 2, false},
    {"abs_diff", emit_abs_diff, 0, 2, false},
    {"any", emit_any_all, SpvOpAny, 1, false},
    {"all", emit_any_all, SpvOpAll, 1, false},
    {"select", emit_select, 0, 3, false},
    {0},
};
