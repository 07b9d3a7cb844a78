// SPDX-License-Identifier: MIT
// Takes a patch's factors from memory. How many points a patch has, spacing and winding are written
// into the module when a pipeline is built.
#version 450
layout(vertices = 32) out;
#if ATTRIBUTES > 0
layout(location = 0) in vec4 in0[];
layout(location = 0) out vec4 out0[];
#endif
#if ATTRIBUTES > 1
layout(location = 1) in vec4 in1[];
layout(location = 1) out vec4 out1[];
#endif
#if ATTRIBUTES > 2
layout(location = 2) in vec4 in2[];
layout(location = 2) out vec4 out2[];
#endif
#if ATTRIBUTES > 3
layout(location = 3) in vec4 in3[];
layout(location = 3) out vec4 out3[];
#endif
#if ATTRIBUTES > 4
layout(location = 4) in vec4 in4[];
layout(location = 4) out vec4 out4[];
#endif
#if ATTRIBUTES > 5
layout(location = 5) in vec4 in5[];
layout(location = 5) out vec4 out5[];
#endif
#if ATTRIBUTES > 6
layout(location = 6) in vec4 in6[];
layout(location = 6) out vec4 out6[];
#endif
#if ATTRIBUTES > 7
layout(location = 7) in vec4 in7[];
layout(location = 7) out vec4 out7[];
#endif
layout(location = 8) flat in uint instance[];
layout(std430, set = 2, binding = 0) readonly buffer Factors { uint factors[]; };
layout(std430, set = 2, binding = 1) readonly buffer Patches { uint patches[]; };
layout(push_constant) uniform Push {
    layout(offset = 68) uint first; // patch of the draw
    uint flags;                     // 1: through `patches`; 2: by patch; 4: by instance; 8: powers of
                                    // two; 16: quads
    uint factor_offset;             // bytes, of this patch_offset too
    uint instance_stride;
    float scale;
    float most;
    uint patch_offset;
};

float factor(uint byte)
{
    const float value = unpackHalf2x16(factors[byte / 4] >> (byte % 4 * 8)).x * scale;

    if (!(value > 0)) {
        return 0; // not a number, zero or less: the patch is not drawn
    }
    return (flags & 8) != 0 ? exp2(ceil(log2(min(value, most)))) : min(value, most);
}

void main()
{
#if ATTRIBUTES > 0
    out0[gl_InvocationID] = in0[gl_InvocationID];
#endif
#if ATTRIBUTES > 1
    out1[gl_InvocationID] = in1[gl_InvocationID];
#endif
#if ATTRIBUTES > 2
    out2[gl_InvocationID] = in2[gl_InvocationID];
#endif
#if ATTRIBUTES > 3
    out3[gl_InvocationID] = in3[gl_InvocationID];
#endif
#if ATTRIBUTES > 4
    out4[gl_InvocationID] = in4[gl_InvocationID];
#endif
#if ATTRIBUTES > 5
    out5[gl_InvocationID] = in5[gl_InvocationID];
#endif
#if ATTRIBUTES > 6
    out6[gl_InvocationID] = in6[gl_InvocationID];
#endif
#if ATTRIBUTES > 7
    out7[gl_InvocationID] = in7[gl_InvocationID];
#endif
    if (gl_InvocationID == 0) {
        const bool quad = (flags & 16) != 0;
        uint patch_index = first + gl_PrimitiveID;
        uint at = factor_offset;

        if ((flags & 1) != 0) {
            patch_index = patches[patch_offset / 4 + patch_index];
        }
        if ((flags & 2) != 0) {
            at += patch_index * (quad ? 12 : 8);
        }
        if ((flags & 4) != 0) {
            at += instance[0] * instance_stride;
        }
        gl_TessLevelOuter[0] = factor(at);
        gl_TessLevelOuter[1] = factor(at + 2);
        gl_TessLevelOuter[2] = factor(at + 4);
        gl_TessLevelOuter[3] = quad ? factor(at + 6) : 0;
        gl_TessLevelInner[0] = factor(quad ? at + 8 : at + 6);
        gl_TessLevelInner[1] = quad ? factor(at + 10) : 0;
    }
}
