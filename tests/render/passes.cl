/* SPDX-License-Identifier: MIT */
/* Shaders of the scenes about passes. */

/* Instance n covers its layer, or its viewport, in a colour that says which: buffer 0 tells which
 * layer or viewport it takes. */
VERTEX void cover_layer(BUILTIN(uint, i, vertex_id), BUILTIN(uint, n, instance_id),
                        BUFFER(constant uint *, which, 0), OUT_POSITION(position),
                        OUT_LAYER(layer), OUT(float, number))
{
    *position = (float4)(i == 1u ? 3.0f : -1.0f, i == 2u ? 3.0f : -1.0f, 0.5f, 1.0f);
    *layer = which[n];
    *number = (float)n;
}

VERTEX void cover_viewport(BUILTIN(uint, i, vertex_id), BUILTIN(uint, n, instance_id),
                           BUFFER(constant uint *, which, 0), OUT_POSITION(position),
                           OUT_VIEWPORT(viewport), OUT(float, number))
{
    *position = (float4)(i == 1u ? 3.0f : -1.0f, i == 2u ? 3.0f : -1.0f, 0.5f, 1.0f);
    *viewport = which[n];
    *number = (float)n;
}

/* Instance n is 16 (n + 1) of 255 red. */
FRAGMENT void show_number(IN(float, number), OUT_COLOUR(float4, colour, 0))
{
    *colour = (float4)((number + 1.0f) * 16.0f / 255.0f, 0.0f, 0.0f, 1.0f);
}

/* Primitive n is 16 (n + 1) of 255 red. */
FRAGMENT void show_primitive(BUILTIN(uint, n, primitive_id), OUT_COLOUR(float4, colour, 0))
{
    *colour = (float4)((float)(n + 1u) * 16.0f / 255.0f, 0.0f, 0.0f, 1.0f);
}

/* Half of what was there, and a quarter of red. */
FRAGMENT void halve(FETCH(float4, before, 0), OUT_COLOUR(float4, colour, 0))
{
    *colour = 0.5f * before + (float4)(0.25f, 0.0f, 0.0f, 0.0f);
}

/* The two targets change places. */
FRAGMENT void exchange(FETCH(float4, first, 0), FETCH(float4, second, 1),
                       OUT_COLOUR(float4, colour0, 0), OUT_COLOUR(float4, colour1, 1))
{
    *colour0 = second;
    *colour1 = first;
}

/* Vertex i is corner i mod 4 of a strip that covers the target. */
VERTEX void corner(BUILTIN(uint, i, vertex_id), BUILTIN(uint, n, instance_id),
                   OUT_POSITION(position), OUT(float, number))
{
    *position = (float4)((i & 2u) ? 1.0f : -1.0f, (i & 1u) ? 1.0f : -1.0f, 0.5f, 1.0f);
    *number = (float)n;
}

/* Covers the target; the number is what vertices sample. */
VERTEX void look(BUILTIN(uint, i, vertex_id), TEXTURE(texture2d, t, 0, texture2d<float, sample>),
                 SAMPLER(s, 0), OUT_POSITION(position), OUT(float, number))
{
    *position = (float4)(i == 1u ? 3.0f : -1.0f, i == 2u ? 3.0f : -1.0f, 0.5f, 1.0f);
    *number = 255.0f * sample_2d_level(t, s, (float2)(0.5f, 0.5f), 0.0f).x;
}
