// SPDX-License-Identifier: MIT
// Adds up the occlusion queries of each visibility offset: 64-bit numbers as pairs of words.
#version 450
layout(local_size_x = 64) in;
layout(std430, set = 0, binding = 0) readonly buffer Spans { uvec2 spans[]; };
layout(std430, set = 0, binding = 1) readonly buffer Order { uint order[]; };   // of spans
layout(std430, set = 0, binding = 2) readonly buffer Ranges { uvec2 ranges[]; }; // first, count
layout(std430, set = 0, binding = 3) writeonly buffer Sums { uvec2 sums[]; };
layout(push_constant) uniform Push { uint count; };

void main()
{
    const uint i = gl_GlobalInvocationID.x;

    if (i >= count) {
        return;
    }
    uvec2 sum = uvec2(0);
    for (uint j = 0; j < ranges[i].y; j++) {
        const uvec2 span = spans[order[ranges[i].x + j]];
        uint carry;

        sum.x = uaddCarry(sum.x, span.x, carry);
        sum.y += span.y + carry;
    }
    sums[i] = sum;
}
