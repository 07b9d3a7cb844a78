/* SPDX-License-Identifier: MIT */
/* The blit encoder. It has no state but the order of its records. Spec: 50-compute-blit 5, 6. */
#include "gpu/blit.h"

#include "base/range.h"
#include "gpu/encoders.h"
#include "gpu/table.h"

struct pvg_buffer *pvg_blit_find_buffer(struct pvg_blit *blit, uint32_t ref, enum pvg_refusal *why)
{
    return (struct pvg_buffer *)pvg_table_find(blit->run->gpu, blit->run->submission, ref,
                                               PVG_GPU_BUFFER, why);
}

struct pvg_texture *pvg_blit_find_texture(struct pvg_blit *blit, uint32_t ref,
                                          enum pvg_refusal *why)
{
    struct pvg_texture *texture = (struct pvg_texture *)pvg_table_find(
        blit->run->gpu, blit->run->submission, ref, PVG_GPU_TEXTURE, why);

    if (texture && !texture->image) {
        *why = PVG_REFUSED_KIND;
        return NULL;
    }
    return texture;
}

void pvg_blit_reads_buffer(struct pvg_blit *blit, struct pvg_buffer *buffer)
{
    pvg_gpu_run_use_buffer(blit->run, buffer);
    pvg_order_reads(&blit->order, buffer);
}

void pvg_blit_writes_buffer(struct pvg_blit *blit, struct pvg_buffer *buffer)
{
    pvg_gpu_run_write_buffer(blit->run, buffer);
    pvg_order_writes(&blit->order, buffer);
}

void pvg_blit_reads_texture(struct pvg_blit *blit, struct pvg_texture *texture)
{
    pvg_gpu_run_use_texture(blit->run, texture);
    pvg_order_reads(&blit->order, texture->image);
}

void pvg_blit_writes_texture(struct pvg_blit *blit, struct pvg_texture *texture, uint32_t level,
                             uint32_t levels)
{
    pvg_gpu_run_write_texture(blit->run, texture, level, levels);
    pvg_order_writes(&blit->order, texture->image);
}

void pvg_blit_recorded(struct pvg_blit *blit)
{
    blit->run->tail_open = true;
    pvg_count(blit->run->gpu->counts.copies, 1);
}

enum pvg_refusal pvg_blit_region(const struct pvg_texture *texture,
                                 const struct pvg_wire_origin *origin,
                                 const struct pvg_wire_extent *size, uint32_t slice, uint32_t level,
                                 struct pvg_texture_region *out)
{
    const struct pvg_pixel_format *format = texture->format;
    const bool deep = texture->type == PVG_WIRE_TEXTURE_TYPE_3D;
    uint32_t width, height, depth;

    if (level >= texture->levels || (deep ? slice != 0 : slice >= texture->slices)) {
        return PVG_REFUSED_LEVEL;
    }
    width = pvg_texture_level_width(texture, level);
    height = pvg_texture_level_height(texture, level);
    depth = pvg_texture_level_depth(texture, level);
    if (!pvg_range_fits((struct pvg_range){origin->x, size->width}, width) ||
        !pvg_range_fits((struct pvg_range){origin->y, size->height}, height) ||
        !pvg_range_fits((struct pvg_range){origin->z, size->depth}, depth)) {
        return PVG_REFUSED_RANGE;
    }
    if (origin->x % format->block_width || origin->y % format->block_height ||
        (size->width % format->block_width && origin->x + size->width != width) ||
        (size->height % format->block_height && origin->y + size->height != height)) {
        return PVG_REFUSED_VALUE;
    }
    *out = (struct pvg_texture_region){
        .level = texture->first_level + level,
        .slice = texture->first_slice + slice,
        .offset = {(int32_t)origin->x, (int32_t)origin->y, (int32_t)origin->z},
        .extent = {(uint32_t)size->width, (uint32_t)size->height, (uint32_t)size->depth},
    };
    return PVG_ACCEPTED;
}

enum pvg_refusal pvg_blit_aspect(const struct pvg_texture *texture, uint32_t options,
                                 struct pvg_texture_region *region)
{
    const uint8_t has = texture->format->aspect;
    uint8_t wanted = has;

