/* SPDX-License-Identifier: MIT */
/* air.* on floats. Fast forms allow what Metal's fast math allows; precise ones hold at zeros,
 * infinities and NaN. Spec: 70-air 8.6. */
#include "shader/translator/translator.h"

#include <math.h>

static uint32_t glsl(struct translator *t, enum GLSLstd450 inst, uint32_t type, const uint32_t *args,
                     unsigned count)
{
    uint32_t words[6] = {t->spirv.glsl, inst};

    for (unsigned i = 0; i < count; i++) {
        words[2 + i] = args[i];
    }
    return spirv_emit(&t->spirv, SpvOpExtInst, type, words, 2 + count);
}

static uint32_t float_operand(struct translator *t, struct call *c, unsigned i)
{
    uint32_t type = call_type(t, c), value = call_typed(t, c, i, type);

    if (!spirv_is_float(&t->spirv, type)) {
        call_misuse(t, c, "not a float");
    }
    return value;
}

static uint32_t constant(struct translator *t, uint32_t like, double value)
{
    return spirv_constant_float(&t->spirv, spirv_type_of(&t->spirv, like), value);
}

static uint32_t op2(struct translator *t, SpvOp op, uint32_t a, uint32_t b)
{
    return spirv_op(&t->spirv, op, spirv_type_of(&t->spirv, a), a, b);
}

static uint32_t test(struct translator *t, SpvOp op, uint32_t a, uint32_t b)
{
    struct spirv_builder *s = &t->spirv;

    return spirv_op(s, op, spirv_shaped(s, spirv_type_of(s, a), spirv_bool(s)), a, b);
}

static uint32_t ext1(struct translator *t, enum GLSLstd450 inst, uint32_t a)
{
    return glsl(t, inst, spirv_type_of(&t->spirv, a), &a, 1);
}

/* @detail: the instruction; on the operands' own type. */
static uint32_t direct(struct translator *t, struct call *c)
{
    uint32_t args[3];
    unsigned count = MIN(c->count, 3u);

    for (unsigned i = 0; i < count; i++) {
        args[i] = float_operand(t, c, i);
    }
    return glsl(t, (enum GLSLstd450)c->row->detail, call_type(t, c), args, count);
}

/* @detail: the instruction; computed in 32 bits. */
static uint32_t in_float32(struct translator *t, struct call *c)
{
    uint32_t args[2];

    for (unsigned i = 0; i < MIN(c->count, 2u); i++) {
        args[i] = math_to_float32(t, float_operand(t, c, i));
    }
    return math_to_type(t,
                        glsl(t, (enum GLSLstd450)c->row->detail,
                             spirv_type_of(&t->spirv, args[0]), args, MIN(c->count, 2u)),
                        call_type(t, c));
}

/* fmin, fmax: @detail says which; the precise forms yield the operand that is no NaN. */
static uint32_t extreme(struct translator *t, uint32_t a, uint32_t b, bool maximum, bool fast)
{
    uint32_t args[2] = {a, b};
    enum GLSLstd450 inst = maximum ? fast ? GLSLstd450FMax : GLSLstd450NMax
                           : fast  ? GLSLstd450FMin
                                   : GLSLstd450NMin;

    return glsl(t, inst, spirv_type_of(&t->spirv, a), args, 2);
}

static uint32_t emit_extreme(struct translator *t, struct call *c)
{
    return extreme(t, float_operand(t, c, 0), float_operand(t, c, 1), c->row->detail, c->fast);
}

static uint32_t emit_extreme3(struct translator *t, struct call *c)
{
    uint32_t pair = extreme(t, float_operand(t, c, 0), float_operand(t, c, 1), c->row->detail,
                            c->fast);

    return extreme(t, pair, float_operand(t, c, 2), c->row->detail, c->fast);
}

static uint32_t emit_median3(struct translator *t, struct call *c)
{
    uint32_t x = float_operand(t, c, 0), y = float_operand(t, c, 1), z = float_operand(t, c, 2);
    uint32_t low = extreme(t, x, y, false, c->fast), high = extreme(t, x, y, true, c->fast);

    return extreme(t, low, extreme(t, high, z, false, c->fast), true, c->fast);
}

