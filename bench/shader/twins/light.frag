// SPDX-License-Identifier: MIT
#version 460
layout(location = 0) in vec2 uv;
layout(location = 1) in vec3 normal;
layout(binding = 0) uniform texture2D albedo;
layout(binding = 1) uniform sampler smoothly;
layout(location = 0) out vec4 colour;
void main()
{
    vec4 base = texture(sampler2D(albedo, smoothly), uv);
    float shade = max(dot(normal, vec3(0.6, 0.7, 0.4)), 0.1);

    if (base.w < 0.5) {
        discard;
    }
    colour = base * shade;
}
