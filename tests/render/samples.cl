/* SPDX-License-Identifier: MIT */
/* The shaders of the scenes, compiled by pvg-metallib when the tests are built. */

/* Covers the target with one triangle. */
VERTEX void cover(BUILTIN(uint, i, vertex_id), OUT_POSITION(position))
{
    *position = (float4)(i == 1u ? 3.0f : -1.0f, i == 2u ? 3.0f : -1.0f, 0.0f, 1.0f);
}

/* The same at the depth that a buffer holds. */
VERTEX void cover_at_depth(BUILTIN(uint, i, vertex_id), BUFFER(constant float *, depth, 0),
                           OUT_POSITION(position))
{
    *position = (float4)(i == 1u ? 3.0f : -1.0f, i == 2u ? 3.0f : -1.0f, *depth, 1.0f);
}

/* A probe looks at texture 0 through sampler 0 in the way that point `p` of buffer 0 says: x, y and
 * z are coordinates, w is a level, layer or reference. Column i of a target shows what point i
 * sees (draw_...); a kernel puts it into buffer 1 (run_...). */
#define DRAWN(name, type, texel, result, what)                                                     \
    FRAGMENT void draw_##name(BUILTIN(float4, position, position),                                 \
                              BUFFER(device const float4 *, points, 0),                            \
                              TEXTURE(type, t, 0, type<texel, sample>), SAMPLER(s, 0),             \
                              OUT_COLOUR(result, colour, 0))                                       \
    {                                                                                              \
        float4 p = points[(uint)position.x];                                                       \
                                                                                                   \
        *colour = what;                                                                            \
    }
#define RUN(name, type, texel, result, what)                                                       \
    KERNEL void run_##name(BUILTIN(uint, i, thread_position_in_grid),                              \
                           BUFFER(device const float4 *, points, 0),                               \
                           BUFFER(device result *, results, 1),                                    \
                           TEXTURE(type, t, 0, type<texel, sample>), SAMPLER(s, 0))                \
    {                                                                                              \
        float4 p = points[i];                                                                      \
                                                                                                   \
        results[i] = what;                                                                         \
    }
#define PROBE_OF(name, type, texel, result, what)                                                  \
    DRAWN(name, type, texel, result, what)                                                         \
    RUN(name, type, texel, result, what)
#define PROBE(name, type, what) PROBE_OF(name, type, float, float4, what)

PROBE(1d, texture1d, sample_1d_level(t, s, p.x, p.w))
PROBE(1d_array, texture1d_array, sample_1d_array_level(t, s, p.x, (uint)p.y, p.w))
PROBE(2d, texture2d, sample_2d_level(t, s, p.xy, p.w))
PROBE(2d_array, texture2d_array, sample_2d_array_level(t, s, p.xy, (uint)p.z, p.w))
PROBE(3d, texture3d, sample_3d_level(t, s, p.xyz, p.w))
PROBE(cube, texturecube, sample_cube_level(t, s, p.xyz, p.w))
PROBE(cube_array, texturecube_array, sample_cube_array(t, s, p.xyz, (uint)p.w))

PROBE(read_1d, texture1d, read_1d(t, (uint)p.x))
PROBE(read_1d_array, texture1d_array, read_1d_array(t, (uint)p.x, (uint)p.y))
PROBE(read_2d, texture2d, read_2d_level(t, (uint2)((uint)p.x, (uint)p.y), (uint)p.w))
PROBE(read_2d_array, texture2d_array,
      read_2d_array(t, (uint2)((uint)p.x, (uint)p.y), (uint)p.z))
PROBE(read_3d, texture3d, read_3d(t, (uint3)((uint)p.x, (uint)p.y, (uint)p.z)))
PROBE(read_2d_ms, texture2d_ms, read_2d_ms(t, (uint2)((uint)p.x, (uint)p.y), (uint)p.w))
PROBE(read_2d_ms_array, texture2d_ms_array,
      read_2d_ms_array(t, (uint2)((uint)p.x, (uint)p.y), (uint)p.z, (uint)p.w))
PROBE(read_buffer, texture_buffer, read_buffer(t, (uint)p.x))
PROBE_OF(read_buffer_u, texture_buffer, uint, uint4, read_buffer_u(t, (uint)p.x))
PROBE_OF(read_2d_u, texture2d, uint, uint4, read_2d_u(t, (uint2)((uint)p.x, (uint)p.y)))
PROBE_OF(read_2d_s, texture2d, int, int4, read_2d_s(t, (uint2)((uint)p.x, (uint)p.y)))

/* Both gradients of p.z and p.w texels' length. */
PROBE(grad_2d, texture2d,
      sample_2d_grad(t, s, p.xy, (float2)(p.z, 0.0f), (float2)(0.0f, p.w)))
PROBE(gather_red, texture2d, gather_2d(t, s, p.xy, 0))
PROBE(gather_green, texture2d, gather_2d(t, s, p.xy, 1))
PROBE(gather_alpha, texture2d, gather_2d(t, s, p.xy, 3))
PROBE(gather_offset, texture2d, gather_2d_offset(t, s, p.xy, 2, -1, 0))
PROBE(gather_2d_array, texture2d_array, gather_2d_array(t, s, p.xy, (uint)p.z, 0))
PROBE(offset_2d, texture2d, sample_2d_offset(t, s, p.xy, 3, -2))
PROBE(queries_2d, texture2d,
      (float4)(metal_width_2d(t, (int)p.x), metal_height_2d(t, (int)p.x), levels_2d(t), p.x))
PROBE(queries_2d_array, texture2d_array,
      (float4)(metal_width_2d_array(t, (int)p.x), metal_height_2d_array(t, (int)p.x),
               layers_2d_array(t), levels_2d_array(t)))
