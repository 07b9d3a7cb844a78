// SPDX-License-Identifier: MIT
// Hands control points on: Metal has no stage before the patch's.
#version 450
#if ATTRIBUTES > 0
layout(location = 0) in vec4 in0;
layout(location = 0) out vec4 out0;
#endif
#if ATTRIBUTES > 1
layout(location = 1) in vec4 in1;
layout(location = 1) out vec4 out1;
#endif
#if ATTRIBUTES > 2
layout(location = 2) in vec4 in2;
layout(location = 2) out vec4 out2;
#endif
#if ATTRIBUTES > 3
layout(location = 3) in vec4 in3;
layout(location = 3) out vec4 out3;
#endif
#if ATTRIBUTES > 4
layout(location = 4) in vec4 in4;
layout(location = 4) out vec4 out4;
#endif
#if ATTRIBUTES > 5
layout(location = 5) in vec4 in5;
layout(location = 5) out vec4 out5;
#endif
#if ATTRIBUTES > 6
layout(location = 6) in vec4 in6;
layout(location = 6) out vec4 out6;
#endif
#if ATTRIBUTES > 7
layout(location = 7) in vec4 in7;
layout(location = 7) out vec4 out7;
#endif
layout(location = 8) flat out uint instance;

void main()
{
    instance = gl_InstanceIndex;
#if ATTRIBUTES > 0
    out0 = in0;
#endif
#if ATTRIBUTES > 1
    out1 = in1;
#endif
#if ATTRIBUTES > 2
    out2 = in2;
#endif
#if ATTRIBUTES > 3
    out3 = in3;
#endif
#if ATTRIBUTES > 4
    out4 = in4;
#endif
#if ATTRIBUTES > 5
    out5 = in5;
#endif
#if ATTRIBUTES > 6
    out6 = in6;
#endif
#if ATTRIBUTES > 7
    out7 = in7;
#endif
}