static uint32_t emit_clamp(struct translator *t, struct call *c)
{
    uint32_t args[3];

    for (unsigned i = 0; i < 3; i++) {
        args[i] = float_operand(t, c, i);
    }
    return glsl(t, c->fast ? GLSLstd450FClamp : GLSLstd450NClamp, call_type(t, c), args, 3);
}

static uint32_t emit_saturate(struct translator *t, struct call *c)
{
    uint32_t x = float_operand(t, c, 0);
    uint32_t args[3] = {x, constant(t, x, 0.0), constant(t, x, 1.0)};

    return glsl(t, c->fast ? GLSLstd450FClamp : GLSLstd450NClamp, call_type(t, c), args, 3);
}

/* Precise fract stays below one. */
static uint32_t emit_fract(struct translator *t, struct call *c)
{
    uint32_t x = float_operand(t, c, 0), type = call_type(t, c), below_one, fraction;

    if (c->fast) {
        return ext1(t, GLSLstd450Fract, x);
    }
    below_one = constant(t, x, spirv_width(&t->spirv, type) == 16 ? 0x1.ffcp-1 : 0x1.fffffep-1);
    fraction = op2(t, SpvOpFSub, x, ext1(t, GLSLstd450Floor, x));
    return extreme(t, fraction, below_one, false, true);
}

/* Half away from zero. */
static uint32_t emit_round(struct translator *t, struct call *c)
{
    uint32_t x = float_operand(t, c, 0), whole = ext1(t, GLSLstd450Trunc, x);
    uint32_t rest = ext1(t, GLSLstd450FAbs, op2(t, SpvOpFSub, x, whole));
    uint32_t up = op2(t, SpvOpFAdd, whole, ext1(t, GLSLstd450FSign, x));

    return math_select(t, test(t, SpvOpFOrdGreaterThanEqual, rest, constant(t, x, 0.5)), up, whole);
}

static uint32_t emit_exp10(struct translator *t, struct call *c)
{
    uint32_t x = math_to_float32(t, float_operand(t, c, 0));

    x = op2(t, SpvOpFMul, x, constant(t, x, log2(10.0)));
    return math_to_type(t, ext1(t, GLSLstd450Exp2, x), call_type(t, c));
}

static uint32_t emit_log10(struct translator *t, struct call *c)
{
    uint32_t x = math_to_float32(t, float_operand(t, c, 0));

    x = ext1(t, GLSLstd450Log2, x);
    return math_to_type(t, op2(t, SpvOpFMul, x, constant(t, x, log10(2.0))), call_type(t, c));
}

/* By the arc tangent, which drivers have to make precise: asin (@detail 0) of x is the angle of
 * (sqrt(1 - x x), x), acos (1) that of (x, sqrt(1 - x x)). */
static uint32_t emit_arc(struct translator *t, struct call *c)
{
    uint32_t x = math_to_float32(t, float_operand(t, c, 0)), one = constant(t, x, 1.0), args[2];
    uint32_t other = ext1(t, GLSLstd450Sqrt, op2(t, SpvOpFMul, op2(t, SpvOpFSub, one, x),
                                                 op2(t, SpvOpFAdd, one, x)));

    args[0] = c->row->detail ? other : x;
    args[1] = c->row->detail ? x : other;
    return math_to_type(t, glsl(t, GLSLstd450Atan2, spirv_type_of(&t->spirv, x), args, 2),
                        call_type(t, c));
}

/* x (1 - a) + y a: exact at both ends. */
static uint32_t emit_mix(struct translator *t, struct call *c)
{
    uint32_t x = float_operand(t, c, 0), y = float_operand(t, c, 1), a = float_operand(t, c, 2);
    uint32_t rest = op2(t, SpvOpFSub, constant(t, x, 1.0), a);

    return op2(t, SpvOpFAdd, op2(t, SpvOpFMul, x, rest), op2(t, SpvOpFMul, y, a));
}

/* NaN has sign 0. */
static uint32_t emit_sign(struct translator *t, struct call *c)
{
    uint32_t x = float_operand(t, c, 0);

    return math_select(t, math_is_nan(t, x), constant(t, x, 0.0), ext1(t, GLSLstd450FSign, x));
}

static uint32_t emit_fma(struct translator *t, struct call *c)
{
    uint32_t id = direct(t, c);

    spirv_decorate(&t->spirv, id, SpvDecorationNoContraction);
    return id;
}