    if (options & ~(uint32_t)(PVG_WIRE_BLIT_OPTION_DEPTH_FROM_DEPTH_STENCIL |
                              PVG_WIRE_BLIT_OPTION_STENCIL_FROM_DEPTH_STENCIL)) {
        return PVG_REFUSED_VALUE;
    }
    if (options) {
        wanted = options == PVG_WIRE_BLIT_OPTION_DEPTH_FROM_DEPTH_STENCIL     ? PVG_ASPECT_DEPTH
                 : options == PVG_WIRE_BLIT_OPTION_STENCIL_FROM_DEPTH_STENCIL ? PVG_ASPECT_STENCIL
                                                                              : PVG_ASPECT_BOTH;
    }
    if (!(has & wanted) || wanted == PVG_ASPECT_BOTH) {
        return PVG_REFUSED_VALUE;
    }
    region->aspect = wanted == PVG_ASPECT_COLOR   ? VK_IMAGE_ASPECT_COLOR_BIT
                     : wanted == PVG_ASPECT_DEPTH ? VK_IMAGE_ASPECT_DEPTH_BIT
                                                  : VK_IMAGE_ASPECT_STENCIL_BIT;
    region->bytes = wanted == PVG_ASPECT_STENCIL ? 1
                    : wanted == PVG_ASPECT_DEPTH && texture->format->bytes > 4
                        ? 4
                        : texture->format->bytes;
    return PVG_ACCEPTED;
}

bool pvg_blit_is_empty(const struct pvg_wire_extent *size)
{
    return !size->width || !size->height || !size->depth;
}

/* ---- Hints and order ---- */

static enum pvg_refusal optimize_texture(void *ctx, const struct pvg_wire_optimize_texture *rec)
{
    return PVG_ACCEPTED; /* images keep one layout */
}

static enum pvg_refusal invalidate_compressed(void *ctx,
                                              const struct pvg_wire_invalidate_compressed *rec)
{
    return PVG_ACCEPTED; /* there is no compression that a guest could see */
}

/* Most of what is written is in guest memory before the stamp anyway. */
static enum pvg_refusal synchronize(void *ctx, const struct pvg_wire_synchronize *rec)
{
    struct pvg_blit *blit = ctx;
    enum pvg_refusal why;
    struct pvg_texture *texture = pvg_blit_find_texture(blit, rec->resource, &why);

    if (texture) {
        pvg_gpu_run_ask_image(blit->run, texture->image);
    }
    return why == PVG_REFUSED_KIND ? PVG_ACCEPTED : why; /* buffers */
}

/* One in-order queue, and a full barrier between encoders: fences hold by themselves. */
static enum pvg_refusal update_fence(void *ctx, const struct pvg_wire_update_fence *rec)
{
    return PVG_ACCEPTED;
}

static enum pvg_refusal wait_fence(void *ctx, const struct pvg_wire_wait_fence *rec)
{
    return PVG_ACCEPTED;
}

/* ---- The encoder ---- */

static void *blit_begin(struct pvg_gpu_run *run)
{
    struct pvg_blit *blit = g_new0(struct pvg_blit, 1);

    blit->run = run;
    pvg_order_init(&blit->order, run);
    return blit;
}

static void blit_end(void *encoder)
{
    g_free(encoder);
}

/* Indirect command buffers are not offered to guests: their records are refused. */
static const struct pvg_wire_blit_handlers handlers = {
    .update_fence = update_fence,
    .wait_fence = wait_fence,
    .copy_buffer = pvg_blit_copy_buffer,
    .copy_buffer_to_texture = pvg_blit_copy_buffer_to_texture,
    .copy_texture_to_buffer = pvg_blit_copy_texture_to_buffer,
    .copy_texture = pvg_blit_copy_texture,
    .copy_texture_levels = pvg_blit_copy_texture_levels,
    .fill_buffer = pvg_blit_fill_buffer,
    .fill_buffer_pattern = pvg_blit_fill_buffer_pattern,
    .fill_texture_bytes = pvg_blit_fill_texture_bytes,
    .fill_texture_color = pvg_blit_fill_texture_color,
    .generate_mipmaps = pvg_blit_generate_mipmaps,
    .optimize_texture = optimize_texture,
    .synchronize = synchronize,
    .invalidate_compressed = invalidate_compressed,
};

static enum pvg_refusal blit_record(void *encoder, uint32_t opcode, struct pvg_cursor *payload)
{
    return pvg_wire_blit_dispatch(&handlers, encoder, opcode, payload);
}

const struct pvg_encoder_impl pvg_blit_encoder = {
    .begin = blit_begin,
    .record = blit_record,
    .end = blit_end,
};
