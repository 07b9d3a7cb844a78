/* SPDX-License-Identifier: MIT */
#include "reference.h"

#include <math.h>
#include <string.h>

/* ---- floats ---- */

#define UNARY(name, expression)                                                                    \
    static float name(float x)                                                                     \
    {                                                                                              \
        return (expression);                                                                       \
    }
#define BINARY(name, expression)                                                                   \
    static float name(float x, float y)                                                            \
    {                                                                                              \
        return (expression);                                                                       \
    }

UNARY(ref_fabs, fabsf(x))
UNARY(ref_ceil, ceilf(x))
UNARY(ref_floor, floorf(x))
UNARY(ref_trunc, truncf(x))
UNARY(ref_rint, nearbyintf(x))
UNARY(ref_round, roundf(x)) /* halves away from zero */
UNARY(ref_fract, fminf(x - floorf(x), 0x1.fffffep-1f))
UNARY(ref_sqrt, sqrtf(x))
UNARY(ref_rsqrt, 1.0 / sqrt((double)x))
UNARY(ref_sin, sin((double)x))
UNARY(ref_cos, cos((double)x))
UNARY(ref_tan, tan((double)x))
UNARY(ref_asin, asin((double)x))
UNARY(ref_acos, acos((double)x))
UNARY(ref_atan, atan((double)x))
UNARY(ref_sinh, sinh((double)x))
UNARY(ref_cosh, cosh((double)x))
UNARY(ref_tanh, tanh((double)x))
UNARY(ref_exp, exp((double)x))
UNARY(ref_exp2, exp2((double)x))

UNARY(ref_log, log((double)x))
UNARY(ref_log2, log2((double)x))
UNARY(ref_log10, log10((double)x))
UNARY(ref_sinpi, sin(M_PI *remainder((double)x, 2.0)))
UNARY(ref_cospi, cos(M_PI *remainder((double)x, 2.0)))
UNARY(ref_sign, isnan(x) ? 0.0f : x > 0 ? 1.0f : x < 0 ? -1.0f : x)
/* NaN goes to the lower bound. */
UNARY(ref_saturate, !(x > 0.0f) ? 0.0f : x > 1.0f ? 1.0f : x)
/* NaN yields the other operand. */
BINARY(ref_fmin, isnan(x) ? y : isnan(y) ? x : x < y ? x : y)
BINARY(ref_fmax, isnan(x) ? y : isnan(y) ? x : x > y ? x : y)
BINARY(ref_pow, pow((double)x, (double)y))
BINARY(ref_atan2, atan2((double)x, (double)y))
BINARY(ref_fmod, fmod((double)x, (double)y))

static float ref_fma(float x, float y, float z)
{
    return fmaf(x, y, z);
}

static float ref_mix(float x, float y, float a)
{
    return (double)x * (1.0 - (double)a) + (double)y * (double)a;
}

static float ref_clamp(float x, float low, float high)
{
    return ref_fmin(ref_fmax(x, low), high);
}

/* ---- integers ---- */

static int32_t ref_abs_s(int32_t x)
{
    return x < 0 ? (int32_t)(0u - (uint32_t)x) : x;
}
#define INTEGER(name, type, expression)                                                            \
    static type name(type x, type y)                                                               \
    {                                                                                              \
        return (expression);                                                                       \
    }
INTEGER(ref_min_s, int32_t, x < y ? x : y)
INTEGER(ref_max_s, int32_t, x > y ? x : y)
INTEGER(ref_min_u, uint32_t, x < y ? x : y)
INTEGER(ref_max_u, uint32_t, x > y ? x : y)
INTEGER(ref_min_s16, int16_t, x < y ? x : y)
INTEGER(ref_max_u16, uint16_t, x > y ? x : y)
INTEGER(ref_min_u8, uint8_t, x < y ? x : y)
INTEGER(ref_max_s8, int8_t, x > y ? x : y)
INTEGER(ref_mul_hi_s, int32_t, (int64_t)x *y >> 32)
INTEGER(ref_mul_hi_u, uint32_t, (uint64_t)x *y >> 32)
INTEGER(ref_abs_diff_u, uint32_t, x > y ? x - y : y - x)
INTEGER(ref_abs_diff_s, int32_t,
        (int32_t)(x > y ? (uint32_t)x - (uint32_t)y : (uint32_t)y - (uint32_t)x))
INTEGER(ref_add_sat_u, uint32_t, x + y < x ? UINT32_MAX : x + y)
INTEGER(ref_sub_sat_u, uint32_t, x < y ? 0 : x - y)
INTEGER(ref_rotate, uint32_t, x << (y & 31) | x >> (-y & 31))
INTEGER(ref_hadd_u, uint32_t, ((uint64_t)x + y) >> 1)
INTEGER(ref_rhadd_u, uint32_t, ((uint64_t)x + y + 1) >> 1)
INTEGER(ref_hadd_s, int32_t, ((int64_t)x + y) >> 1)
INTEGER(ref_rhadd_s, int32_t, ((int64_t)x + y + 1) >> 1)

