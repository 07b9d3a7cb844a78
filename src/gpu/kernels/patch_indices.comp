// SPDX-License-Identifier: MIT
// Indices of the control points of patches that are named by a buffer, as 32-bit indices of vertices.
#version 450
layout(local_size_x = 64) in;
layout(std430, set = 0, binding = 0) readonly buffer Patches { uint patches[]; };
layout(std430, set = 0, binding = 1) readonly buffer Points { uint points[]; };
layout(std430, set = 0, binding = 2) writeonly buffer Out { uint indices[]; };
layout(push_constant) uniform Push {
    uint count;        // of indices to make
    uint per_patch;    // control points
    uint first;        // patch
    uint patch_offset; // bytes; all ones: patches are not named
    uint point_offset; // bytes
    uint point_size;   // bytes of an index; 0: points are not named
};

void main()
{
    const uint i = gl_GlobalInvocationID.y * gl_NumWorkGroups.x * 64 + gl_GlobalInvocationID.x;

    if (i >= count) {
        return;
    }
    uint patch_index = first + i / per_patch;

    if (patch_offset != 0xffffffff) {
        patch_index = patches[patch_offset / 4 + patch_index];
    }
    uint point = patch_index * per_patch + i % per_patch;

    if (point_size == 4) {
        point = points[point_offset / 4 + point];
    } else if (point_size == 2) {
        const uint byte = point_offset + 2 * point;

        point = points[byte / 4] >> (byte % 4 * 8) & 0xffff;
    }
    indices[i] = point;
}
