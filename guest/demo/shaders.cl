/* SPDX-License-Identifier: MIT */
/* The shaders of the demo, in OpenCL C; pvg-metallib makes a Metal library of them. The structures
 * are those of data.h. */

/* ---- What all stages share ---- */

struct frame {
    float4 view_projection[4]; /* columns */
    float4 eye;
    float4 light; /* towards it */
    float4 size;  /* of the picture, in pixels; seconds; of one step */
};

struct instance {
    float4 model[4]; /* columns; a rotation and one scale, so that normals turn with it */
    float4 tint;     /* alpha: how glossy */
};

struct particle {
    float4 position; /* w: seconds to live */
    float4 velocity; /* w: hue */
};

struct glyph {
    float2 at;    /* of its upper left corner, in pixels */
    float2 extent; /* in pixels */
    float4 colour;
    uint cell;    /* of the atlas */
    uint spare[3];
};

METAL_INLINE float4 by_columns(constant float4 *columns, float4 v)
{
    return columns[0] * v.x + columns[1] * v.y + columns[2] * v.z + columns[3] * v.w;
}

METAL_INLINE float3 unit(float3 v)
{
    return v * rsqrt(dot(v, v));
}

/* The sky in direction @up, -1 to 1: what the background shows and surfaces reflect. */
METAL_INLINE float3 sky(float up)
{
    const float3 horizon = (float3)(0.62f, 0.70f, 0.80f);
    const float3 zenith = (float3)(0.07f, 0.16f, 0.36f);
    const float3 earth = (float3)(0.10f, 0.09f, 0.10f);
    float above = saturate(up), below = saturate(-up * 4.0f);

    return horizon + (zenith - horizon) * sqrt(above) + (earth - horizon) * below;
}

/* ---- Background: one triangle over the whole picture ---- */

VERTEX void sky_vertex(BUILTIN(uint, index, vertex_id), OUT_POSITION(position), OUT(float2, across))
{
    float2 corner = (float2)(index == 1 ? 3.0f : -1.0f, index == 2 ? 3.0f : -1.0f);

    *position = (float4)(corner, 1.0f, 1.0f);
    *across = corner;
}

FRAGMENT void sky_fragment(IN(float2, across), BUFFER(constant struct frame *, frame, 0),
                           OUT_COLOUR(float4, colour, 0))
{
    float glow = exp(-4.0f * dot(across - (float2)(0.55f, 0.62f), across - (float2)(0.55f, 0.62f)));
    float3 above = sky(across.y * 0.75f + 0.05f);

    *colour = (float4)(above + (float3)(0.45f, 0.33f, 0.18f) * glow, 1.0f);
}

/* ---- Solid things: lit, textured ---- */

VERTEX void solid_vertex(ATTRIBUTE(float3, position, 0), ATTRIBUTE(float3, normal, 1),
                         ATTRIBUTE(float2, texture, 2), BUFFER(constant struct frame *, frame, 1),
                         BUFFER(constant struct instance *, instances, 2),
                         BUILTIN(uint, index, instance_id), OUT_POSITION(place), OUT(float3, world),
                         OUT(float3, upright), OUT(float2, uv), OUT(float4, tint))
{
    constant struct instance *instance = &instances[index];
    float4 at = by_columns(instance->model, (float4)(position, 1.0f));

    *place = by_columns(frame->view_projection, at);
    *world = at.xyz;
    *upright = by_columns(instance->model, (float4)(normal, 0.0f)).xyz;
    *uv = texture;
    *tint = instance->tint;
}

FRAGMENT void solid_fragment(IN(float3, world), IN(float3, upright), IN(float2, uv),
                             IN(float4, tint), BUFFER(constant struct frame *, frame, 0),
                             TEXTURE(texture2d, surface, 0, texture2d<float, sample>),
                             SAMPLER(filter, 0), OUT_COLOUR(float4, colour, 0))
{
    float3 n = unit(upright), l = unit(frame->light.xyz);
    float3 v = unit(frame->eye.xyz - world), h = unit(l + v);
    float3 albedo = sample_2d(surface, filter, uv).xyz * tint.xyz;
    float lit = saturate(dot(n, l)), shine = pow(saturate(dot(n, h)), 48.0f) * tint.w;
    float3 mirror = n * (2.0f * dot(n, v)) - v;
    float rim = pow(1.0f - saturate(dot(n, v)), 4.0f) * tint.w;
    float3 ambient = sky(n.y * 0.5f + 0.4f) * 0.45f;

    *colour = (float4)(albedo * (ambient + (float3)(1.0f, 0.94f, 0.82f) * (lit * 0.9f)) +
                           (float3)(1.0f, 0.95f, 0.85f) * shine + sky(mirror.y) * (rim * 0.6f),
                       1.0f);
}