static int32_t clamp64(int64_t value)
{
    return value < INT32_MIN ? INT32_MIN : value > INT32_MAX ? INT32_MAX : value;
}
INTEGER(ref_add_sat_s, int32_t, clamp64((int64_t)x + y))
INTEGER(ref_sub_sat_s, int32_t, clamp64((int64_t)x - y))

static int32_t ref_clamp_s(int32_t x, int32_t low, int32_t high)
{
    return ref_min_s(ref_max_s(x, low), high);
}

static uint32_t ref_clamp_u(uint32_t x, uint32_t low, uint32_t high)
{
    return ref_min_u(ref_max_u(x, low), high);
}

static uint32_t ref_popcount(uint32_t x)
{
    return __builtin_popcount(x);
}

static uint32_t ref_clz(uint32_t x, bool undefined)
{
    return x ? __builtin_clz(x) : 32;
}

static uint32_t ref_ctz(uint32_t x, bool undefined)
{
    return x ? __builtin_ctz(x) : 32;
}

static uint16_t ref_clz16(uint16_t x, bool undefined)
{
    return x ? __builtin_clz(x) - 16 : 16;
}

static uint16_t ref_popcount16(uint16_t x)
{
    return __builtin_popcount(x);
}

static uint32_t ref_reverse_bits(uint32_t x)
{
    uint32_t out = 0;

    for (unsigned i = 0; i < 32; i++) {
        out |= (x >> i & 1) << (31 - i);
    }
    return out;
}

/* Offset and count are below 32 here; what lies beyond the word does not exist. */
static uint32_t ref_extract_u(uint32_t x, uint32_t offset, uint32_t bits)
{
    uint64_t mask = (UINT64_C(1) << bits) - 1;

    return x >> offset & mask;
}

static int32_t ref_extract_s(int32_t x, uint32_t offset, uint32_t bits)
{
    bits = bits > 32 - offset ? 32 - offset : bits;
    return bits ? (int32_t)((uint32_t)x << (32 - bits - offset)) >> (32 - bits) : 0;
}

static uint32_t ref_insert(uint32_t base, uint32_t insert, uint32_t offset, uint32_t bits)
{
    uint32_t mask;

    bits = bits > 32 - offset ? 32 - offset : bits;
    mask = (uint32_t)((UINT64_C(1) << bits) - 1) << offset;
    return (base & ~mask) | (insert << offset & mask);
}

/* ---- conversions: toward zero, saturating, NaN to 0 ---- */

static int32_t ref_float_to_int(float x)
{
    return isnan(x) ? 0 : x >= 0x1p31f ? INT32_MAX : x < -0x1p31f ? INT32_MIN : (int32_t)x;
}

static uint32_t ref_float_to_uint(float x)
{
    return !(x > 0) ? 0 : x >= 0x1p32f ? UINT32_MAX : (uint32_t)x;
}

static int16_t ref_float_to_short(float x)
{
    return isnan(x) ? 0 : x >= 32767.0f ? 32767 : x <= -32768.0f ? -32768 : (int16_t)x;
}

static uint8_t ref_float_to_uchar(float x)
{
    return !(x > 0) ? 0 : x >= 255.0f ? 255 : (uint8_t)x;
}

static float ref_int_to_float(int32_t x)
{
    return x;
}

static float ref_uint_to_float(uint32_t x)
{
    return x;
}

static float ref_short_to_float(int16_t x)
{
    return x;
}

#define FAST(name, types, function, inputs, ulps, absolute)                                        \
    {                                                                                              \
        "air.fast_" name ".f32", types, (void *)function, inputs, ulps, absolute                   \
    }
#define PLAIN(name, types, function, inputs, ulps, absolute)                                       \
    {                                                                                              \
        "air." name, types, (void *)function, inputs, ulps, absolute                               \
    }

/* Error bounds: those that Vulkan's precision tables grant to the instruction that 70-air 8.6 maps
 * each function to; 0 where the result is exact. */
