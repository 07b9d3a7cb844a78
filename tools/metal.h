/* SPDX-License-Identifier: MIT */
/* Metal's types, address spaces, stages and built-in functions for shaders written in OpenCL C or
 * C, which pvg-metallib compiles with clang. Included by itself; docs/shaders.md has examples.
 *
 * A shader is a function marked KERNEL, VERTEX or FRAGMENT. Each of its parameters is written with
 * one of the macros below, which say where the value comes from or goes to:
 *
 *     KERNEL void saxpy(BUFFER(device const float *, x, 0), BUFFER(device float *, y, 1),
 *                       BUFFER(constant float *, a, 2), BUILTIN(uint, i, thread_position_in_grid))
 *     {
 *         y[i] += *a * x[i];
 *     }
 *
 * Outputs of vertex and fragment functions are written through pointers:
 *
 *     FRAGMENT void shade(IN(float2, uv), TEXTURE(texture2d, t, 0, texture2d<float, sample>),
 *                         SAMPLER(s, 0), OUT_COLOUR(float4, colour, 0))
 *     {
 *         *colour = sample_2d(t, s, uv);
 *     }
 */
#ifndef PVG_METAL_H
#define PVG_METAL_H

/* ---- address spaces ---- */

#ifdef __OPENCL_C_VERSION__
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#define device       __global
#define threadgroup  __local
#define thread       __private
#define METAL_KERNEL __kernel
#else /* C: threadgroup variables are static */
#define device      __attribute__((address_space(1)))
#define constant    __attribute__((address_space(2)))
#define threadgroup __attribute__((address_space(3)))
#define thread
#define METAL_KERNEL
typedef _Float16 half;
typedef _Bool bool;
#define true ((bool)1)
#define false ((bool)0)
#endif

/* ---- types ---- */

typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;

#define METAL_VECTORS(type)                                                                        \
    typedef type type##2 __attribute__((ext_vector_type(2)));                                      \
    typedef type type##3 __attribute__((ext_vector_type(3)));                                      \
    typedef type type##4 __attribute__((ext_vector_type(4)))
METAL_VECTORS(char);
METAL_VECTORS(uchar);
METAL_VECTORS(short);
METAL_VECTORS(ushort);
METAL_VECTORS(int);
METAL_VECTORS(uint);
METAL_VECTORS(half);
METAL_VECTORS(float);

#define METAL_HANDLE(name, space, structure)                                                       \
    struct structure;                                                                              \
    typedef space struct structure *name
METAL_HANDLE(texture1d, device, _texture_1d_t);
METAL_HANDLE(texture2d, device, _texture_2d_t);
METAL_HANDLE(texture2d_array, device, _texture_2d_array_t);
METAL_HANDLE(texture3d, device, _texture_3d_t);
METAL_HANDLE(texturecube, device, _texture_cube_t);
METAL_HANDLE(texture_buffer, device, _texture_buffer_1d_t);
METAL_HANDLE(depth2d, device, _depth_2d_t);
METAL_HANDLE(sampler, constant, _sampler_t);

/* ---- stages ---- */

#define METAL_NOTE(...) __attribute__((annotate(#__VA_ARGS__)))

#define KERNEL   METAL_NOTE(kernel) METAL_KERNEL
#define VERTEX   METAL_NOTE(vertex)
#define FRAGMENT METAL_NOTE(fragment)

/* ---- parameters: what comes in ---- */

#define BUFFER(type, name, index)       type name METAL_NOTE(buffer index name)
#define THREADGROUP(type, name, index)  threadgroup type *name METAL_NOTE(buffer index name)
#define TEXTURE(type, name, index, ...) type name METAL_NOTE(texture index name __VA_ARGS__)
#define SAMPLER(name, index)            sampler name METAL_NOTE(sampler index name)
/* Metal's name of the built-in: thread_position_in_grid, vertex_id, front_facing, position, ... */
#define BUILTIN(type, name, which)   type name METAL_NOTE(builtin which type name)
#define ATTRIBUTE(type, name, index) type name METAL_NOTE(attribute index type name)
/* A varying, known between the stages by its name. */
#define IN(type, name)      type name METAL_NOTE(in perspective type name)
#define IN_FLAT(type, name) type name METAL_NOTE(in flat type name)
/* The colour that the attachment has before this fragment. */
#define FETCH(type, name, index) type name METAL_NOTE(fetch index type name)

