/* SPDX-License-Identifier: MIT */
/* Copies between buffers and textures, and between textures. Spec: 50-compute-blit 5.2, 5.4. */
#include "gpu/blit.h"

#include "base/range.h"
#include "gpu/linear_copy.h"

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

static enum pvg_refusal open_buffer_copy(struct pvg_blit *blit, struct buffer_copy *copy)
{
    enum pvg_refusal why;

    copy->source_or_target = pvg_blit_find_buffer(blit, copy->buffer, &why);
    if (!copy->source_or_target) {
        return why;
    }
    copy->image = pvg_blit_find_texture(blit, copy->texture, &why);
    if (!copy->image) {
        return why;
    }
    if (copy->image->image->shape.samples > 1) {
        return PVG_REFUSED_KIND;
    }
    if (pvg_blit_is_empty(copy->size)) {
        return PVG_ACCEPTED;
    }
    why = pvg_blit_region(copy->image, copy->origin, copy->size, copy->slice, copy->level,
                          &copy->region);
    if (why == PVG_ACCEPTED) {
        why = pvg_blit_aspect(copy->image, copy->options, &copy->region);
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

enum pvg_refusal pvg_blit_copy_buffer_to_texture(void *ctx,
                                                 const struct pvg_wire_copy_buffer_to_texture *rec)
{
    struct pvg_blit *blit = ctx;
    struct buffer_copy copy = BUFFER_COPY(rec, source, destination);
    enum pvg_refusal why = open_buffer_copy(blit, &copy);

    if (why != PVG_ACCEPTED || pvg_blit_is_empty(copy.size)) {
        return why;
    }
    pvg_blit_reads_buffer(blit, copy.source_or_target);
    pvg_blit_writes_texture(blit, copy.image, copy.level, 1);
    pvg_order_settle(&blit->order);
    why = copy.image->host->codec
              ? pvg_linear_convert(blit->run, copy.source_or_target, &copy.linear,
                                   copy.image->image, &copy.region)
              : pvg_linear_to_image(blit->run, copy.source_or_target->host.handle, &copy.linear,
                                    copy.image->image, &copy.region);
    pvg_blit_recorded(blit);
    return why;
}

enum pvg_refusal pvg_blit_copy_texture_to_buffer(void *ctx,
                                                 const struct pvg_wire_copy_texture_to_buffer *rec)
{
    struct pvg_blit *blit = ctx;
    struct buffer_copy copy = BUFFER_COPY(rec, destination, source);
    enum pvg_refusal why = open_buffer_copy(blit, &copy);

    if (why != PVG_ACCEPTED || pvg_blit_is_empty(copy.size)) {
        return why;
    }
    if (copy.image->host->codec) {
        return PVG_REFUSED_FORMAT; /* its texels would have to be encoded on the GPU's timeline */
    }
    pvg_blit_reads_texture(blit, copy.image);
    pvg_blit_writes_buffer(blit, copy.source_or_target);
    pvg_order_settle(&blit->order);
    why = pvg_image_to_linear(blit->run, copy.image->image, &copy.region,
                              copy.source_or_target->host.handle, &copy.linear);
    pvg_blit_recorded(blit);
    return why;
}

/* ---- Between textures ---- */

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

static void copy_region(struct pvg_blit *blit, const struct pvg_texture *source,
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
static enum pvg_refusal copy_within(struct pvg_blit *blit, struct pvg_texture *texture,
                                    struct pvg_texture_region *from, struct pvg_texture_region *to)
{
    struct pvg_linear linear = {.row_stride = 0};
    struct pvg_vk_slice slice;
    struct pvg_linear_layout layout;
    enum pvg_refusal why = pvg_blit_aspect(texture, 0, from);

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

enum pvg_refusal pvg_blit_copy_texture(void *ctx, const struct pvg_wire_copy_texture *rec)
{
    struct pvg_blit *blit = ctx;
    struct pvg_texture_region from, to;
    enum pvg_refusal why;
    struct pvg_texture *source = pvg_blit_find_texture(blit, rec->source, &why), *destination;

    if (!source) {
        return why;
    }
    destination = pvg_blit_find_texture(blit, rec->destination, &why);
    if (!destination || (why = check_pair(source, destination)) != PVG_ACCEPTED) {
        return why;
    }
    if (rec->options) {
        return PVG_REFUSED_VALUE; /* aspects and row-linear PVRTC: of copies with buffers only */
    }
    if (pvg_blit_is_empty(&rec->size)) {
        return PVG_ACCEPTED;
    }
    why = pvg_blit_region(source, &rec->source_origin, &rec->size, rec->source_slice,
                          rec->source_level, &from);
    if (why == PVG_ACCEPTED) {
        why = pvg_blit_region(destination, &rec->destination_origin, &rec->size,
                              rec->destination_slice, rec->destination_level, &to);
    }
    if (why != PVG_ACCEPTED) {
        return why;
    }
    pvg_blit_reads_texture(blit, source);
    pvg_blit_writes_texture(blit, destination, rec->destination_level, 1);
    pvg_order_settle(&blit->order);
    if (source->image == destination->image && from.level == to.level && from.slice == to.slice &&
        overlap(from.offset.x, to.offset.x, from.extent.width) &&
        overlap(from.offset.y, to.offset.y, from.extent.height) &&
        overlap(from.offset.z, to.offset.z, from.extent.depth)) {
        why = copy_within(blit, source, &from, &to);
    } else {
        copy_region(blit, source, &from, destination, &to, 1);
    }
    pvg_blit_recorded(blit);
    return why;
}

enum pvg_refusal pvg_blit_copy_texture_levels(void *ctx,
                                              const struct pvg_wire_copy_texture_levels *rec)
{
    struct pvg_blit *blit = ctx;
    enum pvg_refusal why;
    struct pvg_texture *source = pvg_blit_find_texture(blit, rec->source, &why), *destination;

    if (!source) {
        return why;
    }
    destination = pvg_blit_find_texture(blit, rec->destination, &why);
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
    pvg_blit_reads_texture(blit, source);
    pvg_blit_writes_texture(blit, destination, rec->destination_level, rec->level_count);
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
    pvg_blit_recorded(blit);
    return PVG_ACCEPTED;
}
