// SPDX-License-Identifier: MIT
// Resolves multisampled depth and stencil in the ways that the device cannot, to texels in buffers,
// from which they are copied to images. A thread makes four texels of a row.
#version 450
#extension GL_EXT_samplerless_texture_functions : require
layout(local_size_x = 8, local_size_y = 8) in;
layout(std430, set = 0, binding = 0) writeonly buffer Depths { uint depths[]; };
layout(std430, set = 0, binding = 1) writeonly buffer Stencils { uint stencils[]; };
layout(set = 0, binding = 4) uniform texture2DMSArray depth;
layout(set = 0, binding = 5) uniform utexture2DMSArray stencil;
layout(push_constant) uniform Push {
    uint width, height; // of the area
    uint samples;
    uint filter_mode;    // 0: sample 0, 1: smallest depth, 2: largest
    uint same_sample;    // stencil: the sample that depth chose; else sample 0
    uint bits;           // of a depth texel: 16, 24 (in 32), 32 (float); 0: depth is not resolved
    uint stencil_too;
};

uint chosen(ivec3 at)
{
    uint best = 0;
    float value = texelFetch(depth, at, 0).r;

    for (uint i = 1; filter_mode != 0 && i < samples; i++) {
        const float other = texelFetch(depth, at, int(i)).r;

        if (filter_mode == 1 ? other < value : other > value) {
            value = other;
            best = i;
        }
    }
    return best;
}

void main()
{
    const uint groups = (width + 3) / 4; // of four texels in a row
    const uvec3 id = gl_GlobalInvocationID;
    const uint row = id.z * height + id.y;
    uint half_word = 0, stencil_word = 0;

    if (id.x >= groups || id.y >= height) {
        return;
    }
    for (uint i = 0; i < 4; i++) {
        const ivec3 at = ivec3(min(id.x * 4 + i, width - 1), id.y, id.z);
        const uint best = chosen(at);
        const float value = texelFetch(depth, at, int(best)).r;

        if (bits == 32) {
            depths[(row * groups + id.x) * 4 + i] = floatBitsToUint(value);
        } else if (bits == 24) {
            depths[(row * groups + id.x) * 4 + i] = uint(round(value * 16777215.0));
        } else if (bits == 16) {
            half_word |= uint(round(value * 65535.0)) << (i % 2 * 16);
            if (i % 2 == 1) {
                depths[(row * groups + id.x) * 2 + i / 2] = half_word;
                half_word = 0;
            }
        }
        if (stencil_too != 0) {
            const uint from = same_sample != 0 ? best : 0;

            stencil_word |= (texelFetch(stencil, at, int(from)).r & 0xff) << (i * 8);
        }
    }
    if (stencil_too != 0) {
        stencils[row * groups + id.x] = stencil_word;
    }
}