/* ---- parameters: what goes out ---- */

#define OUT_POSITION(name)            thread float4 *name METAL_NOTE(out position 0 float4 name)
#define OUT_POINT_SIZE(name)          thread float *name METAL_NOTE(out point_size 0 float name)
#define OUT_LAYER(name)               thread uint *name METAL_NOTE(out layer 0 uint name)
#define OUT_VIEWPORT(name)            thread uint *name METAL_NOTE(out viewport 0 uint name)
#define OUT(type, name)               thread type *name METAL_NOTE(out varying 0 type name)
#define OUT_COLOUR(type, name, index) thread type *name METAL_NOTE(out colour index type name)
#define OUT_DEPTH(name)               thread float *name METAL_NOTE(out depth 0 float name)
#define OUT_SAMPLE_MASK(name)         thread uint *name METAL_NOTE(out sample_mask 0 uint name)

/* ---- functions ---- */

#define METAL_FN(result, name, symbol, ...)                                                        \
    result __attribute__((overloadable, const)) name(__VA_ARGS__) __asm__(symbol)
/* Not to be moved, merged or dropped. */
#define METAL_ACT(result, name, symbol, ...)                                                       \
    result __attribute__((overloadable)) name(__VA_ARGS__) __asm__(symbol)

/* What takes care of operands that always are the same. */
#define METAL_INLINE static inline __attribute__((overloadable, always_inline, unused))

/* The fast forms unless pvg-metallib --precise. */
#ifdef METAL_FAST_MATH
#define METAL_F32 "fast_"
#else
#define METAL_F32
#endif

