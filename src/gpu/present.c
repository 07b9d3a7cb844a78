/* SPDX-License-Identifier: MIT */
/* Shows what the GPU drew: from the host's image to the display's pixels, by one copy of the GPU and
 * one of the completion thread; the surface's guest pages take no part. Spec: 20-memory 11.6 R11. */
#include "gpu/present.h"

#include <string.h>

#include "gpu/run.h"
#include "gpu/table.h"

struct showing {
    struct pvg_present *present;
    struct pvg_vk_slice from;
    uint32_t width, height;
    bool red_first;
};

/* What pvg_frame can say, up to the order of bytes. */
static bool format_shows(VkFormat format, bool *red_first)
{
    *red_first = format == VK_FORMAT_R8G8B8A8_UNORM || format == VK_FORMAT_R8G8B8A8_SRGB;
    return *red_first || format == VK_FORMAT_B8G8R8A8_UNORM || format == VK_FORMAT_B8G8R8A8_SRGB;
}

bool pvg_image_can_be_shown(const struct pvg_image *image)
{
    bool red_first;

    return !image->format->codec && format_shows(image->format->vk, &red_first);
}

static void swap_red_and_blue(uint8_t *to, const uint8_t *from, uint32_t pixels)
{
    for (uint32_t i = 0; i < pixels; i++) {
        to[4 * i] = from[4 * i + 2];
        to[4 * i + 1] = from[4 * i + 1];
        to[4 * i + 2] = from[4 * i];
        to[4 * i + 3] = from[4 * i + 3];
    }
}

/* Completion thread. */
static void showing_done(void *user, VkResult result)
{
    g_autofree struct showing *showing = user;
    struct pvg_present *present = showing->present;
    const size_t row = (size_t)showing->width * 4;

    for (uint32_t y = 0; result == VK_SUCCESS && y < showing->height; y++) {
        const uint8_t *from = (const uint8_t *)showing->from.mapped + y * row;
        uint8_t *to = present->pixels + (size_t)y * present->stride;

        if (showing->red_first) {
            swap_red_and_blue(to, from, showing->width);
        } else {
            memcpy(to, from, row);
        }
    }
    pvg_work_complete(&present->work,
                      result == VK_SUCCESS ? PVG_ACCEPTED : PVG_REFUSED_HOST_DEVICE);
}

bool pvg_gpu_present(struct pvg_gpu *gpu, struct pvg_present *present)
{
    struct pvg_image *image = pvg_table_image_of_surface(gpu, &present->surface, 0);
    struct pvg_vk_batch *batch;
    struct showing showing = {.present = present};
    VkDeviceSize size;

    if (!image || !image->begun || image->stale || !pvg_image_can_be_shown(image)) {
        return false;
    }
    (void)format_shows(image->format->vk, &showing.red_first);
    showing.width = MIN(present->width, image->shape.width);
    showing.height = MIN(present->height, image->shape.height);
    size = (VkDeviceSize)showing.width * showing.height * 4;
    batch = pvg_vk_batch_begin(gpu->queue);
    if (!batch) {
        return false;
    }
    if (!pvg_vk_batch_stage(batch, size, 16, &showing.from)) {
        pvg_vk_batch_submit(batch, NULL, NULL);
        return false;
    }
    pvg_gpu_object_hold(&image->base, batch);
    pvg_gpu_full_barrier(gpu, batch->commands);
    gpu->vk->fn.vkCmdCopyImageToBuffer(
        batch->commands, image->host.handle, VK_IMAGE_LAYOUT_GENERAL, showing.from.buffer, 1,
        &(VkBufferImageCopy){
            .bufferOffset = showing.from.offset,
            .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
            .imageExtent = {showing.width, showing.height, 1},
        });
    pvg_gpu_host_barrier(gpu, batch->commands);
    pvg_count(gpu->counts.presents, 1);
    pvg_count(gpu->counts.shown, size);
    pvg_vk_batch_submit(batch, showing_done, g_memdup2(&showing, sizeof(showing)));
    return true;
}