static uint32_t power(struct translator *t, uint32_t x, uint32_t y)
{
    return ext1(t, GLSLstd450Exp2, op2(t, SpvOpFMul, y, ext1(t, GLSLstd450Log2, x)));
}

/* The sign of a negative base comes back for odd integral exponents; others give NaN. */
static uint32_t emit_pow(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t x = math_to_float32(t, float_operand(t, c, 0));
    uint32_t y = math_to_float32(t, float_operand(t, c, 1));
    uint32_t type = spirv_type_of(b, x), bools = spirv_shaped(b, type, spirv_bool(b));
    uint32_t zero = constant(t, x, 0.0), one = constant(t, x, 1.0), half, odd, whole, result;
    uint32_t x_zero, y_zero, negative, positive_y, infinite;

    if (c->fast) {
        return math_to_type(t, power(t, x, y), call_type(t, c));
    }
    result = power(t, ext1(t, GLSLstd450FAbs, x), y);
    half = op2(t, SpvOpFMul, y, constant(t, y, 0.5));
    whole = test(t, SpvOpFOrdEqual, y, ext1(t, GLSLstd450Floor, y));
    odd = spirv_op(b, SpvOpLogicalAnd, bools, whole,
                   test(t, SpvOpFUnordNotEqual, half, ext1(t, GLSLstd450Floor, half)));
    x_zero = test(t, SpvOpFOrdEqual, x, zero);
    y_zero = test(t, SpvOpFOrdEqual, y, zero);
    negative = test(t, SpvOpFOrdLessThan, x, zero);
    positive_y = test(t, SpvOpFOrdGreaterThan, y, zero);
    infinite = constant(t, x, INFINITY);
    result = math_select(t, x_zero, math_select(t, positive_y, zero, infinite), result);
    result = math_select(t, spirv_op(b, SpvOpLogicalAnd, bools, negative, odd),
                         spirv_op(b, SpvOpFNegate, type, result), result);
    result = math_select(t,
                         spirv_op(b, SpvOpLogicalAnd, bools, negative,
                                  spirv_op(b, SpvOpLogicalNot, bools, whole)),
                         constant(t, x, NAN), result);
    result = math_select(t, y_zero, one, result);
    result = math_select(t, test(t, SpvOpFOrdEqual, x, one), one, result);
    return math_to_type(t, result, call_type(t, c));
}

static uint32_t emit_powr(struct translator *t, struct call *c)
{
    uint32_t x = math_to_float32(t, float_operand(t, c, 0));
    uint32_t y = math_to_float32(t, float_operand(t, c, 1));

    return math_to_type(t, power(t, x, y), call_type(t, c));
}

/* Both zero: 0 or pi by the sign of x, with the sign of y. */
static uint32_t emit_atan2(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t y = math_to_float32(t, float_operand(t, c, 0));
    uint32_t x = math_to_float32(t, float_operand(t, c, 1));
    uint32_t args[2] = {y, x}, type = spirv_type_of(b, x), zero = constant(t, x, 0.0);
    uint32_t angle = glsl(t, GLSLstd450Atan2, type, args, 2), bits, sign, flat, both;

    if (c->fast) {
        return math_to_type(t, angle, call_type(t, c));
    }
    bits = spirv_shaped(b, type, u32_type(t));
    both = spirv_op(b, SpvOpLogicalAnd, spirv_shaped(b, type, spirv_bool(b)),
                    test(t, SpvOpFOrdEqual, x, zero), test(t, SpvOpFOrdEqual, y, zero));
    flat = math_select(t,
                       test(t, SpvOpSLessThan, spirv_op(b, SpvOpBitcast, bits, x),
                            spirv_constant_int(b, bits, 0)),
                       constant(t, x, M_PI), zero);
    sign = spirv_op(b, SpvOpBitwiseAnd, bits, spirv_op(b, SpvOpBitcast, bits, y),
                    spirv_constant_int(b, bits, 0x80000000));
    flat = spirv_op(b, SpvOpBitcast, type,
                    spirv_op(b, SpvOpBitwiseOr, bits, spirv_op(b, SpvOpBitcast, bits, flat), sign));
    return math_to_type(t, math_select(t, both, flat, angle), call_type(t, c));
}

