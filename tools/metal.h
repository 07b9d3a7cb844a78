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
METAL_HANDLE(texture1d_array, device, _texture_1d_array_t);
METAL_HANDLE(texture2d, device, _texture_2d_t);
METAL_HANDLE(texture2d_array, device, _texture_2d_array_t);
METAL_HANDLE(texture2d_ms, device, _texture_2d_ms_t);
METAL_HANDLE(texture2d_ms_array, device, _texture_2d_ms_array_t);
METAL_HANDLE(texture3d, device, _texture_3d_t);
METAL_HANDLE(texturecube, device, _texture_cube_t);
METAL_HANDLE(texturecube_array, device, _texture_cube_array_t);
METAL_HANDLE(texture_buffer, device, _texture_buffer_1d_t);
METAL_HANDLE(depth2d, device, _depth_2d_t);
METAL_HANDLE(depth2d_array, device, _depth_2d_array_t);
METAL_HANDLE(depthcube, device, _depth_cube_t);
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
 *
 * A function is named after what it does and the kind of texture: sample_2d, read_3d,
 * sample_cube_array. Array kinds take the layer after the coordinates. */

/* @offset... are two parameters, @no_offset their values: cubes have none. */
#define METAL_OFFSET(type)    bool, type,
#define METAL_NO_OFFSET(type) true, (type)(0),
#define METAL_NOTHING

#define METAL_SAMPLE(kind, texture, at, offset, no_offset)                                         \
    METAL_FN(float4, metal_sample_##kind, "pvg.first.air.sample_texture_" #kind ".v4f32", texture, \
             sampler, at, offset bool, float, float, int);                                         \
    METAL_INLINE float4 sample_##kind(texture t, sampler s, at uv)                                 \
    {                                                                                              \
        return metal_sample_##kind(t, s, uv, no_offset false, 0.0f, 0.0f, 0);                      \
    }                                                                                              \
    METAL_INLINE float4 sample_##kind##_level(texture t, sampler s, at uv, float level)            \
    {                                                                                              \
        return metal_sample_##kind(t, s, uv, no_offset true, level, 0.0f, 0);                      \
    }                                                                                              \
    METAL_INLINE float4 sample_##kind##_bias(texture t, sampler s, at uv, float bias)              \
    {                                                                                              \
        return metal_sample_##kind(t, s, uv, no_offset false, bias, 0.0f, 0);                      \
    }                                                                                              \
    METAL_INLINE float4 sample_##kind##_min_lod(texture t, sampler s, at uv, float least)          \
    {                                                                                              \
        return metal_sample_##kind(t, s, uv, no_offset false, 0.0f, least, 0);                     \
    }                                                                                              \
    METAL_FN(float4, metal_sample_##kind##_grad,                                                   \
             "pvg.first.air.sample_texture_" #kind "_grad.v4f32", texture, sampler, at, at, at,    \
             float, offset int);                                                                   \
    METAL_INLINE float4 sample_##kind##_grad(texture t, sampler s, at uv, at dx, at dy)            \
    {                                                                                              \
        return metal_sample_##kind##_grad(t, s, uv, dx, dy, 0.0f, no_offset 0);                    \
    }                                                                                              \
    METAL_FN(float, metal_lod_##kind, "air.calculate_clamped_lod_texture_" #kind, texture,         \
             sampler, at, int);                                                                    \
    METAL_FN(float, metal_free_lod_##kind, "air.calculate_unclamped_lod_texture_" #kind, texture,  \
             sampler, at, int)
METAL_SAMPLE(1d, texture1d, float, METAL_OFFSET(int), METAL_NO_OFFSET(int));
METAL_SAMPLE(2d, texture2d, float2, METAL_OFFSET(int2), METAL_NO_OFFSET(int2));
METAL_SAMPLE(3d, texture3d, float3, METAL_OFFSET(int3), METAL_NO_OFFSET(int3));
METAL_SAMPLE(cube, texturecube, float3, METAL_NOTHING, METAL_NOTHING);
#undef METAL_SAMPLE

#define METAL_SAMPLE_ARRAY(kind, texture, at, offset, no_offset)                                   \
    METAL_FN(float4, metal_sample_##kind, "pvg.first.air.sample_texture_" #kind ".v4f32", texture, \
             sampler, at, uint, offset bool, float, float, int);                                   \
    METAL_INLINE float4 sample_##kind(texture t, sampler s, at uv, uint layer)                     \
    {                                                                                              \
        return metal_sample_##kind(t, s, uv, layer, no_offset false, 0.0f, 0.0f, 0);               \
    }                                                                                              \
    METAL_INLINE float4 sample_##kind##_level(texture t, sampler s, at uv, uint layer,             \
                                              float level)                                         \
    {                                                                                              \
        return metal_sample_##kind(t, s, uv, layer, no_offset true, level, 0.0f, 0);               \
    }
METAL_SAMPLE_ARRAY(1d_array, texture1d_array, float, METAL_OFFSET(int), METAL_NO_OFFSET(int))
METAL_SAMPLE_ARRAY(2d_array, texture2d_array, float2, METAL_OFFSET(int2), METAL_NO_OFFSET(int2))
METAL_SAMPLE_ARRAY(cube_array, texturecube_array, float3, METAL_NOTHING, METAL_NOTHING)
#undef METAL_SAMPLE_ARRAY

