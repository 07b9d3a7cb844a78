// SPDX-License-Identifier: MIT
// The shaders of guest/demo/shaders.cl, written for Vulkan. One file, compiled once for each stage.
#version 460

struct Instance {
    mat4 model;
    vec4 tint;
};

struct Particle {
    vec4 position, velocity;
};

struct Glyph {
    vec2 at, extent;
    vec4 colour;
    uint cell, spare0, spare1, spare2;
};

layout(set = 0, binding = 0, std430) readonly buffer Frame {
    mat4 view_projection;
    vec4 eye, light, size;
} frame;

#if defined(MOVE)
layout(set = 0, binding = 1, std430) buffer Particles { Particle particles[]; };
#elif defined(PARTICLE_VERTEX)
layout(set = 0, binding = 1, std430) readonly buffer Particles { Particle particles[]; };
#elif defined(TEXT_VERTEX)
layout(set = 0, binding = 1, std430) readonly buffer Glyphs { Glyph glyphs[]; };
#else
layout(set = 0, binding = 1, std430) readonly buffer Instances { Instance instances[]; };
#endif
#if defined(GROUND_FRAGMENT) || defined(SOLID_FRAGMENT) || defined(TEXT_FRAGMENT)
layout(set = 0, binding = 2) uniform sampler2D image;
#endif

vec3 sky(float up)
{
    const vec3 horizon = vec3(0.62, 0.70, 0.80), zenith = vec3(0.07, 0.16, 0.36);
    const vec3 earth = vec3(0.10, 0.09, 0.10);
    float above = clamp(up, 0, 1), below = clamp(-up * 4, 0, 1);

    return horizon + (zenith - horizon) * sqrt(above) + (earth - horizon) * below;
}