static uint32_t emit_fmod(struct translator *t, struct call *c)
{
    uint32_t x = float_operand(t, c, 0), y = float_operand(t, c, 1), whole;

    if (!c->fast) {
        return op2(t, SpvOpFRem, x, y);
    }
    whole = ext1(t, GLSLstd450Trunc, op2(t, SpvOpFDiv, x, y));
    return op2(t, SpvOpFSub, x, op2(t, SpvOpFMul, y, whole));
}

/* sin, cos, tan of pi x: @detail the instruction. The argument is reduced before the product. */
static uint32_t emit_of_pi(struct translator *t, struct call *c)
{
    uint32_t x = math_to_float32(t, float_operand(t, c, 0)), turns;

    turns = ext1(t, GLSLstd450RoundEven, op2(t, SpvOpFMul, x, constant(t, x, 0.5)));
    x = op2(t, SpvOpFSub, x, op2(t, SpvOpFMul, turns, constant(t, x, 2.0)));
    x = op2(t, SpvOpFMul, x, constant(t, x, M_PI));
    return math_to_type(t, ext1(t, (enum GLSLstd450)c->row->detail, x), call_type(t, c));
}

/* The second result of sincos, modf and frexp goes through a thread pointer. */
static void store_second(struct translator *t, struct call *c, unsigned operand, LLVMTypeRef type,
                         uint32_t value)
{
    memory_store_typed(t, memory_pointer(t, call_operand(c, operand)), type, value, 4);
}

static uint32_t emit_sincos(struct translator *t, struct call *c)
{
    uint32_t x = math_to_float32(t, float_operand(t, c, 0)), type = call_type(t, c);

    store_second(t, c, 1, c->result, math_to_type(t, ext1(t, GLSLstd450Cos, x), type));
    return math_to_type(t, ext1(t, GLSLstd450Sin, x), type);
}

static uint32_t emit_modf(struct translator *t, struct call *c)
{
    uint32_t x = float_operand(t, c, 0), whole = ext1(t, GLSLstd450Trunc, x);

    store_second(t, c, 1, c->result, whole);
    return op2(t, SpvOpFSub, x, whole);
}

static LLVMTypeRef int_like(struct translator *t, LLVMTypeRef type)
{
    LLVMTypeRef word = LLVMInt32TypeInContext(t->context);

    return LLVMGetTypeKind(type) == LLVMVectorTypeKind
               ? LLVMVectorType(word, LLVMGetVectorSize(type))
               : word;
}

static uint32_t emit_frexp(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t x = math_to_float32(t, float_operand(t, c, 0)), type = spirv_type_of(b, x);
    uint32_t ints = spirv_shaped(b, type, u32_type(t));
    uint32_t members[2] = {type, ints}, both;

    both = glsl(t, GLSLstd450FrexpStruct, spirv_struct(b, members, 2), &x, 1);
    store_second(t, c, 1, int_like(t, c->result),
                 spirv_op(b, SpvOpCompositeExtract, ints, both, 1));
    return math_to_type(t, spirv_op(b, SpvOpCompositeExtract, type, both, 0), call_type(t, c));
}

static uint32_t emit_ldexp(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t x = math_to_float32(t, float_operand(t, c, 0)), type = spirv_type_of(b, x);
    uint32_t args[2] = {x, call_typed(t, c, 1, spirv_shaped(b, type, u32_type(t)))};

    return math_to_type(t, glsl(t, GLSLstd450Ldexp, type, args, 2), call_type(t, c));
}

static uint32_t emit_dot(struct translator *t, struct call *c)
{
    uint32_t a = call_value(t, c, 0), b = call_value(t, c, 1), type = call_type(t, c);

    if (spirv_scalar(&t->spirv, spirv_type_of(&t->spirv, a)) != type ||
        spirv_type_of(&t->spirv, a) != spirv_type_of(&t->spirv, b) ||
        !spirv_is_float(&t->spirv, type)) {
        call_misuse(t, c, "operands of other types");
    }
    return spirv_components(&t->spirv, spirv_type_of(&t->spirv, a)) == 1
               ? op2(t, SpvOpFMul, a, b)
               : spirv_op(&t->spirv, SpvOpDot, type, a, b);
}

