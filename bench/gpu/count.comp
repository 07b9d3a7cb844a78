// SPDX-License-Identifier: MIT
#version 460
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) buffer Words { uint words[]; };
void main()
{
    words[gl_GlobalInvocationID.x] += 1;
}
