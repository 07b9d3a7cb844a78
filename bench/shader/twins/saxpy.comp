// SPDX-License-Identifier: MIT
#version 460
layout(local_size_x_id = 0) in;
layout(binding = 0) readonly buffer X { float x[]; };
layout(binding = 1) buffer Y { float y[]; };
layout(binding = 2) readonly buffer A { float a; };
void main()
{
    uint i = gl_GlobalInvocationID.x;
    y[i] += a * x[i];
}
