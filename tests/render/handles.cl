/* SPDX-License-Identifier: MIT */
/* Shaders of the scenes about objects that are found by numbers in memory. */

/* Each thread looks at the middle of the texture whose number it finds, with the sampler behind it. */
KERNEL void see_by_number(BUFFER(device ulong *, numbers, 0), BUFFER(device float4 *, seen, 1),
                          BUILTIN(uint, i, thread_position_in_grid))
{
    texture2d t = (texture2d)numbers[2u * i];
    sampler s = (sampler)numbers[2u * i + 1u];

    seen[i] = sample_2d_level(t, s, (float2)(0.5f, 0.5f), 0.0f);
}

/* Each thread reads a word where the number it finds points to, and then writes one. */
KERNEL void exchange_by_number(BUFFER(device ulong *, numbers, 0), BUFFER(device uint *, seen, 1),
                               BUILTIN(uint, i, thread_position_in_grid))
{
    device uint *p = (device uint *)numbers[i];

    seen[i] = *p;
    *p = 0x01010101u * (i + 1u);
}

/* The same texture for all of a picture: the one whose place the corner says. */
FRAGMENT void show_by_number(BUILTIN(float4, position, position),
                             BUFFER(device ulong *, numbers, 0), OUT_COLOUR(float4, colour, 0))
{
    texture2d t = (texture2d)numbers[position.x < 8.0f ? 0u : 1u];

    *colour = read_2d(t, (uint2)(0u, 0u));
}
