// SPDX-License-Identifier: MIT
#version 460
layout(local_size_x_id = 0) in;
#ifdef ADDRESSES
#extension GL_EXT_buffer_reference : require
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Floats { float at[]; };
layout(push_constant) uniform Push { Floats from, to; };
#define from from.at
#define to to.at
#else
layout(binding = 0) readonly buffer From { float from[]; };
layout(binding = 1) writeonly buffer To { float to[]; };
#endif
shared float sums[64];
void main()
{
    uint lane = gl_LocalInvocationIndex;

    sums[lane] = from[gl_GlobalInvocationID.x];
    for (uint half_way = 32; half_way != 0; half_way >>= 1) {
        barrier();
        if (lane < half_way) {
            sums[lane] += sums[lane + half_way];
        }
    }
    if (lane == 0) {
        to[gl_WorkGroupID.x] = sums[0];
    }
}
