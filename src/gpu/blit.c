/* SPDX-License-Identifier: MIT */
/* The blit encoder. It has no state but the order of its records. Spec: 50-compute-blit 5, 6. */
#include <string.h>

#include "base/range.h"
#include "gpu/clear_color.h"
#include "gpu/encoders.h"
#include "gpu/linear_copy.h"
#include "gpu/order.h"
#include "gpu/table.h"
#include "wire/blit.h"

struct blit {
    struct pvg_gpu_run *run;
    struct pvg_order order;
};

static void *blit_begin(struct pvg_gpu_run *run)
{
    struct blit *blit = g_new0(struct blit, 1);

    blit->run = run;
    pvg_order_init(&blit->order, run);
    return blit;
}

static void blit_end(void *encoder)
{
    g_free(encoder);
}

static struct pvg_buffer *find_buffer(struct blit *blit, uint32_t ref, enum pvg_refusal *why)
{
    return (struct pvg_buffer *)pvg_table_find(blit->run->gpu, blit->run->submission, ref,
                                               PVG_GPU_BUFFER, why);
}

/* A texture with an image: texel buffers are no side of a blit. */
static struct pvg_texture *find_texture(struct blit *blit, uint32_t ref, enum pvg_refusal *why)
{
    struct pvg_texture *texture = (struct pvg_texture *)pvg_table_find(
        blit->run->gpu, blit->run->submission, ref, PVG_GPU_TEXTURE, why);

    if (texture && !texture->image) {
        *why = PVG_REFUSED_KIND;
        return NULL;
    }
    return texture;
}

static void buffer_reads(struct blit *blit, struct pvg_buffer *buffer)
{
    pvg_gpu_run_use_buffer(blit->run, buffer);
    pvg_order_reads(&blit->order, buffer);
}

static void buffer_writes(struct blit *blit, struct pvg_buffer *buffer)
{
    pvg_gpu_run_write_buffer(blit->run, buffer);
    pvg_order_writes(&blit->order, buffer);
}

static void texture_reads(struct blit *blit, struct pvg_texture *texture)
{
    pvg_gpu_run_use_texture(blit->run, texture);
    pvg_order_reads(&blit->order, texture->image);
}

static void texture_writes(struct blit *blit, struct pvg_texture *texture, uint32_t level,
                           uint32_t levels)
{
    pvg_gpu_run_write_texture(blit->run, texture, level, levels);
    pvg_order_writes(&blit->order, texture->image);
}

static void recorded(struct blit *blit)
{
    blit->run->tail_open = true;
    pvg_count(blit->run->gpu->counts.copies, 1);
}

/* ---- Buffers ---- */

static enum pvg_refusal copy_buffer(void *ctx, const struct pvg_wire_copy_buffer *rec)
{
    struct blit *blit = ctx;
    struct pvg_vk *vk = blit->run->gpu->vk;
    const struct pvg_range from = {rec->source_offset, rec->size};
    const struct pvg_range to = {rec->destination_offset, rec->size};
    enum pvg_refusal why;
    struct pvg_buffer *source = find_buffer(blit, rec->source, &why), *destination;

    if (!source) {
        return why;
    }
    destination = find_buffer(blit, rec->destination, &why);
    if (!destination) {
        return why;
    }
    if (!pvg_range_fits(from, source->size) || !pvg_range_fits(to, destination->size)) {
        return PVG_REFUSED_RANGE;
    }
    if (!rec->size) {
        return PVG_ACCEPTED;
    }
    buffer_reads(blit, source);
    buffer_writes(blit, destination);
    pvg_order_settle(&blit->order);
    if (source == destination && from.start < to.start + to.size &&
        to.start < from.start + from.size) { /* overlapping: by way of staging memory */
        struct pvg_vk_slice slice;

        if (!pvg_vk_batch_stage(blit->run->batch, rec->size, 4, &slice)) {
            return PVG_REFUSED_HOST_MEMORY;
        }
        vk->fn.vkCmdCopyBuffer(blit->run->commands, source->host.handle, slice.buffer, 1,
                               &(VkBufferCopy){from.start, slice.offset, rec->size});
        pvg_gpu_full_barrier(blit->run->gpu, blit->run->commands);
        vk->fn.vkCmdCopyBuffer(blit->run->commands, slice.buffer, destination->host.handle, 1,
                               &(VkBufferCopy){slice.offset, to.start, rec->size});
    } else {
        vk->fn.vkCmdCopyBuffer(blit->run->commands, source->host.handle, destination->host.handle,
                               1, &(VkBufferCopy){from.start, to.start, rec->size});
    }
    recorded(blit);
    return PVG_ACCEPTED;
}

