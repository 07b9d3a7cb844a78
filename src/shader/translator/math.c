/* SPDX-License-Identifier: MIT */
/* Arithmetic that several kinds of instructions share. Spec: 70-air 8.6, 8.8, 10.10. */
#include "shader/translator/translator.h"

#include <math.h>

uint32_t math_select(struct translator *t, uint32_t condition, uint32_t yes, uint32_t no)
{
    return spirv_op(&t->spirv, SpvOpSelect, spirv_type_of(&t->spirv, yes), condition, yes, no);
}

/* Tested on the bits: the driver may assume that floats are no NaNs. */
uint32_t math_is_nan(struct translator *t, uint32_t value)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = spirv_type_of(b, value);
    bool half = spirv_width(b, type) == 16;
    uint32_t bits = spirv_shaped(b, type, spirv_int(b, half ? 16 : 32));
    uint32_t word = spirv_op(b, SpvOpBitcast, bits, value);

    word = spirv_op(b, SpvOpBitwiseAnd, bits, word,
                    spirv_constant_int(b, bits, half ? 0x7fff : 0x7fffffff));
    return spirv_op(b, SpvOpUGreaterThan, spirv_shaped(b, type, spirv_bool(b)), word,
                    spirv_constant_int(b, bits, half ? 0x7c00 : 0x7f800000));
}

uint32_t math_to_type(struct translator *t, uint32_t value, uint32_t type)
{
    if (spirv_type_of(&t->spirv, value) == type) {
        return value;
    }
    value = spirv_op(&t->spirv, SpvOpFConvert, type, value);
    if (spirv_width(&t->spirv, type) < 32) {
        /* drivers drop half(x) where it is widened again, unless told that it matters */
        spirv_decorate(&t->spirv, value, SpvDecorationNoContraction);
    }
    return value;
}

uint32_t math_to_float32(struct translator *t, uint32_t value)
{
    struct spirv_builder *b = &t->spirv;

    return math_to_type(t, value, spirv_shaped(b, spirv_type_of(b, value), spirv_float(b, 32)));
}

/* Rounds a 32-bit float to the nearest bfloat, ties to even; NaN stays NaN. */
uint32_t math_bfloat_round(struct translator *t, uint32_t value)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = spirv_type_of(b, value), bits = spirv_shaped(b, type, u32_type(t));
    uint32_t word = spirv_op(b, SpvOpBitcast, bits, value), odd, rounded;

    odd = spirv_op(b, SpvOpBitwiseAnd, bits,
                   spirv_op(b, SpvOpShiftRightLogical, bits, word, spirv_constant_int(b, bits, 16)),
                   spirv_constant_int(b, bits, 1));
    rounded = spirv_op(b, SpvOpIAdd, bits, word, spirv_constant_int(b, bits, 0x7fff));
    rounded = spirv_op(b, SpvOpIAdd, bits, rounded, odd);
    rounded = math_select(t, math_is_nan(t, value),
                          spirv_op(b, SpvOpBitwiseOr, bits, word,
                                   spirv_constant_int(b, bits, 0x00400000)),
                          rounded);
    rounded = spirv_op(b, SpvOpBitwiseAnd, bits, rounded, spirv_constant_int(b, bits, 0xffff0000));
    return spirv_op(b, SpvOpBitcast, type, rounded);
}

/* Towards zero; what does not fit becomes the nearest value that does, NaN zero. */
uint32_t math_saturate_to_int(struct translator *t, uint32_t value, uint32_t type, bool is_signed)
{
    struct spirv_builder *b = &t->spirv;
    unsigned width = spirv_width(b, type);
    uint32_t from, wide, result, high, low, bools, nan;
    double top, bottom;

    if (spirv_is_bool(b, type)) {
        uint32_t word = spirv_shaped(b, type, u32_type(t));

        value = math_saturate_to_int(t, value, word, is_signed);
        return spirv_op(b, SpvOpINotEqual, type, value, spirv_constant_int(b, word, 0));
    }
    value = math_to_float32(t, value);
    from = spirv_type_of(b, value);
    bools = spirv_shaped(b, type, spirv_bool(b));
    wide = width < 32 ? spirv_shaped(b, type, u32_type(t)) : type;
    top = ldexp(1.0, (int)width - is_signed); /* first value that is too large */
    bottom = is_signed ? -top : 0.0;
    nan = math_is_nan(t, value);
    high = spirv_op(b, SpvOpFOrdGreaterThanEqual, bools, value,
                    spirv_constant_float(b, from, top));
    low = spirv_op(b, SpvOpFOrdLessThan, bools, value, spirv_constant_float(b, from, bottom));
    /* the conversion itself is only ever given what fits */
    result = math_select(t, spirv_op(b, SpvOpLogicalOr, bools, nan,
                                     spirv_op(b, SpvOpLogicalOr, bools, high, low)),
                         spirv_constant_float(b, from, 0.0), value);
    result = spirv_op(b, is_signed ? SpvOpConvertFToS : SpvOpConvertFToU, wide, result);
    result = math_select(t, high,
                         spirv_constant_int(b, wide,
                                            is_signed ? (UINT64_C(1) << (width - 1)) - 1
                                                      : UINT64_MAX >> (64 - width)),
                         result);
    result = math_select(t, low,
                         spirv_constant_int(b, wide, is_signed ? UINT64_MAX << (width - 1) : 0),
                         result);
    return wide == type ? result : spirv_op(b, SpvOpUConvert, type, result);
}

/* x / y to half an ulp: SPIR-V's own may be 2.5 ulp off. One step of correction with a fused
 * multiply-add; where that step is not finite, the plain quotient is already right. */
uint32_t math_divide(struct translator *t, uint32_t x, uint32_t y, bool precise)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = spirv_type_of(b, x), quotient = spirv_op(b, SpvOpFDiv, type, x, y);

    spirv_decorate(b, quotient, SpvDecorationNoContraction);
    if (!precise || has(t, PVG_SHADER_FEATURE_BIT_CPU)) {
        return quotient; /* CPUs divide exactly */
    }
    {
        uint32_t bits = spirv_shaped(b, type, u32_type(t)), bools;
        uint32_t error, step, better, word, finite;

        bools = spirv_shaped(b, type, spirv_bool(b));
        error = spirv_ext(b, GLSLstd450Fma, type, spirv_op(b, SpvOpFNegate, type, quotient), y, x);
        step = spirv_op(b, SpvOpFDiv, type, error, y);
        better = spirv_op(b, SpvOpFAdd, type, quotient, step);
        spirv_decorate(b, error, SpvDecorationNoContraction);
        spirv_decorate(b, step, SpvDecorationNoContraction);
        spirv_decorate(b, better, SpvDecorationNoContraction);
        word = spirv_op(b, SpvOpBitwiseAnd, bits, spirv_op(b, SpvOpBitcast, bits, better),
                        spirv_constant_int(b, bits, 0x7fffffff));
        finite = spirv_op(b, SpvOpULessThan, bools, word, spirv_constant_int(b, bits, 0x7f800000));
        return math_select(t, finite, better, quotient);
    }
}
