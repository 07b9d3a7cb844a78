/* SPDX-License-Identifier: MIT */
/* A texture from the command line. */
#ifndef PVG_TOOLS_AIR_TEXTURE_H
#define PVG_TOOLS_AIR_TEXTURE_H

#include "air_values.h"
#include "runner.h"

/* Until it is filled, @values has only its element. */
struct air_texture {
    uint32_t index;
    uint32_t extent[3]; /* width, height, and depth, layers or faces; 0: the picture says */
    const char *how;    /* ":ramp", ":random", "@FILE" or nothing; borrowed */
    struct air_values values;
    uint32_t components; /* of a texel */
};

/* Of "INDEX=float[WxHxD]..." or "INDEX=@FILE.ppm". False: it is neither. */
PVG_NODISCARD bool air_texture_parse(struct air_texture *texture, const char *text);

/* Makes the texels, as the function's argument wants them. */
PVG_NODISCARD bool air_texture_fill(struct air_texture *texture,
                                    const struct pvg_shader_reflection *function,
                                    struct runner_texture *out, struct pvg_error *error);

/* Raw texels; a picture where @path ends in .ppm. */
PVG_NODISCARD bool air_texture_save(const struct air_texture *texture, const char *path,
                                    struct pvg_error *error);

#endif