/* An offset in texels; it must be a constant. */
#define sample_2d_offset(t, s, uv, x, y)                                                           \
    metal_sample_2d(t, s, uv, true, (int2)(x, y), true, 0.0f, 0.0f, 0)

/* One component, a constant, of the four texels around a point: lower left, lower right, upper
 * right, upper left. */
METAL_FN(float4, metal_gather_2d, "pvg.first.air.gather_texture_2d.v4f32", texture2d, sampler,
         float2, bool, int2, int, int);
METAL_FN(float4, metal_gather_2d_array, "pvg.first.air.gather_texture_2d_array.v4f32",
         texture2d_array, sampler, float2, uint, bool, int2, int, int);
METAL_FN(float4, metal_gather_cube, "pvg.first.air.gather_texture_cube.v4f32", texturecube, sampler,
         float3, int, int);
#define gather_2d(t, s, uv, component) metal_gather_2d(t, s, uv, true, (int2)(0), component, 0)
#define gather_2d_offset(t, s, uv, x, y, component)                                                \
    metal_gather_2d(t, s, uv, true, (int2)(x, y), component, 0)
#define gather_2d_array(t, s, uv, layer, component)                                                \
    metal_gather_2d_array(t, s, uv, layer, true, (int2)(0), component, 0)
#define gather_cube(t, s, direction, component) metal_gather_cube(t, s, direction, component, 0)

/* Depth: the value, or the share of texels that pass the sampler's comparison with @reference. */
METAL_FN(float, metal_sample_depth_2d, "pvg.first.air.sample_depth_2d.f32", depth2d, sampler, int,
         float2, bool, int2, bool, float, float, int);
METAL_FN(float, metal_compare_depth_2d, "pvg.first.air.sample_compare_depth_2d.f32", depth2d,
         sampler, int, float2, float, bool, int2, bool, float, float, int);
METAL_FN(float, metal_compare_depth_2d_array, "pvg.first.air.sample_compare_depth_2d_array.f32",
         depth2d_array, sampler, int, float2, uint, float, bool, int2, bool, float, float, int);
METAL_FN(float, metal_compare_depth_cube, "pvg.first.air.sample_compare_depth_cube.f32", depthcube,
         sampler, int, float3, float, bool, float, float, int);
METAL_FN(float4, metal_gather_depth_2d, "pvg.first.air.gather_depth_2d.v4f32", depth2d, sampler,
         int, float2, bool, int2, int);
METAL_FN(float4, metal_gather_compare_depth_2d, "pvg.first.air.gather_compare_depth_2d.v4f32",
         depth2d, sampler, int, float2, float, bool, int2, int);
METAL_INLINE float sample_depth_2d(depth2d t, sampler s, float2 uv)
{
    return metal_sample_depth_2d(t, s, 1, uv, true, (int2)(0), true, 0.0f, 0.0f, 0);
}
METAL_INLINE float sample_compare_depth_2d(depth2d t, sampler s, float2 uv, float reference)
{
    return metal_compare_depth_2d(t, s, 1, uv, reference, true, (int2)(0), true, 0.0f, 0.0f, 0);
}
METAL_INLINE float sample_compare_depth_2d_array(depth2d_array t, sampler s, float2 uv, uint layer,
                                                 float reference)
{
    return metal_compare_depth_2d_array(t, s, 1, uv, layer, reference, true, (int2)(0), true, 0.0f,
                                        0.0f, 0);
}
METAL_INLINE float sample_compare_depth_cube(depthcube t, sampler s, float3 direction,
                                             float reference)
{
    return metal_compare_depth_cube(t, s, 1, direction, reference, true, 0.0f, 0.0f, 0);
}
METAL_INLINE float4 gather_depth_2d(depth2d t, sampler s, float2 uv)
{
    return metal_gather_depth_2d(t, s, 1, uv, true, (int2)(0), 0);
}
METAL_INLINE float4 gather_compare_depth_2d(depth2d t, sampler s, float2 uv, float reference)
{
    return metal_gather_compare_depth_2d(t, s, 1, uv, reference, true, (int2)(0), 0);
}

/* Reading one texel: read_2d for floats, read_2d_u and read_2d_s for integers. Writing is
 * overloaded by the value's type. These are macros: in C, compound literals want parentheses. */
#define METAL_READ(kind, ...)                                                                      \
    METAL_ACT(float4, metal_read_##kind, "pvg.first.air.read_texture_" #kind ".v4f32",             \
              __VA_ARGS__);                                                                        \
    METAL_ACT(uint4, metal_read_##kind##_u, "pvg.first.air.read_texture_" #kind ".u.v4i32",        \
              __VA_ARGS__);                                                                        \
    METAL_ACT(int4, metal_read_##kind##_s, "pvg.first.air.read_texture_" #kind ".s.v4i32",         \
              __VA_ARGS__)