#if defined(SKY_VERTEX)
layout(location = 0) out vec2 across;
void main()
{
    across = vec2(gl_VertexIndex == 1 ? 3 : -1, gl_VertexIndex == 2 ? 3 : -1);
    gl_Position = vec4(across, 1, 1);
}
#elif defined(SKY_FRAGMENT)
layout(location = 0) in vec2 across;
layout(location = 0) out vec4 colour;
void main()
{
    vec2 away = across - vec2(0.55, 0.62);
    float glow = exp(-4 * dot(away, away));

    colour = vec4(sky(across.y * 0.75 + 0.05) + vec3(0.45, 0.33, 0.18) * glow, 1);
}
#elif defined(SOLID_VERTEX)
layout(location = 0) in vec3 position;
layout(location = 1) in vec3 normal;
layout(location = 2) in vec2 texcoord;
layout(location = 0) out vec3 world;
layout(location = 1) out vec3 upright;
layout(location = 2) out vec2 uv;
layout(location = 3) out vec4 tint;
void main()
{
    Instance instance = instances[gl_InstanceIndex];
    vec4 at = instance.model * vec4(position, 1);

    gl_Position = frame.view_projection * at;
    world = at.xyz;
    upright = (instance.model * vec4(normal, 0)).xyz;
    uv = texcoord;
    tint = instance.tint;
}
#elif defined(SOLID_FRAGMENT) || defined(GROUND_FRAGMENT)
layout(location = 0) in vec3 world;
layout(location = 1) in vec3 upright;
layout(location = 2) in vec2 uv;
layout(location = 3) in vec4 tint;
layout(location = 0) out vec4 colour;
void main()
{
#if defined(SOLID_FRAGMENT)
    vec3 n = normalize(upright), l = normalize(frame.light.xyz);
    vec3 v = normalize(frame.eye.xyz - world), h = normalize(l + v);
    vec3 albedo = texture(image, uv).xyz * tint.xyz;
    float lit = clamp(dot(n, l), 0, 1), shine = pow(clamp(dot(n, h), 0, 1), 48) * tint.w;
    vec3 mirror = n * (2 * dot(n, v)) - v;
    float rim = pow(1 - clamp(dot(n, v), 0, 1), 4) * tint.w;
    vec3 ambient = sky(n.y * 0.5 + 0.4) * 0.45;

    colour = vec4(albedo * (ambient + vec3(1.0, 0.94, 0.82) * (lit * 0.9)) +
                  vec3(1.0, 0.95, 0.85) * shine + sky(mirror.y) * (rim * 0.6), 1);
#else
    vec3 away = frame.eye.xyz - world;
    float far = 1 - exp(-0.0016 * dot(away, away)), middle = dot(world.xz, world.xz);
    float ring = sqrt(middle) - 3.4;
    float shade = 1 - 0.55 * exp(-0.35 * middle) - 0.25 * exp(-0.35 * ring * ring * 6);
    vec3 near = texture(image, uv).xyz * tint.xyz * shade;

    colour = vec4(near + (sky(0) - near) * far, 1);
#endif
}
#elif defined(MOVE)
layout(local_size_x = 64) in;
uint scramble(uint x)
{
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x = (x ^ (x >> 15)) * 0x846ca68bu;
    return x ^ (x >> 16);
}
float fraction(uint x)
{
    return float(x >> 8) * (1.0 / 16777216.0);
}
void main()
{
    uint index = gl_GlobalInvocationID.x;
    Particle p = particles[index];
    float step = frame.size.w;

    p.position.w -= step;
    if (p.position.w <= 0) {
        uint seed = scramble(index * 747796405u + uint(frame.size.z * 1000));
        float turn = 6.2831853 * fraction(seed), speed = 0.5 + 0.5 * fraction(scramble(seed));

        p.position = vec4(0, 0.2, 0, 1.2 + 1.8 * fraction(scramble(seed + 1)));
        p.velocity = vec4(cos(turn) * speed * 1.3, 4.2 + 1.4 * fraction(scramble(seed + 2)),
                          sin(turn) * speed * 1.3, fraction(scramble(seed + 3)));
    }
    p.velocity.y -= 4 * step;
    p.velocity.x -= p.position.z * step * 1.5;
    p.velocity.z += p.position.x * step * 1.5;
    p.position.xyz += p.velocity.xyz * step;
    if (p.position.y < 0.05 && p.velocity.y < 0) {
        p.position.y = 0.05;
        p.velocity.y *= -0.45;
    }
    particles[index] = p;
}
#elif defined(PARTICLE_VERTEX)
layout(location = 0) out vec2 across;
layout(location = 1) out vec4 tint;
void main()
{
    vec4 at = particles[gl_InstanceIndex].position;
    float hue = particles[gl_InstanceIndex].velocity.w;
    vec4 place = frame.view_projection * vec4(at.xyz, 1);

    across = vec2((gl_VertexIndex & 1) != 0 ? 1 : -1, (gl_VertexIndex & 2) != 0 ? 1 : -1);
    place.x += across.x * 0.035 * frame.size.y / frame.size.x;
    place.y += across.y * 0.035;
    gl_Position = place;
    tint = vec4(0.9, 0.35 + 0.35 * hue, 0.12 + 0.2 * hue, 1) * clamp(at.w, 0, 1);
}
#elif defined(PARTICLE_FRAGMENT)
layout(location = 0) in vec2 across;
layout(location = 1) in vec4 tint;
layout(location = 0) out vec4 colour;
void main()
{
    float inside = clamp(1 - dot(across, across), 0, 1);

    colour = tint * (inside * inside * 0.6);
}
#elif defined(TEXT_VERTEX)
layout(location = 0) out vec2 uv;
layout(location = 1) out vec4 tint;
void main()
{
    Glyph glyph = glyphs[gl_InstanceIndex];
    vec2 side = vec2(gl_VertexIndex & 1, gl_VertexIndex >> 1 & 1);
    vec2 pixel = glyph.at + glyph.extent * side;

    gl_Position = vec4(pixel.x / frame.size.x * 2 - 1, 1 - pixel.y / frame.size.y * 2, 0, 1);
    uv = (vec2(glyph.cell % 16, glyph.cell / 16) + side) / 16;
    tint = glyph.colour;
}
#elif defined(TEXT_FRAGMENT)
layout(location = 0) in vec2 uv;
layout(location = 1) in vec4 tint;
layout(location = 0) out vec4 colour;
void main()
{
    colour = vec4(tint.xyz, 1) * (tint.w * texture(image, uv).x);
}
#endif
