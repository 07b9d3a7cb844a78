/* SPDX-License-Identifier: MIT */
/* What the guest draws: the same as quad.vert, quad.frag and count.comp, which the native program
 * draws. */
VERTEX void quad(BUILTIN(uint, i, vertex_id), BUFFER(constant float4 *, place, 0),
                 OUT_POSITION(position), OUT(float2, uv))
{
    float2 corner = (float2)((float)(i & 1u), (float)(i >> 1));

    *uv = corner;
    *position = (float4)(place->x + corner.x * place->z, place->y + corner.y * place->w, 0.0f, 1.0f);
}

FRAGMENT void paint(IN(float2, uv), TEXTURE(texture2d, image, 0, texture2d<float, sample>),
                    SAMPLER(smooth, 0), OUT_COLOUR(float4, colour, 0))
{
    *colour = sample_2d(image, smooth, uv);
}

KERNEL void count(BUFFER(device uint *, words, 0), BUILTIN(uint, i, thread_position_in_grid))
{
    words[i] += 1u;
}