/* @pattern repeats from @range's first byte on. Vulkan fills whole words: what sticks out at either
 * end is copied from staging memory. */
static enum pvg_refusal fill(struct blit *blit, uint32_t ref, struct pvg_range range,
                             const uint8_t pattern[4])
{
    struct pvg_vk *vk = blit->run->gpu->vk;
    enum pvg_refusal why;
    struct pvg_buffer *buffer = find_buffer(blit, ref, &why);
    uint64_t head, tail, middle;
    uint8_t word[4];
    uint32_t value;

    if (!buffer) {
        return why;
    }
    if (!pvg_range_fits(range, buffer->size)) {
        return PVG_REFUSED_RANGE;
    }
    if (!range.size) {
        return PVG_ACCEPTED;
    }
    buffer_writes(blit, buffer);
    pvg_order_settle(&blit->order);
    head = MIN(-range.start & 3, range.size);
    tail = (range.size - head) & 3;
    middle = range.size - head - tail;
    if (head || tail) {
        struct pvg_vk_slice slice;
        VkBufferCopy copies[2];
        uint32_t count = 0;
        uint8_t *ends;

        if (!pvg_vk_batch_stage(blit->run->batch, 8, 4, &slice)) {
            return PVG_REFUSED_HOST_MEMORY;
        }
        ends = slice.mapped;
        for (unsigned i = 0; i < 4; i++) {
            ends[i] = pattern[i];
            ends[4 + i] = pattern[(head + middle + i) % 4];
        }
        if (head) {
            copies[count++] = (VkBufferCopy){slice.offset, range.start, head};
        }
        if (tail) {
            copies[count++] = (VkBufferCopy){slice.offset + 4, range.start + head + middle, tail};
        }
        vk->fn.vkCmdCopyBuffer(blit->run->commands, slice.buffer, buffer->host.handle, count,
                               copies);
    }
    if (middle) {
        for (unsigned i = 0; i < 4; i++) {
            word[i] = pattern[(head + i) % 4];
        }
        memcpy(&value, word, sizeof(value));
        vk->fn.vkCmdFillBuffer(blit->run->commands, buffer->host.handle, range.start + head, middle,
                               value);
    }
    recorded(blit);
    return PVG_ACCEPTED;
}

static enum pvg_refusal fill_buffer(void *ctx, const struct pvg_wire_fill_buffer *rec)
{
    const uint8_t pattern[4] = {rec->value, rec->value, rec->value, rec->value};

    return fill(ctx, rec->buffer, (struct pvg_range){rec->start, rec->size}, pattern);
}

static enum pvg_refusal fill_buffer_pattern(void *ctx,
                                            const struct pvg_wire_fill_buffer_pattern *rec)
{
    const uint8_t pattern[4] = {(uint8_t)rec->pattern, (uint8_t)(rec->pattern >> 8),
                                (uint8_t)(rec->pattern >> 16), (uint8_t)(rec->pattern >> 24)};

    return fill(ctx, rec->buffer, (struct pvg_range){rec->start, rec->size}, pattern);
}

/* ---- Textures and buffers ---- */