PROBE(queries_3d, texture3d,
      (float4)(metal_width_3d(t, (int)p.x), metal_height_3d(t, (int)p.x),
               metal_depth_3d(t, (int)p.x), levels_3d(t)))
PROBE(queries_2d_ms, texture2d_ms,
      (float4)(metal_width_2d_ms(t, 0), metal_height_2d_ms(t, 0), samples_2d_ms(t), 0.0f))

PROBE(depth_2d, depth2d, (float4)(sample_depth_2d(t, s, p.xy)))
PROBE(compare_2d, depth2d, (float4)(sample_compare_depth_2d(t, s, p.xy, p.w)))
PROBE(compare_2d_array, depth2d_array,
      (float4)(sample_compare_depth_2d_array(t, s, p.xy, (uint)p.z, p.w)))
PROBE(compare_cube, depthcube, (float4)(sample_compare_depth_cube(t, s, p.xyz, p.w)))
PROBE(gather_depth, depth2d, gather_depth_2d(t, s, p.xy))
PROBE(gather_compare, depth2d, gather_compare_depth_2d(t, s, p.xy, p.w))
PROBE(read_depth, depth2d, (float4)(read_depth_2d(t, (uint2)((uint)p.x, (uint)p.y))))

/* Levels chosen by derivatives: point 0 has the coordinates of the target's corner and a step. */
#define IMPLICIT(name, what)                                                                       \
    FRAGMENT void draw_##name(BUILTIN(float4, position, position),                                 \
                              BUFFER(device const float4 *, points, 0),                            \
                              TEXTURE(texture2d, t, 0, texture2d<float, sample>), SAMPLER(s, 0),   \
                              OUT_COLOUR(float4, colour, 0))                                       \
    {                                                                                              \
        float2 at = points[0].xy + position.xy * points[0].zw;                                     \
                                                                                                   \
        *colour = what;                                                                            \
    }
IMPLICIT(implicit, sample_2d(t, s, at))
IMPLICIT(biased, sample_2d_bias(t, s, at, points[1].x))
IMPLICIT(at_least, sample_2d_min_lod(t, s, at, 2.0f))
IMPLICIT(level, (float4)(metal_lod_2d(t, s, at, 0), metal_free_lod_2d(t, s, at, 0), 0.0f, 0.0f))

/* The colour of buffer 0, for targets of each class. */
#define PAINT(name, type)                                                                          \
    FRAGMENT void paint_##name(BUFFER(device const type *, from, 0), OUT_COLOUR(type, colour, 0))  \
    {                                                                                              \
        *colour = *from;                                                                           \
    }
PAINT(f, float4)
PAINT(u, uint4)
PAINT(s, int4)

/* A colour that differs from sample to sample. */
FRAGMENT void paint_samples(BUILTIN(float4, position, position), BUILTIN(uint, sample, sample_id),
                            OUT_COLOUR(float4, colour, 0))
{
    *colour = (float4)((uint)position.x, (uint)position.y, sample, 1.0f);
}

/* Each thread writes its texel: position, layer, and a number of its own. */
#define STORE(name, type, where)                                                                   \
    KERNEL void store_##name(BUILTIN(uint3, i, thread_position_in_grid),                           \
                             TEXTURE(type, t, 0, type<float, write>))                              \
    {                                                                                              \
        where;                                                                                     \
    }
#define TEXEL (float4)(i.x, i.y, i.z, 1.0f)
STORE(1d, texture1d, write_1d(t, i.x, TEXEL))
STORE(1d_array, texture1d_array, write_1d_array(t, i.x, i.z, TEXEL))
STORE(2d, texture2d, write_2d(t, i.xy, TEXEL))
STORE(2d_array, texture2d_array, write_2d_array(t, i.xy, i.z, TEXEL))
STORE(3d, texture3d, write_3d(t, i, TEXEL))
STORE(cube, texturecube, write_cube(t, i.xy, i.z, TEXEL))
STORE(buffer, texture_buffer, write_buffer(t, i.x, TEXEL))

/* One colour for every texel. */
#define FLOOD(name, texel, type)                                                                   \
    KERNEL void flood_##name(BUILTIN(uint2, i, thread_position_in_grid),                           \
                             BUFFER(device const type *, from, 0),                                 \
                             TEXTURE(texture2d, t, 0, texture2d<texel, write>))                    \
    {                                                                                              \
        write_2d(t, i, *from);                                                                     \
    }
FLOOD(f, float, float4)
FLOOD(u, uint, uint4)
FLOOD(s, int, int4)

/* Reads and writes the same texture. */
KERNEL void double_texels(BUILTIN(uint2, i, thread_position_in_grid),
                          TEXTURE(texture2d, t, 0, texture2d<float, read_write>))
{
    write_2d(t, i, 2.0f * read_2d(t, i));
}

KERNEL void count_texels(BUILTIN(uint2, i, thread_position_in_grid),
                         TEXTURE(texture2d, t, 0, texture2d<uint, read_write>),
                         BUFFER(device uint *, before, 0))
{
    before[i.x] = atomic_add_2d(t, (uint2)(1u, 1u), 3u).x;
}

/* Fragments write, too. */
FRAGMENT void store_from_fragment(BUILTIN(float4, position, position),
                                  TEXTURE(texture2d, t, 0, texture2d<float, write>),
                                  OUT_COLOUR(float4, colour, 0))
{
    write_2d(t, (uint2)((uint)position.x, (uint)position.y),
             (float4)(position.x, position.y, 0.0f, 1.0f));
    *colour = (float4)(1.0f);
}
