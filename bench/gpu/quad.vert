// SPDX-License-Identifier: MIT
#version 460
layout(set = 0, binding = 0) readonly buffer Place { vec4 place; };
layout(location = 0) out vec2 uv;
void main()
{
    vec2 corner = vec2(gl_VertexIndex & 1, gl_VertexIndex >> 1);

    uv = corner;
    gl_Position = vec4(place.xy + corner * place.zw, 0, 1);
}