const struct reference references[] = {
    FAST("fabs", "ff", ref_fabs, INPUTS_FINITE, 0, 0),
    FAST("ceil", "ff", ref_ceil, INPUTS_FINITE, 0, 0),
    FAST("floor", "ff", ref_floor, INPUTS_FINITE, 0, 0),
    FAST("trunc", "ff", ref_trunc, INPUTS_FINITE, 0, 0),
    FAST("rint", "ff", ref_rint, INPUTS_FINITE, 0, 0),
    FAST("round", "ff", ref_round, INPUTS_FINITE, 0, 0),
    FAST("fract", "ff", ref_fract, INPUTS_FINITE, 1, 0x1p-23),
    FAST("sqrt", "ff", ref_sqrt, INPUTS_POSITIVE, 4, 0),
    FAST("rsqrt", "ff", ref_rsqrt, INPUTS_POSITIVE, 2, 0),
    FAST("sin", "ff", ref_sin, INPUTS_ANGLE, 0, 0x1p-11),
    FAST("cos", "ff", ref_cos, INPUTS_ANGLE, 0, 0x1p-11),
    FAST("tan", "ff", ref_tan, INPUTS_UNIT, 0, 0x1p-9),
    FAST("asin", "ff", ref_asin, INPUTS_UNIT, 0, 0x1p-10),
    FAST("acos", "ff", ref_acos, INPUTS_UNIT, 0, 0x1p-10),
    FAST("atan", "ff", ref_atan, INPUTS_FINITE, 4096, 0),
    FAST("sinh", "ff", ref_sinh, INPUTS_UNIT, 64, 0x1p-18),
    FAST("cosh", "ff", ref_cosh, INPUTS_UNIT, 64, 0),
    FAST("tanh", "ff", ref_tanh, INPUTS_UNIT, 64, 0x1p-18),
    FAST("exp", "ff", ref_exp, INPUTS_SMALL, 200, 0),
    FAST("exp2", "ff", ref_exp2, INPUTS_SMALL, 200, 0),
    FAST("log", "ff", ref_log, INPUTS_POSITIVE, 8, 0x1p-20),
    FAST("log2", "ff", ref_log2, INPUTS_POSITIVE, 8, 0x1p-20),
    FAST("log10", "ff", ref_log10, INPUTS_POSITIVE, 8, 0x1p-20),
    FAST("saturate", "ff", ref_saturate, INPUTS_FINITE, 0, 0),
    FAST("fmin", "fff", ref_fmin, INPUTS_FINITE, 0, 0),
    FAST("fmax", "fff", ref_fmax, INPUTS_FINITE, 0, 0),
    FAST("pow", "fff", ref_pow, INPUTS_POSITIVE, 65536, 0),
    FAST("atan2", "fff", ref_atan2, INPUTS_POSITIVE, 4096, 0),
    FAST("clamp", "ffff", ref_clamp, INPUTS_FINITE, 0, 0),

    PLAIN("fabs.f32", "ff", ref_fabs, INPUTS_ANY, 0, 0),
    PLAIN("ceil.f32", "ff", ref_ceil, INPUTS_ANY, 0, 0),
    PLAIN("floor.f32", "ff", ref_floor, INPUTS_ANY, 0, 0),
    PLAIN("trunc.f32", "ff", ref_trunc, INPUTS_ANY, 0, 0),
    PLAIN("rint.f32", "ff", ref_rint, INPUTS_ANY, 0, 0),
    PLAIN("round.f32", "ff", ref_round, INPUTS_ANY, 0, 0),
    PLAIN("fract.f32", "ff", ref_fract, INPUTS_FINITE, 0, 0x1p-23),
    PLAIN("sqrt.f32", "ff", ref_sqrt, INPUTS_POSITIVE, 1, 0),
    PLAIN("sin.f32", "ff", ref_sin, INPUTS_ANGLE, 0, 0x1p-11),
    PLAIN("cos.f32", "ff", ref_cos, INPUTS_ANGLE, 0, 0x1p-11),
    PLAIN("sinpi.f32", "ff", ref_sinpi, INPUTS_SMALL, 0, 0x1p-10),
    PLAIN("cospi.f32", "ff", ref_cospi, INPUTS_SMALL, 0, 0x1p-10),
    PLAIN("sign.f32", "ff", ref_sign, INPUTS_ANY, 0, 0),
    PLAIN("saturate.f32", "ff", ref_saturate, INPUTS_ANY, 0, 0),
    PLAIN("fmin.f32", "fff", ref_fmin, INPUTS_ANY, 0, 0),
    PLAIN("fmax.f32", "fff", ref_fmax, INPUTS_ANY, 0, 0),
    PLAIN("fma.f32", "ffff", ref_fma, INPUTS_UNIT, 1, 0x1p-23),
    PLAIN("mix.f32", "ffff", ref_mix, INPUTS_UNIT, 4, 0x1p-22),
    PLAIN("pow.f32", "fff", ref_pow, INPUTS_POSITIVE, 65536, 0),
    PLAIN("fmod.f32", "fff", ref_fmod, INPUTS_WHOLE, 0, 0),

    PLAIN("abs.s.i32", "ii", ref_abs_s, INPUTS_ANY, 0, 0),
    PLAIN("min.s.i32", "iii", ref_min_s, INPUTS_ANY, 0, 0),
    PLAIN("max.s.i32", "iii", ref_max_s, INPUTS_ANY, 0, 0),
    PLAIN("min.u.i32", "iii", ref_min_u, INPUTS_ANY, 0, 0),
    PLAIN("max.u.i32", "iii", ref_max_u, INPUTS_ANY, 0, 0),
    PLAIN("min.s.i16", "sss", ref_min_s16, INPUTS_ANY, 0, 0),
    PLAIN("max.u.i16", "sss", ref_max_u16, INPUTS_ANY, 0, 0),
    PLAIN("min.u.i8", "ccc", ref_min_u8, INPUTS_ANY, 0, 0),
    PLAIN("max.s.i8", "ccc", ref_max_s8, INPUTS_ANY, 0, 0),
    PLAIN("clamp.s.i32", "iiii", ref_clamp_s, INPUTS_ANY, 0, 0),
    PLAIN("clamp.u.i32", "iiii", ref_clamp_u, INPUTS_ANY, 0, 0),
    PLAIN("mul_hi.s.i32", "iii", ref_mul_hi_s, INPUTS_ANY, 0, 0),
    PLAIN("mul_hi.u.i32", "iii", ref_mul_hi_u, INPUTS_ANY, 0, 0),
    PLAIN("abs_diff.u.i32", "iii", ref_abs_diff_u, INPUTS_ANY, 0, 0),
    PLAIN("abs_diff.s.i32", "iii", ref_abs_diff_s, INPUTS_ANY, 0, 0),
    PLAIN("add_sat.u.i32", "iii", ref_add_sat_u, INPUTS_ANY, 0, 0),
    PLAIN("sub_sat.u.i32", "iii", ref_sub_sat_u, INPUTS_ANY, 0, 0),
    PLAIN("add_sat.s.i32", "iii", ref_add_sat_s, INPUTS_ANY, 0, 0),
    PLAIN("sub_sat.s.i32", "iii", ref_sub_sat_s, INPUTS_ANY, 0, 0),
    PLAIN("hadd.u.i32", "iii", ref_hadd_u, INPUTS_ANY, 0, 0),
    PLAIN("rhadd.u.i32", "iii", ref_rhadd_u, INPUTS_ANY, 0, 0),
    PLAIN("hadd.s.i32", "iii", ref_hadd_s, INPUTS_ANY, 0, 0),
    PLAIN("rhadd.s.i32", "iii", ref_rhadd_s, INPUTS_ANY, 0, 0),
    PLAIN("rotate.i32", "iii", ref_rotate, INPUTS_ANY, 0, 0),
    PLAIN("popcount.i32", "ii", ref_popcount, INPUTS_ANY, 0, 0),
    PLAIN("popcount.i16", "ss", ref_popcount16, INPUTS_ANY, 0, 0),
    PLAIN("clz.i32", "iib", ref_clz, INPUTS_ANY, 0, 0),
    PLAIN("ctz.i32", "iib", ref_ctz, INPUTS_ANY, 0, 0),
    PLAIN("clz.i16", "ssb", ref_clz16, INPUTS_ANY, 0, 0),
    PLAIN("reverse_bits.i32", "ii", ref_reverse_bits, INPUTS_ANY, 0, 0),
    PLAIN("extract_bits.u.i32", "iiii", ref_extract_u, INPUTS_BITS, 0, 0),
    PLAIN("extract_bits.s.i32", "iiii", ref_extract_s, INPUTS_BITS, 0, 0),
    PLAIN("insert_bits.u.i32", "iiiii", ref_insert, INPUTS_BITS, 0, 0),

    PLAIN("convert.s.i32.f.f32", "if", ref_float_to_int, INPUTS_ANY, 0, 0),
    PLAIN("convert.u.i32.f.f32", "if", ref_float_to_uint, INPUTS_ANY, 0, 0),
    PLAIN("convert.s.i16.f.f32", "sf", ref_float_to_short, INPUTS_ANY, 0, 0),
    PLAIN("convert.u.i8.f.f32", "cf", ref_float_to_uchar, INPUTS_ANY, 0, 0),
    PLAIN("convert.f.f32.s.i32", "fi", ref_int_to_float, INPUTS_ANY, 0, 0),
    PLAIN("convert.f.f32.u.i32", "fi", ref_uint_to_float, INPUTS_ANY, 0, 0),
    PLAIN("convert.f.f32.s.i16", "fs", ref_short_to_float, INPUTS_ANY, 0, 0),
};
const size_t reference_count = sizeof(references) / sizeof(references[0]);

const struct reference *reference_find(const char *name)
{
    for (size_t i = 0; i < reference_count; i++) {
        if (!strcmp(references[i].name, name)) {
            return &references[i];
        }
    }
    return NULL;
}