METAL_READ(1d, texture1d, uint, int, int);
METAL_READ(1d_array, texture1d_array, uint, uint, int, int);
METAL_READ(2d, texture2d, uint2, int, int);
METAL_READ(2d_array, texture2d_array, uint2, uint, int, int);
METAL_READ(3d, texture3d, uint3, int, int);
METAL_READ(2d_ms, texture2d_ms, uint2, uint, int);
METAL_READ(2d_ms_array, texture2d_ms_array, uint2, uint, uint, int);
METAL_READ(buffer_1d, texture_buffer, uint, int);
#undef METAL_READ
METAL_ACT(float, metal_read_depth_2d, "pvg.first.air.read_depth_2d.f32", depth2d, int, uint2, int,
          int);
#define read_1d(t, at)                     metal_read_1d(t, at, 0, 1)
#define read_1d_array(t, at, layer)        metal_read_1d_array(t, at, layer, 0, 1)
#define read_2d(t, at)                     metal_read_2d(t, at, 0, 1)
#define read_2d_level(t, at, level)        metal_read_2d(t, at, level, 1)
#define read_2d_u(t, at)                   metal_read_2d_u(t, at, 0, 1)
#define read_2d_s(t, at)                   metal_read_2d_s(t, at, 0, 1)
#define read_2d_array(t, at, layer)        metal_read_2d_array(t, at, layer, 0, 1)
#define read_3d(t, at)                     metal_read_3d(t, at, 0, 1)
#define read_2d_ms(t, at, sample)          metal_read_2d_ms(t, at, sample, 1)
#define read_2d_ms_array(t, at, l, sample) metal_read_2d_ms_array(t, at, l, sample, 1)
#define read_buffer(t, at)                 metal_read_buffer_1d(t, at, 1)
#define read_buffer_u(t, at)               metal_read_buffer_1d_u(t, at, 1)
#define read_depth_2d(t, at)               metal_read_depth_2d(t, 1, at, 0, 1)

#define METAL_WRITE_AS(kind, texel, suffix, texture, ...)                                          \
    METAL_ACT(void, metal_write_##kind, "air.write_texture_" #kind suffix, texture, __VA_ARGS__,   \
              texel, int, int)
#define METAL_WRITE(kind, ...)                                                                     \
    METAL_WRITE_AS(kind, float4, ".v4f32", __VA_ARGS__);                                           \
    METAL_WRITE_AS(kind, uint4, ".u.v4i32", __VA_ARGS__);                                          \
    METAL_WRITE_AS(kind, int4, ".s.v4i32", __VA_ARGS__)
METAL_WRITE(1d, texture1d, uint);
METAL_WRITE(1d_array, texture1d_array, uint, uint);
METAL_WRITE(2d, texture2d, uint2);
METAL_WRITE(2d_array, texture2d_array, uint2, uint);
METAL_WRITE(3d, texture3d, uint3);
METAL_WRITE(cube, texturecube, uint2, uint);
METAL_WRITE(buffer_1d, texture_buffer, uint);
#undef METAL_WRITE
#undef METAL_WRITE_AS
#define write_1d(t, at, value)              metal_write_1d(t, at, value, 0, 2)
#define write_1d_array(t, at, layer, value) metal_write_1d_array(t, at, layer, value, 0, 2)
#define write_2d(t, at, value)              metal_write_2d(t, at, value, 0, 2)
#define write_2d_array(t, at, layer, value) metal_write_2d_array(t, at, layer, value, 0, 2)
#define write_3d(t, at, value)              metal_write_3d(t, at, value, 0, 2)
#define write_cube(t, at, face, value)      metal_write_cube(t, at, face, value, 0, 2)
#define write_buffer(t, at, value)          metal_write_buffer_1d(t, at, value, 0, 2)

METAL_ACT(uint4, metal_add_2d, "air.atomic_fetch_add_explicit_texture_2d.u.v4i32", texture2d, uint2,
          uint4, int, int);
/* Adds to the texel; what it was before is x of the result. */
#define atomic_add_2d(t, at, value) metal_add_2d(t, at, (uint4)(value), 0, 3)

/* What a texture is. */
#define METAL_QUERY(kind, texture)                                                                 \
    METAL_FN(uint, metal_width_##kind, "air.get_width_texture_" #kind, texture, int);              \
    METAL_FN(uint, metal_height_##kind, "air.get_height_texture_" #kind, texture, int);            \
    METAL_FN(uint, metal_depth_##kind, "air.get_depth_texture_" #kind, texture, int);              \
    METAL_FN(uint, layers_##kind, "air.get_array_size_texture_" #kind, texture);                   \
    METAL_FN(uint, levels_##kind, "air.get_num_mip_levels_texture_" #kind, texture);               \
    METAL_FN(uint, samples_##kind, "air.get_num_samples_texture_" #kind, texture)
METAL_QUERY(2d, texture2d);
METAL_QUERY(2d_array, texture2d_array);
METAL_QUERY(2d_ms, texture2d_ms);
METAL_QUERY(3d, texture3d);
METAL_QUERY(cube_array, texturecube_array);
#undef METAL_QUERY
#define width_2d(t)  metal_width_2d(t, 0)
#define height_2d(t) metal_height_2d(t, 0)

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
