// SPDX-License-Identifier: MIT
#version 460
layout(set = 1, binding = 0) uniform texture2D image;
layout(set = 1, binding = 1) uniform sampler smoothly;
layout(location = 0) in vec2 uv;
layout(location = 0) out vec4 colour;
void main()
{
    colour = texture(sampler2D(image, smoothly), uv);
}
