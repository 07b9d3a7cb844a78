/* SPDX-License-Identifier: MIT */
/* Creates and ends host buffers. */
#include "gpu/buffer.h"

#include <sys/mman.h>

static void buffer_destroy(struct pvg_gpu_object *object)
{
    struct pvg_buffer *buffer = (struct pvg_buffer *)object;
    size_t mapped = buffer->host.size;

    pvg_vk_buffer_finish(buffer->vk, &buffer->host);
    if (buffer->alias) {
        munmap(buffer->alias, mapped);
    }
    g_free(buffer);
}

enum pvg_refusal pvg_buffer_create(struct pvg_vk *vk, struct pvg_space space, struct pvg_gva at,
                                   uint64_t size, unsigned page_shift, struct pvg_buffer **out)
{
    const uint64_t page = UINT64_C(1) << page_shift;
    struct pvg_buffer *buffer;
    VkResult result;

    *out = NULL;
    if (!size) {
        return PVG_REFUSED_VALUE;
    }
    if (size > UINT64_MAX - page ||
        (size + page - 1) / page * page > vk->properties13.maxBufferSize) {
        return PVG_REFUSED_LIMIT;
    }
    buffer = g_new0(struct pvg_buffer, 1);
    pvg_gpu_object_init(&buffer->base, PVG_GPU_BUFFER, buffer_destroy);
    buffer->vk = vk;
    buffer->size = size;
    buffer->space = space;
    buffer->at = at;
    result = pvg_vk_buffer_init(vk, (size + page - 1) / page * page, PVG_BUFFER_USAGE,
                                PVG_VK_HOME_SHARED, &buffer->host);
    if (result != VK_SUCCESS) {
        pvg_gpu_object_unref(&buffer->base);
        return result == VK_ERROR_DEVICE_LOST ? PVG_REFUSED_HOST_DEVICE : PVG_REFUSED_HOST_MEMORY;
    }
    *out = buffer;
    return PVG_ACCEPTED;
}
