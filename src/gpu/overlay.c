/* SPDX-License-Identifier: MIT */
/* Images over buffers: kept the same by copies on the GPU, never through guest memory.
 *
 * Two kinds. A texture over a buffer of the guest's ("shared") shows that buffer at all times: it is
 * copied in again once the buffer may have changed, and copied back before the buffer is read. A
 * linear texture whose pages can be imported has such a buffer of its own, and is copied in when
 * the guest said that it wrote (clear_host), and back at the end of the submission that drew it.
 *
 * Within an open pass nothing can be copied: what one encoder's draws write into a buffer they
 * cannot sample through a texture over it. Spec: 02-errata row 32; 20-memory 11.5. */
#include "gpu/linear_copy.h"
#include "gpu/overlay.h"

enum direction { TO_IMAGE, TO_BUFFER };

static void copy_level(struct pvg_gpu_run *run, struct pvg_image *image, uint32_t level,
                       enum direction direction)
{
    const struct pvg_backing *backing = image->backing;
    const struct pvg_pixel_format *format = image->shape.format;
    struct pvg_texture_region region = {
        .level = level,
        .extent = {pvg_level_extent(image->shape.width, level),
                   pvg_level_extent(image->shape.height, level),
                   pvg_level_extent(image->shape.depth, level)},
        .aspect = image->format->aspects,
        .bytes = format->bytes,
    };
    struct pvg_linear linear = {
        .offset = backing->levels[level].offset,
        .row_stride = backing->levels[level].row_stride,
        .image_stride = backing->levels[level].image_stride,
        .layout =
            pvg_linear_layout(format, format->bytes, region.extent.width, region.extent.height),
    };

    for (; region.slice < image->layers; region.slice++) {
        enum pvg_refusal why =
            direction == TO_IMAGE
                ? pvg_linear_to_image(run, image->over->host.handle, &linear, image, &region)
                : pvg_image_to_linear(run, image, &region, image->over->host.handle, &linear);

        pvg_gpu_run_refuse(run, why, 0);
        linear.offset += linear.image_stride;
        pvg_count(direction == TO_IMAGE ? run->gpu->counts.uploaded : run->gpu->counts.written_back,
                  linear.layout.tight_row * linear.layout.blocks_high * region.extent.depth);
    }
}

static void copy(struct pvg_gpu_run *run, struct pvg_image *image, uint32_t levels,
                 enum direction direction)
{
    for (uint32_t level = 0; level < image->shape.levels; level++) {
        if (levels >> level & 1) {
            copy_level(run, image, level, direction);
        }
    }
}

bool pvg_overlay_place(struct pvg_gpu_run *run, struct pvg_image *image)
{
    const struct pvg_backing *backing = image->backing;

    if (!image->shared) {
        if (image->over && !pvg_buffer_holds(image->over)) {
            pvg_gpu_object_unref(&image->over->base);
            image->over = NULL;
        }
        if (!image->over && backing->kind == PVG_BACKING_PAGES && !image->format->codec) {
            image->over = pvg_buffer_create_in_place(run->gpu, backing->space, backing->at,
                                                     backing->size);
        }
    }
    if (image->over) {
        pvg_gpu_object_hold(&image->over->base, run->batch);
    }
    return image->over != NULL;
}

void pvg_overlay_upload(struct pvg_gpu_run *run, struct pvg_image *image)
{
    VkCommandBuffer commands = run->commands;

    run->commands = run->batch->before;
    pvg_gpu_full_barrier(run->gpu, run->commands); /* the buffer's own upload, the image's begin */
    copy(run, image, UINT32_MAX, TO_IMAGE);
    run->commands = commands;
}

void pvg_overlay_write_back(struct pvg_gpu_run *run, struct pvg_image *image)
{
    copy(run, image, image->written_levels, TO_BUFFER);
    g_ptr_array_add(run->written, &image->over->base);
}

/* The buffer gets what was drawn over it. */
static void settle_image(struct pvg_gpu_run *run, struct pvg_image *image)
{
    image->drawn = false;
    pvg_gpu_full_barrier(run->gpu, run->commands);
    copy(run, image, 1, TO_BUFFER);
    pvg_gpu_run_write_buffer(run, image->over);
    image->shows = image->over->version;
    run->tail_open = true;
}

void pvg_overlays_settle(struct pvg_gpu_run *run, const struct pvg_buffer *buffer,
                         const struct pvg_image *but)
{
    for (guint i = 0; !run->in_pass && i < run->overlays->len; i++) {
        struct pvg_image *image = g_ptr_array_index(run->overlays, i);

        if (image->drawn && image != but && (!buffer || image->over == buffer)) {
            settle_image(run, image);
        }
    }
}

void pvg_overlay_refresh(struct pvg_gpu_run *run, struct pvg_image *image)
{
    if (image->shows == image->over->version || run->in_pass) {
        return;
    }
    image->shows = image->over->version;
    pvg_gpu_full_barrier(run->gpu, run->commands);
    copy(run, image, 1, TO_IMAGE);
    pvg_gpu_full_barrier(run->gpu, run->commands);
}
