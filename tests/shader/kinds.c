/* SPDX-License-Identifier: MIT */
/* In C what kinds.cl is in OpenCL C: one function of each stage, with each kind of argument that metal.h has. */

KERNEL void scale(BUFFER(device const float *, from, 0), BUFFER(device float *, to, 1),
                  BUFFER(constant float *, factor, 2), THREADGROUP(float, shared, 0),
                  TEXTURE(texture2d, image, 3, texture2d<float, write>),
                  BUILTIN(uint, i, thread_position_in_grid),
                  BUILTIN(uint, lane, thread_index_in_threadgroup))
{
    shared[lane] = sin(from[i]);
    threadgroup_barrier();
    atomic_add((device uint *)to, 1u);
    to[i] = shared[lane] * *factor;
    write_2d(image, ((uint2){i, 0}), ((float4){1.0f, 1.0f, 1.0f, 1.0f}));
}

VERTEX void place(BUILTIN(uint, vertex_index, vertex_id), ATTRIBUTE(float2, corner, 0),
                  OUT_POSITION(position), OUT(float2, uv), OUT(float3, normal), OUT(uint, number))
{
    *position = (float4){corner.x, corner.y, 0.0f, 1.0f};
    *uv = 0.5f * corner + 0.5f;
    *normal = (float3){0.0f, 0.0f, 1.0f};
    *number = vertex_index;
}

FRAGMENT void shade(IN(float2, uv), IN(float3, normal), IN_FLAT(uint, number),
                    TEXTURE(texture2d, image, 0, texture2d<float, sample>), SAMPLER(smooth, 0),
                    OUT_COLOUR(float4, colour, 0), OUT_DEPTH(depth))
{
    if (number == 7u) {
        discard_fragment();
    }
    *colour = sample_2d(image, smooth, uv);
    *depth = 0.5f * normal.z;
}
