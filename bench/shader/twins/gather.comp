// SPDX-License-Identifier: MIT
#version 460
layout(local_size_x_id = 0) in;
#ifdef ADDRESSES
#extension GL_EXT_buffer_reference : require
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Words { uint at[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Floats { float at[]; };
layout(push_constant) uniform Push { Words where; Floats from, to; };
#define where where.at
#define from from.at
#define to to.at
#else
layout(binding = 0) readonly buffer Where { uint where[]; };
layout(binding = 1) readonly buffer From { float from[]; };
layout(binding = 2) writeonly buffer To { float to[]; };
#endif
void main()
{
    uint i = gl_GlobalInvocationID.x;
    to[i] = from[where[i]] + from[where[i] ^ 1u];
}
