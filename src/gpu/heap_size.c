/* SPDX-License-Identifier: MIT */
/* The size of a texture's texels. */
#include "gpu/heap_size.h"

#include <glib.h>

#include "gpu/pixel_format.h"
#include "wire/metal.h"
#include "wire/textures.h"

#define SIDE_MAX       16384
#define LAYERS_MAX     2048
#define LEVELS_MAX     16
#define SAMPLES_MAX    8
#define LEVEL_ROUNDING 512
#define ALIGNMENT      4096

/* 30-resources 7.1, 7.2 */
struct shape {
    uint32_t format, width, height, depth, levels, samples, layers;
};

static enum pvg_refusal decode(struct pvg_cursor *cursor, struct shape *out)
{
    struct pvg_wire_texture_body body;
    enum pvg_refusal why = pvg_wire_texture_body_decode(cursor, &body);

    *out = (struct shape){
        .format = body.format,
        .width = body.width,
        .height = body.height,
        .depth = body.depth,
        .levels = MAX(1, body.levels & 0x3fff),
        .samples = MAX(1, body.samples),
        .layers = MAX(1, body.array_length),
    };
    if (body.type == PVG_WIRE_TEXTURE_TYPE_CUBE || body.type == PVG_WIRE_TEXTURE_TYPE_CUBE_ARRAY) {
        out->layers *= 6;
    }
    return why;
}

static bool shape_possible(const struct shape *shape)
{
    return shape->width >= 1 && shape->width <= SIDE_MAX && shape->height >= 1 &&
           shape->height <= SIDE_MAX && shape->depth >= 1 && shape->depth <= LAYERS_MAX &&
           shape->levels <= LEVELS_MAX && shape->samples <= SAMPLES_MAX &&
           shape->layers <= LAYERS_MAX * 6;
}

enum pvg_refusal pvg_heap_texture_size(struct pvg_cursor descriptor, uint64_t *size,
                                       uint64_t *alignment)
{
    struct shape shape;
    enum pvg_refusal why = decode(&descriptor, &shape);
    const struct pvg_pixel_format *format;

    if (why != PVG_ACCEPTED) {
        return why;
    }
    if (!shape_possible(&shape)) {
        return PVG_REFUSED_LIMIT;
    }
    format = pvg_pixel_format_find(shape.format);
    if (!format) {
        return PVG_REFUSED_FORMAT;
    }
    *size = 0;
    *alignment = ALIGNMENT;
    for (uint32_t level = 0; level < shape.levels; level++) {
        uint64_t columns = MAX(1, shape.width >> level);
        uint64_t rows = MAX(1, shape.height >> level);
        uint64_t bytes;

        columns = (columns + format->block_width - 1) / format->block_width;
        rows = (rows + format->block_height - 1) / format->block_height;
        bytes = columns * rows * format->bytes * MAX(1, shape.depth >> level); /* below 2^44 */
        bytes = (bytes + LEVEL_ROUNDING - 1) & ~(uint64_t)(LEVEL_ROUNDING - 1);
        *size += bytes * shape.layers * shape.samples;
    }
    return PVG_ACCEPTED;
}
