/* SPDX-License-Identifier: MIT */
/* Creates and ends host buffers. */
#include "gpu/buffer.h"

#include <string.h>

static void buffer_destroy(struct pvg_gpu_object *object)
{
    struct pvg_buffer *buffer = (struct pvg_buffer *)object;

    pvg_vk_buffer_finish(buffer->vk, &buffer->host);
    pvg_mapping_close(&buffer->mapping, buffer->memory);
    g_free(buffer);
}

/* What the guest's pages or the driver do not allow is no fault of anybody's: a copy does as well. */
static bool use_in_place(struct pvg_buffer *buffer, uint64_t size)
{
    struct pvg_vk *vk = buffer->vk;

    if (!vk->import_alignment ||
        pvg_mapping_open(buffer->memory, buffer->space, buffer->at, size, vk->import_alignment,
                         &buffer->mapping) != PVG_ACCEPTED) {
        return false;
    }
    buffer->in_place = pvg_vk_buffer_init_import(vk, buffer->mapping.host, size, PVG_BUFFER_USAGE,
                                                 &buffer->host) == VK_SUCCESS;
    if (!buffer->in_place) {
        pvg_mapping_close(&buffer->mapping, buffer->memory);
    }
    return buffer->in_place;
}

static enum pvg_refusal use_copy(struct pvg_buffer *buffer, uint64_t size)
{
    VkResult result = pvg_vk_buffer_init(buffer->vk, size, PVG_BUFFER_USAGE, PVG_VK_HOME_SHARED,
                                         &buffer->host);

    if (result != VK_SUCCESS) {
        return result == VK_ERROR_DEVICE_LOST ? PVG_REFUSED_HOST_DEVICE : PVG_REFUSED_HOST_MEMORY;
    }
    memset(buffer->host.mapped, 0, size); /* what was there is nobody's business: 02-errata row 12 */
    return PVG_ACCEPTED;
}

enum pvg_refusal pvg_buffer_create(struct pvg_gpu *gpu, struct pvg_space space, struct pvg_gva at,
                                   uint64_t size, struct pvg_buffer **out)
{
    const uint64_t page = UINT64_C(1) << gpu->memory->page_shift;
    struct pvg_buffer *buffer;
    enum pvg_refusal why = PVG_ACCEPTED;
    uint64_t whole;

    *out = NULL;
    if (!size) {
        return PVG_REFUSED_VALUE;
    }
    whole = (size - 1) / page * page + page; /* of the largest size it is 0 */
    if (!whole || whole > gpu->vk->properties13.maxBufferSize) {
        return PVG_REFUSED_LIMIT;
    }
    buffer = g_new0(struct pvg_buffer, 1);
    pvg_gpu_object_init(&buffer->base, PVG_GPU_BUFFER, buffer_destroy);
    buffer->vk = gpu->vk;
    buffer->memory = gpu->memory;
    buffer->size = size;
    buffer->space = space;
    buffer->at = at;
    if (use_in_place(buffer, whole)) {
        pvg_count(gpu->counts.buffers_in_place, 1);
    } else {
        why = use_copy(buffer, whole);
        pvg_count(gpu->counts.buffers_copied, 1);
    }
    if (why != PVG_ACCEPTED) {
        pvg_gpu_object_unref(&buffer->base);
        return why;
    }
    *out = buffer;
    return PVG_ACCEPTED;
}

bool pvg_buffer_holds(const struct pvg_buffer *buffer)
{
    return !buffer->in_place ||
           pvg_mapping_holds(&buffer->mapping, buffer->memory, buffer->space, buffer->at);
}