/* A part of one level and slice of a texture, checked. Spec: 50-compute-blit 5.4. */
static enum pvg_refusal region_of(const struct pvg_texture *texture,
                                  const struct pvg_wire_origin *origin,
                                  const struct pvg_wire_extent *size, uint32_t slice,
                                  uint32_t level, struct pvg_texture_region *out)
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

/* What the options choose of a format: an aspect, and the bytes of its elements in a buffer. */
static enum pvg_refusal aspect_of(const struct pvg_texture *texture, uint32_t options,
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

static bool is_empty(const struct pvg_wire_extent *size)
{
    return !size->width || !size->height || !size->depth;
}

/* What a copy between a buffer and a texture names, checked. */
struct buffer_copy {
    uint32_t buffer, texture; /* the guest's numbers */
    const struct pvg_wire_origin *origin;
    const struct pvg_wire_extent *size;
    uint64_t offset, bytes_per_row, bytes_per_image;
    uint32_t slice, level, options;

    struct pvg_buffer *source_or_target;
    struct pvg_texture *image;
    struct pvg_texture_region region;
    struct pvg_linear linear;
};

static enum pvg_refusal open_buffer_copy(struct blit *blit, struct buffer_copy *copy)
{
    enum pvg_refusal why;

    copy->source_or_target = find_buffer(blit, copy->buffer, &why);
    if (!copy->source_or_target) {
        return why;
    }
    copy->image = find_texture(blit, copy->texture, &why);
    if (!copy->image) {
        return why;
    }
    if (copy->image->image->shape.samples > 1) {
        return PVG_REFUSED_KIND;
    }
    if (is_empty(copy->size)) {
        return PVG_ACCEPTED;
    }
    why = region_of(copy->image, copy->origin, copy->size, copy->slice, copy->level, &copy->region);
    if (why == PVG_ACCEPTED) {
        why = aspect_of(copy->image, copy->options, &copy->region);
    }
    if (why == PVG_ACCEPTED) {
        why = pvg_linear_describe(copy->image->format, &copy->region, copy->offset,
                                  copy->bytes_per_row, copy->bytes_per_image,
                                  copy->source_or_target->size, &copy->linear);
    }
    return why;
}

/* Both records say the same with the ends the other way round. */
#define BUFFER_COPY(rec, buffer_end, texture_end)                                                  \
    {                                                                                              \
        .buffer = (rec)->buffer_end, .texture = (rec)->texture_end, .origin = &(rec)->origin,      \
        .size = &(rec)->size, .offset = (rec)->buffer_end##_offset,                                \
        .bytes_per_row = (rec)->bytes_per_row, .bytes_per_image = (rec)->bytes_per_image,          \
        .slice = (rec)->slice, .level = (rec)->level, .options = (rec)->options,                   \
    }

static enum pvg_refusal copy_buffer_to_texture(void *ctx,
                                               const struct pvg_wire_copy_buffer_to_texture *rec)
{
    struct blit *blit = ctx;
    struct buffer_copy copy = BUFFER_COPY(rec, source, destination);
    enum pvg_refusal why = open_buffer_copy(blit, &copy);

    if (why != PVG_ACCEPTED || is_empty(copy.size)) {
        return why;
    }
    buffer_reads(blit, copy.source_or_target);
    texture_writes(blit, copy.image, copy.level, 1);
    pvg_order_settle(&blit->order);
    why = copy.image->host->codec
              ? pvg_linear_convert(blit->run, copy.source_or_target, &copy.linear,
                                   copy.image->image, &copy.region)
              : pvg_linear_to_image(blit->run, copy.source_or_target->host.handle, &copy.linear,
                                    copy.image->image, &copy.region);
    recorded(blit);
    return why;
}

static enum pvg_refusal copy_texture_to_buffer(void *ctx,
                                               const struct pvg_wire_copy_texture_to_buffer *rec)
{
    struct blit *blit = ctx;
    struct buffer_copy copy = BUFFER_COPY(rec, destination, source);
    enum pvg_refusal why = open_buffer_copy(blit, &copy);

    if (why != PVG_ACCEPTED || is_empty(copy.size)) {
        return why;
    }
    if (copy.image->host->codec) {
        return PVG_REFUSED_FORMAT; /* its texels would have to be encoded on the GPU's timeline */
    }
    texture_reads(blit, copy.image);
    buffer_writes(blit, copy.source_or_target);
    pvg_order_settle(&blit->order);
    why = pvg_image_to_linear(blit->run, copy.image->image, &copy.region,
                              copy.source_or_target->host.handle, &copy.linear);
    recorded(blit);
    return why;
}

/* ---- Textures ---- */

static enum pvg_refusal check_pair(const struct pvg_texture *from, const struct pvg_texture *to)
{
    if (from->format != to->format && from->format->twin != to->format->ordinal) {
        return PVG_REFUSED_FORMAT;
    }
    if (from->image->shape.samples != to->image->shape.samples ||
        from->host->codec != to->host->codec) {
        return PVG_REFUSED_KIND;
    }
    return PVG_ACCEPTED;
}

static bool overlap(int32_t a, int32_t b, uint32_t size)
{
    return (a < b ? b - a : a - b) < (int64_t)size;
}

static void copy_region(struct blit *blit, const struct pvg_texture *source,
                        const struct pvg_texture_region *from,
                        const struct pvg_texture *destination, const struct pvg_texture_region *to,
                        uint32_t layers)
{
    blit->run->gpu->vk->fn.vkCmdCopyImage(
        blit->run->commands, source->image->host.handle, VK_IMAGE_LAYOUT_GENERAL,
        destination->image->host.handle, VK_IMAGE_LAYOUT_GENERAL, 1,
        &(VkImageCopy){
            .srcSubresource = {source->host->aspects, from->level, from->slice, layers},
            .srcOffset = from->offset,
            .dstSubresource = {source->host->aspects, to->level, to->slice, layers},
            .dstOffset = to->offset,
            .extent = from->extent,
        });
}

/* Both regions are of one level and slice and share texels: by way of staging memory. */
static enum pvg_refusal copy_within(struct blit *blit, struct pvg_texture *texture,
                                    struct pvg_texture_region *from, struct pvg_texture_region *to)
{
    struct pvg_linear linear = {.row_stride = 0};
    struct pvg_vk_slice slice;
    struct pvg_linear_layout layout;
    enum pvg_refusal why = aspect_of(texture, 0, from);

    if (why != PVG_ACCEPTED || texture->image->shape.samples > 1) {
        return PVG_REFUSED_KIND;
    }
    layout =
        pvg_linear_layout(texture->format, from->bytes, from->extent.width, from->extent.height);
    to->aspect = from->aspect;
    to->bytes = from->bytes;
    if (texture->host->codec) {
        layout.tight_row = (uint64_t)from->extent.width * texture->host->codec->host_bytes;
        layout.blocks_high = from->extent.height; /* the host's texels are no blocks */
    }
    linear.layout = layout;
    linear.row_stride = layout.tight_row;
    linear.image_stride = layout.tight_row * layout.blocks_high;
    if (!pvg_vk_batch_stage(blit->run->batch, linear.image_stride * from->extent.depth, 16,
                            &slice)) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    linear.offset = slice.offset;
    why = pvg_image_to_linear(blit->run, texture->image, from, slice.buffer, &linear);
    pvg_gpu_full_barrier(blit->run->gpu, blit->run->commands);
    return why == PVG_ACCEPTED
               ? pvg_linear_to_image(blit->run, slice.buffer, &linear, texture->image, to)
               : why;
}

static enum pvg_refusal copy_texture(void *ctx, const struct pvg_wire_copy_texture *rec)
{
    struct blit *blit = ctx;
    struct pvg_texture_region from, to;
    enum pvg_refusal why;
    struct pvg_texture *source = find_texture(blit, rec->source, &why), *destination;

    if (!source) {
        return why;
    }
    destination = find_texture(blit, rec->destination, &why);
    if (!destination || (why = check_pair(source, destination)) != PVG_ACCEPTED) {
        return why;
    }
    if (rec->options) {
        return PVG_REFUSED_VALUE; /* aspects and row-linear PVRTC: of copies with buffers only */
    }
    if (is_empty(&rec->size)) {
        return PVG_ACCEPTED;
    }
    why = region_of(source, &rec->source_origin, &rec->size, rec->source_slice, rec->source_level,
                    &from);
    if (why == PVG_ACCEPTED) {
        why = region_of(destination, &rec->destination_origin, &rec->size, rec->destination_slice,
                        rec->destination_level, &to);
    }
    if (why != PVG_ACCEPTED) {
        return why;
    }
    texture_reads(blit, source);
    texture_writes(blit, destination, rec->destination_level, 1);
    pvg_order_settle(&blit->order);
    if (source->image == destination->image && from.level == to.level && from.slice == to.slice &&
        overlap(from.offset.x, to.offset.x, from.extent.width) &&
        overlap(from.offset.y, to.offset.y, from.extent.height) &&
        overlap(from.offset.z, to.offset.z, from.extent.depth)) {
        why = copy_within(blit, source, &from, &to);
    } else {
        copy_region(blit, source, &from, destination, &to, 1);
    }
    recorded(blit);
    return why;
}

static enum pvg_refusal copy_texture_levels(void *ctx,
                                            const struct pvg_wire_copy_texture_levels *rec)
{
    struct blit *blit = ctx;
    enum pvg_refusal why;
    struct pvg_texture *source = find_texture(blit, rec->source, &why), *destination;

    if (!source) {
        return why;
    }
    destination = find_texture(blit, rec->destination, &why);
    if (!destination || (why = check_pair(source, destination)) != PVG_ACCEPTED) {
        return why;
    }
    if (rec->source_level + rec->level_count > (int64_t)source->levels ||
        rec->destination_level + rec->level_count > (int64_t)destination->levels ||
        rec->source_slice + rec->slice_count > (int64_t)source->slices ||
        rec->destination_slice + rec->slice_count > (int64_t)destination->slices) {
        return PVG_REFUSED_LEVEL;
    }
    if (!rec->level_count || !rec->slice_count) {
        return PVG_ACCEPTED;
    }
    if (source->image == destination->image) {
        return PVG_REFUSED_VALUE; /* undefined in Metal where it overlaps; nobody was seen to */
    }
    for (uint32_t i = 0; i < rec->level_count; i++) {
        const uint32_t a = rec->source_level + i, b = rec->destination_level + i;

        if (pvg_texture_level_width(source, a) != pvg_texture_level_width(destination, b) ||
            pvg_texture_level_height(source, a) != pvg_texture_level_height(destination, b) ||
            pvg_texture_level_depth(source, a) != pvg_texture_level_depth(destination, b)) {
            return PVG_REFUSED_RANGE;
        }
    }
    texture_reads(blit, source);
    texture_writes(blit, destination, rec->destination_level, rec->level_count);
    pvg_order_settle(&blit->order);
    for (uint32_t i = 0; i < rec->level_count; i++) {
        const uint32_t level = rec->source_level + i;
        const struct pvg_texture_region from = {
            .level = source->first_level + level,
            .slice = source->first_slice + rec->source_slice,
            .extent = {pvg_texture_level_width(source, level),
                       pvg_texture_level_height(source, level),
                       pvg_texture_level_depth(source, level)},
        };
        const struct pvg_texture_region to = {
            .level = destination->first_level + rec->destination_level + i,
            .slice = destination->first_slice + rec->destination_slice,
        };

        copy_region(blit, source, &from, destination, &to, rec->slice_count);
    }
    recorded(blit);
    return PVG_ACCEPTED;
}

/* ---- Fills ---- */

/* One block of bytes, again and again; the guest put it into a buffer just now. */
static enum pvg_refusal fill_texture_bytes(void *ctx, const struct pvg_wire_fill_texture_bytes *rec)
{
    struct blit *blit = ctx;
    struct pvg_texture_region region;
    struct pvg_linear linear;
    struct pvg_linear_layout layout;
    struct pvg_vk_slice slice;
    uint8_t block[16], *to;
    enum pvg_refusal why;
    struct pvg_texture *texture = find_texture(blit, rec->texture, &why);
    struct pvg_buffer *buffer;

    if (!texture) {
        return why;
    }
    if (texture->image->shape.samples > 1) {
        return PVG_REFUSED_KIND;
    }
    if (texture->host->codec) {
        return PVG_REFUSED_FORMAT;
    }
    buffer = find_buffer(blit, rec->buffer, &why);
    if (!buffer) {
        return why;
    }
    if (is_empty(&rec->size)) {
        return PVG_ACCEPTED;
    }
    why = region_of(texture, &rec->origin, &rec->size, rec->slice, rec->level, &region);
    if (why == PVG_ACCEPTED) {
        why = aspect_of(texture, 0, &region);
    }
    if (why != PVG_ACCEPTED) {
        return why;
    }
    if (rec->length != region.bytes) {
        return PVG_REFUSED_VALUE; /* the meaning of longer patterns is not established */
    }
    if (!pvg_range_fits((struct pvg_range){rec->offset, rec->length}, buffer->size)) {
        return PVG_REFUSED_RANGE;
    }
    why = pvg_space_read(blit->run->gpu->memory, buffer->space,
                         (struct pvg_gva){buffer->at.value + rec->offset}, block, region.bytes);
    if (why != PVG_ACCEPTED) {
        return why;
    }
    layout =
        pvg_linear_layout(texture->format, region.bytes, region.extent.width, region.extent.height);
    linear = (struct pvg_linear){
        .layout = layout,
        .row_stride = layout.tight_row,
        .image_stride = layout.tight_row * layout.blocks_high,
    };
    if (!pvg_vk_batch_stage(blit->run->batch, linear.image_stride * region.extent.depth, 16,
                            &slice)) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    to = slice.mapped;
    for (uint64_t i = 0; i < linear.image_stride * region.extent.depth; i++) {
        to[i] = block[i % region.bytes];
    }
    linear.offset = slice.offset;
    texture_writes(blit, texture, rec->level, 1);
    pvg_order_settle(&blit->order);
    why = pvg_linear_to_image(blit->run, slice.buffer, &linear, texture->image, &region);
    recorded(blit);
    return why;
}

/* A render pass that clears its area: any region, any format that can be drawn to. */
static enum pvg_refusal fill_texture_color(void *ctx, const struct pvg_wire_fill_texture_color *rec)
{
    struct blit *blit = ctx;
    struct pvg_vk *vk = blit->run->gpu->vk;
    struct pvg_texture_region region;
    enum pvg_refusal why;
    struct pvg_texture *texture = find_texture(blit, rec->texture, &why);
    VkImageView view;

    if (!texture) {
        return why;
    }
    if (rec->format && rec->format != texture->format->ordinal &&
        rec->format != texture->format->twin) {
        return PVG_REFUSED_FORMAT;
    }
    if (is_empty(&rec->size)) {
        return PVG_ACCEPTED;
    }
    why = region_of(texture, &rec->origin, &rec->size, rec->slice, rec->level, &region);
    if (why != PVG_ACCEPTED) {
        return why;
    }
    texture_writes(blit, texture, rec->level, 1);
    pvg_order_settle(&blit->order);
    for (uint32_t z = 0; z < region.extent.depth; z++) {
        view = pvg_texture_attachment(texture, rec->level,
                                      rec->slice + (uint32_t)region.offset.z + z, 1);
        if (!view || texture->format->aspect != PVG_ASPECT_COLOR) {
            return PVG_REFUSED_FORMAT;
        }
        vk->fn.vkCmdBeginRendering(
            blit->run->commands,
            &(VkRenderingInfo){
                .sType = VK_STRUCTURE_TYPE_RENDERING_INFO,
                .renderArea = {{region.offset.x, region.offset.y},
                               {region.extent.width, region.extent.height}},
                .layerCount = 1,
                .colorAttachmentCount = 1,
                .pColorAttachments =
                    &(VkRenderingAttachmentInfo){
                        .sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO,
                        .imageView = view,
                        .imageLayout = VK_IMAGE_LAYOUT_GENERAL,
                        .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
                        .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
                        .clearValue.color = pvg_clear_color(texture->format, rec->rgba),
                    },
            });
        vk->fn.vkCmdEndRendering(blit->run->commands);
    }
    pvg_order_break(&blit->order); /* attachment writes, where the rest is transfers */
    recorded(blit);
    return PVG_ACCEPTED;
}

static enum pvg_refusal generate_mipmaps(void *ctx, const struct pvg_wire_generate_mipmaps *rec)
{
    const VkFormatFeatureFlags2 needed = VK_FORMAT_FEATURE_2_BLIT_SRC_BIT |
                                         VK_FORMAT_FEATURE_2_BLIT_DST_BIT |
                                         VK_FORMAT_FEATURE_2_SAMPLED_IMAGE_FILTER_LINEAR_BIT;
    struct blit *blit = ctx;
    struct pvg_vk *vk = blit->run->gpu->vk;
    enum pvg_refusal why;
    struct pvg_texture *texture = find_texture(blit, rec->texture, &why);

    if (!texture) {
        return why;
    }
    if ((texture->host->features & needed) != needed ||
        texture->format->aspect != PVG_ASPECT_COLOR || texture->image->shape.samples > 1) {
        return PVG_REFUSED_FORMAT;
    }
    texture_writes(blit, texture, 0, texture->levels);
    pvg_order_settle(&blit->order);
    for (uint32_t level = 1; level < texture->levels; level++) {
        VkImageBlit region = {
            .srcSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, texture->first_level + level - 1,
                               texture->first_slice, texture->slices},
            .srcOffsets[1] = {(int32_t)pvg_texture_level_width(texture, level - 1),
                              (int32_t)pvg_texture_level_height(texture, level - 1),
                              (int32_t)pvg_texture_level_depth(texture, level - 1)},
            .dstSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, texture->first_level + level,
                               texture->first_slice, texture->slices},
            .dstOffsets[1] = {(int32_t)pvg_texture_level_width(texture, level),
                              (int32_t)pvg_texture_level_height(texture, level),
                              (int32_t)pvg_texture_level_depth(texture, level)},
        };

        vk->fn.vkCmdBlitImage(blit->run->commands, texture->image->host.handle,
                              VK_IMAGE_LAYOUT_GENERAL, texture->image->host.handle,
                              VK_IMAGE_LAYOUT_GENERAL, 1, &region, VK_FILTER_LINEAR);
        pvg_gpu_full_barrier(blit->run->gpu, blit->run->commands);
    }
    recorded(blit);
    return PVG_ACCEPTED;
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
    struct blit *blit = ctx;
    enum pvg_refusal why;
    struct pvg_texture *texture = find_texture(blit, rec->resource, &why);

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

/* Indirect command buffers are not offered to guests: their records are refused. */
static const struct pvg_wire_blit_handlers handlers = {
    .update_fence = update_fence,
    .wait_fence = wait_fence,
    .copy_buffer = copy_buffer,
    .copy_buffer_to_texture = copy_buffer_to_texture,
    .copy_texture_to_buffer = copy_texture_to_buffer,
    .copy_texture = copy_texture,
    .copy_texture_levels = copy_texture_levels,
    .fill_buffer = fill_buffer,
    .fill_buffer_pattern = fill_buffer_pattern,
    .fill_texture_bytes = fill_texture_bytes,
    .fill_texture_color = fill_texture_color,
    .generate_mipmaps = generate_mipmaps,
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
