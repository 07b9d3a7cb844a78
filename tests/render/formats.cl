/* SPDX-License-Identifier: MIT */
/* Shaders of the scenes about formats. */

/* Each covers the target and hands its attribute on, as floats. */
VERTEX void take_floats(BUILTIN(uint, i, vertex_id), ATTRIBUTE(float4, a, 0),
                        OUT_POSITION(position), OUT(float4, value))
{
    *position = (float4)(i == 1u ? 3.0f : -1.0f, i == 2u ? 3.0f : -1.0f, 0.5f, 1.0f);
    *value = a;
}

VERTEX void take_signed(BUILTIN(uint, i, vertex_id), ATTRIBUTE(int4, a, 0), OUT_POSITION(position),
                        OUT(float4, value))
{
    *position = (float4)(i == 1u ? 3.0f : -1.0f, i == 2u ? 3.0f : -1.0f, 0.5f, 1.0f);
    *value = (float4)((float)a.x, (float)a.y, (float)a.z, (float)a.w);
}

VERTEX void take_unsigned(BUILTIN(uint, i, vertex_id), ATTRIBUTE(uint4, a, 0),
                          OUT_POSITION(position), OUT(float4, value))
{
    *position = (float4)(i == 1u ? 3.0f : -1.0f, i == 2u ? 3.0f : -1.0f, 0.5f, 1.0f);
    *value = (float4)((float)a.x, (float)a.y, (float)a.z, (float)a.w);
}

FRAGMENT void show_value(IN(float4, value), OUT_COLOUR(float4, colour, 0))
{
    *colour = value;
}

/* Colours out of buffer 0, as whole numbers. */
FRAGMENT void paint_signed(BUFFER(constant int4 *, colour, 0), OUT_COLOUR(int4, out, 0))
{
    *out = *colour;
}

FRAGMENT void paint_unsigned(BUFFER(constant uint4 *, colour, 0), OUT_COLOUR(uint4, out, 0))
{
    *out = *colour;
}

/* Kernels that write the same to all of a texture. */
KERNEL void store_floats(BUILTIN(uint2, i, thread_position_in_grid),
                         BUFFER(constant float4 *, colour, 0),
                         TEXTURE(texture2d, t, 0, texture2d<float, write>))
{
    write_2d(t, i, *colour);
}

KERNEL void store_unsigned(BUILTIN(uint2, i, thread_position_in_grid),
                           BUFFER(constant uint4 *, colour, 0),
                           TEXTURE(texture2d, t, 0, texture2d<uint, write>))
{
    write_2d(t, i, *colour);
}