/* length, normalize, distance: mostly expanded before AIR. @detail is the instruction. */
static uint32_t emit_geometric(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t args[2], of;

    for (unsigned i = 0; i < c->count; i++) {
        args[i] = call_value(t, c, i);
        if (!spirv_is_float(b, spirv_type_of(b, args[i]))) {
            call_misuse(t, c, "not a float");
        }
        args[i] = math_to_float32(t, args[i]);
    }
    of = spirv_type_of(b, args[0]);
    if (c->count == 2 && spirv_type_of(b, args[1]) != of) {
        call_misuse(t, c, "operands of other types");
    }
    return math_to_type(t,
                        glsl(t, (enum GLSLstd450)c->row->detail,
                             c->row->detail == GLSLstd450Normalize ? of : spirv_scalar(b, of), args,
                             c->count),
                        call_type(t, c));
}

static uint32_t emit_smoothstep(struct translator *t, struct call *c)
{
    uint32_t args[3];

    for (unsigned i = 0; i < 3; i++) {
        args[i] = math_to_float32(t, float_operand(t, c, i));
    }
    return math_to_type(
        t, glsl(t, GLSLstd450SmoothStep, spirv_type_of(&t->spirv, args[0]), args, 3),
        call_type(t, c));
}

static uint32_t emit_copysign(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t x = float_operand(t, c, 0), y = float_operand(t, c, 1), type = call_type(t, c);
    unsigned width = spirv_width(b, type);
    uint32_t bits = spirv_shaped(b, type, spirv_int(b, width));
    uint64_t sign = UINT64_C(1) << (width - 1);
    uint32_t magnitude = spirv_op(b, SpvOpBitwiseAnd, bits, spirv_op(b, SpvOpBitcast, bits, x),
                                  spirv_constant_int(b, bits, sign - 1));
    uint32_t of_y = spirv_op(b, SpvOpBitwiseAnd, bits, spirv_op(b, SpvOpBitcast, bits, y),
                             spirv_constant_int(b, bits, sign));

    return spirv_op(b, SpvOpBitcast, type, spirv_op(b, SpvOpBitwiseOr, bits, magnitude, of_y));
}

static uint32_t emit_fdim(struct translator *t, struct call *c)
{
    uint32_t x = float_operand(t, c, 0), y = float_operand(t, c, 1);

    /* x <= y gives 0; NaN stays NaN */
    return math_select(t, test(t, SpvOpFOrdLessThanEqual, x, y), constant(t, x, 0.0),
                       op2(t, SpvOpFSub, x, y));
}

static uint32_t emit_hypot(struct translator *t, struct call *c)
{
    uint32_t x = ext1(t, GLSLstd450FAbs, math_to_float32(t, float_operand(t, c, 0)));
    uint32_t y = ext1(t, GLSLstd450FAbs, math_to_float32(t, float_operand(t, c, 1)));
    uint32_t high = extreme(t, x, y, true, true), low = extreme(t, x, y, false, true), ratio;

    ratio = op2(t, SpvOpFDiv, low, high);
    ratio = op2(t, SpvOpFAdd, constant(t, x, 1.0), op2(t, SpvOpFMul, ratio, ratio));
    ratio = op2(t, SpvOpFMul, high, ext1(t, GLSLstd450Sqrt, ratio));
    ratio = math_select(t, test(t, SpvOpFOrdEqual, high, constant(t, x, 0.0)), high, ratio);
    return math_to_type(t, ratio, call_type(t, c));
}

static uint32_t emit_cbrt(struct translator *t, struct call *c)
{
    uint32_t x = math_to_float32(t, float_operand(t, c, 0)), root;

    root = power(t, ext1(t, GLSLstd450FAbs, x), constant(t, x, 1.0 / 3.0));
    return math_to_type(t, op2(t, SpvOpFMul, root, ext1(t, GLSLstd450FSign, x)), call_type(t, c));
}

/* isnan and its kin look at the bits: exponent and fraction. @detail: which. */
enum float_test {
    TEST_NAN,
    TEST_INFINITE,
    TEST_FINITE,
    TEST_NORMAL,
    TEST_SIGN,
};