#define METAL_FLOAT1(name, air)                                                                    \
    METAL_FN(float, name, "air." METAL_F32 #air ".f32", float);                                    \
    METAL_FN(float2, name, "air." METAL_F32 #air ".v2f32", float2);                                \
    METAL_FN(float3, name, "air." METAL_F32 #air ".v3f32", float3);                                \
    METAL_FN(float4, name, "air." METAL_F32 #air ".v4f32", float4);                                \
    METAL_FN(half, name, "air." #air ".f16", half)
#define METAL_FLOAT2(name, air)                                                                    \
    METAL_FN(float, name, "air." METAL_F32 #air ".f32", float, float);                             \
    METAL_FN(float2, name, "air." METAL_F32 #air ".v2f32", float2, float2);                        \
    METAL_FN(float3, name, "air." METAL_F32 #air ".v3f32", float3, float3);                        \
    METAL_FN(float4, name, "air." METAL_F32 #air ".v4f32", float4, float4);                        \
    METAL_FN(half, name, "air." #air ".f16", half, half)

METAL_FLOAT1(fabs, fabs);
METAL_FLOAT1(ceil, ceil);
METAL_FLOAT1(floor, floor);
METAL_FLOAT1(trunc, trunc);
METAL_FLOAT1(round, round);
METAL_FLOAT1(rint, rint);
METAL_FLOAT1(fract, fract);
METAL_FLOAT1(sqrt, sqrt);
METAL_FLOAT1(rsqrt, rsqrt);
METAL_FLOAT1(sin, sin);
METAL_FLOAT1(cos, cos);
METAL_FLOAT1(tan, tan);
METAL_FLOAT1(asin, asin);
METAL_FLOAT1(acos, acos);
METAL_FLOAT1(atan, atan);
METAL_FLOAT1(exp, exp);
METAL_FLOAT1(exp2, exp2);
METAL_FLOAT1(log, log);
METAL_FLOAT1(log2, log2);
METAL_FLOAT1(saturate, saturate);
METAL_FLOAT2(fmin, fmin);
METAL_FLOAT2(fmax, fmax);
METAL_FLOAT2(pow, pow);
METAL_FLOAT2(atan2, atan2);
METAL_FLOAT2(fmod, fmod);
METAL_FN(float, clamp, "air." METAL_F32 "clamp.f32", float, float, float);
METAL_FN(float4, clamp, "air." METAL_F32 "clamp.v4f32", float4, float4, float4);
METAL_FN(float, mix, "air.mix.f32", float, float, float);
METAL_FN(float4, mix, "air.mix.v4f32", float4, float4, float4);
METAL_FN(float, fma, "air.fma.f32", float, float, float);
METAL_FN(float, sign, "air.sign.f32", float);
METAL_FN(float, dot, "air.dot.v2f32", float2, float2);
METAL_FN(float, dot, "air.dot.v3f32", float3, float3);
METAL_FN(float, dot, "air.dot.v4f32", float4, float4);

METAL_FN(int, abs, "air.abs.s.i32", int);
METAL_FN(int, min, "air.min.s.i32", int, int);
METAL_FN(int, max, "air.max.s.i32", int, int);
METAL_FN(int, clamp, "air.clamp.s.i32", int, int, int);
METAL_FN(uint, min, "air.min.u.i32", uint, uint);
METAL_FN(uint, max, "air.max.u.i32", uint, uint);
METAL_FN(uint, clamp, "air.clamp.u.i32", uint, uint, uint);
METAL_FN(int, mul_hi, "air.mul_hi.s.i32", int, int);
METAL_FN(uint, mul_hi, "air.mul_hi.u.i32", uint, uint);
METAL_FN(uint, popcount, "air.popcount.i32", uint);
METAL_FN(uint, reverse_bits, "air.reverse_bits.i32", uint);
METAL_FN(uint, rotate, "air.rotate.i32", uint, uint);
METAL_FN(uint, metal_clz, "air.clz.i32", uint, bool);
METAL_FN(uint, metal_ctz, "air.ctz.i32", uint, bool);
METAL_INLINE uint clz(uint value)
{
    return metal_clz(value, false);
}
METAL_INLINE uint ctz(uint value)
{
    return metal_ctz(value, false);
}

/* Conversions saturate and send NaN to zero, where a C cast would leave both undefined. */
METAL_FN(int, to_int, "air.convert.s.i32.f.f32", float);
METAL_FN(uint, to_uint, "air.convert.u.i32.f.f32", float);
METAL_FN(float, to_float, "air.convert.f.f32.s.i32", int);
METAL_FN(float, to_float, "air.convert.f.f32.u.i32", uint);
METAL_FN(float, to_float, "air.convert.f.f32.f.f16", half);
METAL_FN(half, to_half, "air.convert.f.f16.f.f32", float);
METAL_FN(uint, pack_unorm4x8, "air.pack.unorm4x8.v4f32", float4);
METAL_FN(float4, unpack_unorm4x8, "air.unpack.unorm4x8.v4f32", uint);

/* ---- textures; "pvg.first." takes the colour out of a result that has a residency byte too ----
 */

#define METAL_SAMPLE(name, texture, kind, coordinates, offset)                                     \
    METAL_FN(float4, metal_##name, "pvg.first.air.sample_texture_" kind ".v4f32", texture,         \
             sampler, coordinates, bool, offset, bool, float, float, int)
METAL_SAMPLE(sample_2d, texture2d, "2d", float2, int2);
METAL_SAMPLE(sample_3d, texture3d, "3d", float3, int3);
METAL_INLINE float4 sample_2d(texture2d t, sampler s, float2 uv)
{
    return metal_sample_2d(t, s, uv, true, (int2)(0), false, 0.0f, 0.0f, 0);
}
METAL_INLINE float4 sample_2d_level(texture2d t, sampler s, float2 uv, float level)
{
    return metal_sample_2d(t, s, uv, true, (int2)(0), true, level, 0.0f, 0);
}
METAL_INLINE float4 sample_2d_bias(texture2d t, sampler s, float2 uv, float bias)
{
    return metal_sample_2d(t, s, uv, true, (int2)(0), false, bias, 0.0f, 0);
}
METAL_INLINE float4 sample_3d(texture3d t, sampler s, float3 uvw)
{
    return metal_sample_3d(t, s, uvw, true, (int3)(0), false, 0.0f, 0.0f, 0);
}
METAL_FN(float4, metal_sample_cube, "pvg.first.air.sample_texture_cube.v4f32", texturecube, sampler,
         float3, bool, float, float, int);
METAL_INLINE float4 sample_cube(texturecube t, sampler s, float3 direction)
{
    return metal_sample_cube(t, s, direction, false, 0.0f, 0.0f, 0);
}
METAL_FN(float4, metal_sample_2d_array, "pvg.first.air.sample_texture_2d_array.v4f32",
         texture2d_array, sampler, float2, uint, bool, int2, bool, float, float, int);
METAL_INLINE float4 sample_2d_array(texture2d_array t, sampler s, float2 uv, uint layer)
{
    return metal_sample_2d_array(t, s, uv, layer, true, (int2)(0), false, 0.0f, 0.0f, 0);
}

METAL_ACT(float4, metal_read_2d, "pvg.first.air.read_texture_2d.v4f32", texture2d, uint2, int, int);
METAL_ACT(uint4, metal_read_2d_u, "pvg.first.air.read_texture_2d.u.v4i32", texture2d, uint2, int,
          int);
METAL_ACT(void, metal_write_2d, "air.write_texture_2d.v4f32", texture2d, uint2, float4, int, int);
METAL_ACT(void, metal_write_2d, "air.write_texture_2d.u.v4i32", texture2d, uint2, uint4, int, int);
METAL_INLINE float4 read_2d(texture2d t, uint2 at)
{
    return metal_read_2d(t, at, 0, 1);
}
METAL_INLINE uint4 read_2d_u(texture2d t, uint2 at)
{
    return metal_read_2d_u(t, at, 0, 1);
}
METAL_INLINE void write_2d(texture2d t, uint2 at, float4 value)
{
    metal_write_2d(t, at, value, 0, 2);
}
METAL_INLINE void write_2d(texture2d t, uint2 at, uint4 value)
{
    metal_write_2d(t, at, value, 0, 2);
}
METAL_FN(uint, metal_width_2d, "air.get_width_texture_2d", texture2d, int);
METAL_FN(uint, metal_height_2d, "air.get_height_texture_2d", texture2d, int);
METAL_INLINE uint width_2d(texture2d t)
{
    return metal_width_2d(t, 0);
}
METAL_INLINE uint height_2d(texture2d t)
{
    return metal_height_2d(t, 0);
}

/* ---- fragments ---- */

METAL_ACT(void, discard_fragment, "air.discard_fragment", void);
METAL_FN(float, dfdx, "air.dfdx.f32", float);
METAL_FN(float, dfdy, "air.dfdy.f32", float);
METAL_FN(float, fwidth, "air.fwidth.f32", float);

/* ---- threads ---- */

METAL_ACT(void, metal_barrier, "air.wg.barrier", int, int);
METAL_INLINE void threadgroup_barrier(void)
{
    metal_barrier(2, 1);
}
METAL_INLINE void device_barrier(void)
{
    metal_barrier(1, 1);
}

/* Relaxed; each returns the old value. */
#define METAL_ATOMIC_IN(space, of, name, air, type)                                                \
    METAL_ACT(type, metal_atomic_##name, "air.atomic." of "." air, space type *, type, int, int,   \
              bool);                                                                               \
    METAL_INLINE type atomic_##name(space type *at, type value)                                    \
    {                                                                                              \
        return metal_atomic_##name(at, value, 0, 2, true);                                         \
    }
#define METAL_ATOMIC(name, air, type)                                                              \
    METAL_ATOMIC_IN(device, "global", name, air, type)                                             \
    METAL_ATOMIC_IN(threadgroup, "local", name, air, type)
METAL_ATOMIC(add, "add.u.i32", uint)
METAL_ATOMIC(sub, "sub.u.i32", uint)
METAL_ATOMIC(min, "min.u.i32", uint)
METAL_ATOMIC(max, "max.u.i32", uint)
METAL_ATOMIC(min, "min.s.i32", int)
METAL_ATOMIC(max, "max.s.i32", int)
METAL_ATOMIC(and, "and.u.i32", uint)
METAL_ATOMIC(or, "or.u.i32", uint)
METAL_ATOMIC(xor, "xor.u.i32", uint)
METAL_ATOMIC(exchange, "xchg.i32", uint)

METAL_ACT(uint, simd_sum, "air.simd_sum.u.i32", uint);
METAL_ACT(float, simd_sum, "air.simd_sum.f32", float);
METAL_ACT(uint, simd_shuffle_xor, "air.simd_shuffle_xor.u.i32", uint, ushort);

#endif
