/* SPDX-License-Identifier: MIT */
FRAGMENT void light(IN(float2, uv), IN(float3, normal), TEXTURE(texture2d, albedo, 0, texture2d<float, sample>),
                    SAMPLER(smooth, 0), OUT_COLOUR(float4, colour, 0))
{
    float4 base = sample_2d(albedo, smooth, uv);
    float3 sun = {0.6f, 0.7f, 0.4f};
    float shade = fmax(dot(normal, sun), 0.1f);

    if (base.w < 0.5f) {
        discard_fragment();
    }
    *colour = base * shade;
}