static uint32_t emit_test(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t x = call_value(t, c, 0), type = spirv_type_of(b, x), bits, word, magnitude, infinity;
    unsigned width = spirv_width(b, type);
    bool half = width == 16;

    if (!spirv_is_float(b, type)) {
        call_misuse(t, c, "not a float");
    }
    bits = spirv_shaped(b, type, spirv_int(b, width));
    word = spirv_op(b, SpvOpBitcast, bits, x);
    magnitude = spirv_op(b, SpvOpBitwiseAnd, bits, word,
                         spirv_constant_int(b, bits, half ? 0x7fff : 0x7fffffff));
    infinity = spirv_constant_int(b, bits, half ? 0x7c00 : 0x7f800000);
    switch ((enum float_test)c->row->detail) {
    case TEST_NAN:
        return test(t, SpvOpUGreaterThan, magnitude, infinity);
    case TEST_INFINITE:
        return test(t, SpvOpIEqual, magnitude, infinity);
    case TEST_FINITE:
        return test(t, SpvOpULessThan, magnitude, infinity);
    case TEST_NORMAL: {
        uint32_t least = spirv_constant_int(b, bits, half ? 0x0400 : 0x00800000);

        return spirv_op(b, SpvOpLogicalAnd, spirv_shaped(b, type, spirv_bool(b)),
                        test(t, SpvOpUGreaterThanEqual, magnitude, least),
                        test(t, SpvOpULessThan, magnitude, infinity));
    }
    case TEST_SIGN:
        return test(t, SpvOpSLessThan, word, spirv_constant_int(b, bits, 0));
    }
    return 0;
}

static uint32_t emit_ordered(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = call_type(t, c);
    uint32_t either = spirv_op(b, SpvOpLogicalOr, type, math_is_nan(t, call_value(t, c, 0)),
                               math_is_nan(t, call_value(t, c, 1)));

    return c->row->detail ? spirv_op(b, SpvOpLogicalNot, type, either) : either;
}

/* The exponent as an integer: that of zero is INT_MIN, of infinities and NaN INT_MAX. */
static uint32_t emit_ilogb(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t x = math_to_float32(t, call_value(t, c, 0)), type = spirv_type_of(b, x);
    uint32_t ints = spirv_shaped(b, type, u32_type(t)), members[2] = {type, ints};
    uint32_t bits, exponent, magnitude;

    exponent = glsl(t, GLSLstd450FrexpStruct, spirv_struct(b, members, 2), &x, 1);
    exponent = spirv_op(b, SpvOpCompositeExtract, ints, exponent, 1);
    exponent = spirv_op(b, SpvOpISub, ints, exponent, spirv_constant_int(b, ints, 1));
    bits = spirv_op(b, SpvOpBitcast, ints, x);
    magnitude = spirv_op(b, SpvOpBitwiseAnd, ints, bits, spirv_constant_int(b, ints, 0x7fffffff));
    exponent = math_select(t,
                           test(t, SpvOpUGreaterThanEqual, magnitude,
                                spirv_constant_int(b, ints, 0x7f800000)),
                           spirv_constant_int(b, ints, 0x7fffffff), exponent);
    return math_select(t, test(t, SpvOpIEqual, magnitude, spirv_constant_int(b, ints, 0)),
                       spirv_constant_int(b, ints, 0x80000000), exponent);
}

/* One step along the representable values, by their bits. */
static uint32_t emit_nextafter(struct translator *t, struct call *c)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t x = float_operand(t, c, 0), y = float_operand(t, c, 1), type = call_type(t, c);
    unsigned width = spirv_width(b, type);
    uint32_t bits = spirv_shaped(b, type, spirv_int(b, width));
    uint32_t word = spirv_op(b, SpvOpBitcast, bits, x), one = spirv_constant_int(b, bits, 1);
    uint32_t zero = constant(t, x, 0.0), away, toward, step, smallest;

    away = test(t, SpvOpLogicalEqual, test(t, SpvOpFOrdLessThan, x, y),
                test(t, SpvOpFOrdGreaterThan, x, zero));
    toward = math_select(t, away, spirv_op(b, SpvOpIAdd, bits, word, one),
                         spirv_op(b, SpvOpISub, bits, word, one));
    smallest = math_select(t, test(t, SpvOpFOrdLessThan, y, zero),
                           spirv_constant_int(b, bits, (UINT64_C(1) << (width - 1)) | 1), one);
    step = math_select(t, test(t, SpvOpFOrdEqual, x, zero), smallest, toward);
    step = spirv_op(b, SpvOpBitcast, type, step);
    step = math_select(t, test(t, SpvOpFOrdEqual, x, y), y, step);
    step = math_select(t, math_is_nan(t, y), y, step);
    return math_select(t, math_is_nan(t, x), x, step);
}

