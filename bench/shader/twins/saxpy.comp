// SPDX-License-Identifier: MIT
#version 460
layout(local_size_x_id = 0) in;
#ifdef ADDRESSES
#extension GL_EXT_buffer_reference : require
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Floats { float at[]; };
layout(push_constant) uniform Push { Floats from, to, factor; };
#define from from.at
#define to to.at
#define a factor.at[0]
#else
layout(binding = 0) readonly buffer X { float from[]; };
layout(binding = 1) buffer Y { float to[]; };
layout(binding = 2) readonly buffer A { float a; };
#endif
void main()
{
    uint i = gl_GlobalInvocationID.x;
    to[i] += a * from[i];
}
