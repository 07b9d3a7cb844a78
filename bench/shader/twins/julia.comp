// SPDX-License-Identifier: MIT
#version 460
layout(local_size_x_id = 0) in;
#ifdef ADDRESSES
#extension GL_EXT_buffer_reference : require
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Words { uint at[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Floats { float at[]; };
layout(push_constant) uniform Push { Words words; Floats c; };
#define result words.at
#define c c.at
#else
layout(binding = 0) writeonly buffer Out { uint result[]; };
layout(binding = 1) readonly buffer C { float c[]; };
#endif
void main()
{
    uint i = gl_GlobalInvocationID.x;
    float x = float(i & 255u) / 64.0 - 2.0, y = float(i >> 8) / 64.0 - 2.0;
    uint n = 0;

    while (n < 100u && x * x + y * y < 4.0) {
        float next = x * x - y * y + c[0];

        y = 2.0 * x * y + c[1];
        x = next;
        n++;
    }
    result[i] = n;
}