/* The ground fades into the horizon, and is darker below the things that turn above its middle. */
FRAGMENT void ground_fragment(IN(float3, world), IN(float3, upright), IN(float2, uv),
                              IN(float4, tint), BUFFER(constant struct frame *, frame, 0),
                              TEXTURE(texture2d, surface, 0, texture2d<float, sample>),
                              SAMPLER(filter, 0), OUT_COLOUR(float4, colour, 0))
{
    float3 away = frame->eye.xyz - world;
    float far = 1.0f - exp(-0.0016f * dot(away, away)), middle = dot(world.xz, world.xz);
    float shade = 1.0f - 0.55f * exp(-0.35f * middle) - 0.25f * exp(-0.35f * (sqrt(middle) - 3.4f) *
                                                                    (sqrt(middle) - 3.4f) * 6.0f);
    float3 near = sample_2d(surface, filter, uv).xyz * tint.xyz * shade;
    float3 haze = sky(0.0f);

    *colour = (float4)(near + (haze - near) * far, 1.0f);
}

/* ---- Particles: a fountain that a kernel moves ---- */

METAL_INLINE uint scramble(uint x)
{
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x = (x ^ (x >> 15)) * 0x846ca68bu;
    return x ^ (x >> 16);
}

METAL_INLINE float fraction(uint x)
{
    return to_float(x >> 8) * (1.0f / 16777216.0f);
}

KERNEL void move_particles(BUFFER(device struct particle *, particles, 0),
                           BUFFER(constant struct frame *, frame, 1),
                           BUFFER(constant uint *, count, 2),
                           BUILTIN(uint, index, thread_position_in_grid))
{
    if (index < *count) {
        struct particle p = particles[index];
        float step = frame->size.w;

        p.position.w -= step;
        if (p.position.w <= 0.0f) {
            uint seed = scramble(index * 747796405u + to_uint(frame->size.z * 1000.0f));
            float turn = 6.2831853f * fraction(seed), speed = 0.5f + 0.5f * fraction(scramble(seed));

            p.position = (float4)(0.0f, 0.2f, 0.0f, 1.2f + 1.8f * fraction(scramble(seed + 1)));
            p.velocity = (float4)(cos(turn) * speed * 1.3f, 4.2f + 1.4f * fraction(scramble(seed + 2)),
                                  sin(turn) * speed * 1.3f, fraction(scramble(seed + 3)));
        }
        p.velocity.y -= 4.0f * step;
        p.velocity.x -= p.position.z * step * 1.5f;
        p.velocity.z += p.position.x * step * 1.5f;
        p.position.xyz += p.velocity.xyz * step;
        if (p.position.y < 0.05f && p.velocity.y < 0.0f) {
            p.position.y = 0.05f;
            p.velocity.y *= -0.45f;
        }
        particles[index] = p;
    }
}

VERTEX void particle_vertex(BUFFER(constant struct frame *, frame, 1),
                            BUFFER(constant struct particle *, particles, 0),
                            BUILTIN(uint, corner, vertex_id), BUILTIN(uint, index, instance_id),
                            OUT_POSITION(position), OUT(float2, across), OUT(float4, tint))
{
    float4 at = particles[index].position;
    float hue = particles[index].velocity.w;
    float2 side = (float2)((corner & 1) ? 1.0f : -1.0f, (corner & 2) ? 1.0f : -1.0f);
    float4 place = by_columns(frame->view_projection, (float4)(at.xyz, 1.0f));

    place.x += side.x * 0.035f * frame->size.y / frame->size.x;
    place.y += side.y * 0.035f;
    *position = place;
    *across = side;
    *tint = (float4)(0.9f, 0.35f + 0.35f * hue, 0.12f + 0.2f * hue, 1.0f) * saturate(at.w);
}

FRAGMENT void particle_fragment(IN(float2, across), IN(float4, tint), OUT_COLOUR(float4, colour, 0))
{
    float inside = saturate(1.0f - dot(across, across));

    *colour = tint * (inside * inside * 0.6f);
}

/* ---- Text: a cell of the atlas for each character ---- */

VERTEX void text_vertex(BUFFER(constant struct glyph *, glyphs, 0),
                        BUFFER(constant struct frame *, frame, 1), BUILTIN(uint, corner, vertex_id),
                        BUILTIN(uint, index, instance_id), OUT_POSITION(position), OUT(float2, uv),
                        OUT(float4, tint))
{
    constant struct glyph *glyph = &glyphs[index];
    float2 side = (float2)((corner & 1) ? 1.0f : 0.0f, (corner & 2) ? 1.0f : 0.0f);
    float2 pixel = glyph->at + glyph->extent * side;
    float2 cell = (float2)(to_float(glyph->cell % 16u), to_float(glyph->cell / 16u));

    *position = (float4)(pixel.x / frame->size.x * 2.0f - 1.0f,
                         1.0f - pixel.y / frame->size.y * 2.0f, 0.0f, 1.0f);
    *uv = (cell + side) * (1.0f / 16.0f);
    *tint = glyph->colour;
}

FRAGMENT void text_fragment(IN(float2, uv), IN(float4, tint),
                            TEXTURE(texture2d, atlas, 0, texture2d<float, sample>),
                            SAMPLER(filter, 0), OUT_COLOUR(float4, colour, 0))
{
    *colour = (float4)(tint.xyz, 1.0f) * (tint.w * sample_2d(atlas, filter, uv).x);
}