const struct intrinsic math_intrinsics[] = {
    {"fabs", direct, GLSLstd450FAbs, 1, false},
    {"ceil", direct, GLSLstd450Ceil, 1, false},
    {"floor", direct, GLSLstd450Floor, 1, false},
    {"trunc", direct, GLSLstd450Trunc, 1, false},
    {"rint", direct, GLSLstd450RoundEven, 1, false},
    {"sqrt", direct, GLSLstd450Sqrt, 1, false},
    {"rsqrt", in_float32, GLSLstd450InverseSqrt, 1, false},
    {"sin", in_float32, GLSLstd450Sin, 1, false},
    {"cos", in_float32, GLSLstd450Cos, 1, false},
    {"tan", in_float32, GLSLstd450Tan, 1, false},
    {"asin", emit_arc, 0, 1, false},
    {"acos", emit_arc, 1, 1, false},
    {"atan", in_float32, GLSLstd450Atan, 1, false},
    {"sinh", in_float32, GLSLstd450Sinh, 1, false},
    {"cosh", in_float32, GLSLstd450Cosh, 1, false},
    {"tanh", in_float32, GLSLstd450Tanh, 1, false},
    {"asinh", in_float32, GLSLstd450Asinh, 1, false},
    {"acosh", in_float32, GLSLstd450Acosh, 1, false},
    {"atanh", in_float32, GLSLstd450Atanh, 1, false},
    {"exp", in_float32, GLSLstd450Exp, 1, false},
    {"exp2", in_float32, GLSLstd450Exp2, 1, false},
    {"log", in_float32, GLSLstd450Log, 1, false},
    {"log2", in_float32, GLSLstd450Log2, 1, false},
    {"exp10", emit_exp10, 0, 1, false},
    {"log10", emit_log10, 0, 1, false},
    {"round", emit_round, 0, 1, false},
    {"fract", emit_fract, 0, 1, false},
    {"fmin", emit_extreme, false, 2, false},
    {"fmax", emit_extreme, true, 2, false},
    {"fmin3", emit_extreme3, false, 3, false},
    {"fmax3", emit_extreme3, true, 3, false},
    {"fmedian3", emit_median3, 0, 3, false},
    {"saturate", emit_saturate, 0, 1, false},
    {"fclamp", emit_clamp, 0, 3, false},
    {"mix", emit_mix, 0, 3, false},
    {"sign", emit_sign, 0, 1, false},
    {"fma", emit_fma, GLSLstd450Fma, 3, false},
    {"pow", emit_pow, 0, 2, false},
    {"powr", emit_powr, 0, 2, false},
    {"atan2", emit_atan2, 0, 2, false},
    {"fmod", emit_fmod, 0, 2, false},
    {"sinpi", emit_of_pi, GLSLstd450Sin, 1, false},
    {"cospi", emit_of_pi, GLSLstd450Cos, 1, false},
    {"tanpi", emit_of_pi, GLSLstd450Tan, 1, false},
    {"sincos", emit_sincos, 0, 2, false},
    {"modf", emit_modf, 0, 2, false},
    {"frexp", emit_frexp, 0, 2, false},
    {"ldexp", emit_ldexp, 0, 2, false},
    {"ilogb", emit_ilogb, 0, 1, false},
    {"nextafter", emit_nextafter, 0, 2, false},
    {"fdim", emit_fdim, 0, 2, false},
    {"hypot", emit_hypot, 0, 2, false},
    {"cbrt", emit_cbrt, 0, 1, false},
    {"copysign", emit_copysign, 0, 2, false},
    {"dot", emit_dot, 0, 2, false},
    {"step", in_float32, GLSLstd450Step, 2, false},
    {"smoothstep", emit_smoothstep, 0, 3, false},
    {"length", emit_geometric, GLSLstd450Length, 1, false},
    {"normalize", emit_geometric, GLSLstd450Normalize, 1, false},
    {"distance", emit_geometric, GLSLstd450Distance, 2, false},
    {"isnan", emit_test, TEST_NAN, 1, false},
    {"isinf", emit_test, TEST_INFINITE, 1, false},
    {"isfinite", emit_test, TEST_FINITE, 1, false},
    {"isnormal", emit_test, TEST_NORMAL, 1, false},
    {"signbit", emit_test, TEST_SIGN, 1, false},
    {"isunordered", emit_ordered, false, 2, false},
    {"isordered", emit_ordered, true, 2, false},
    {0},
};
