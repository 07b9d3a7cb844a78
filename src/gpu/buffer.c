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

/* Without host memory behind it yet. */
static struct pvg_buffer *buffer_new(struct pvg_gpu *gpu, struct pvg_space space, struct pvg_gva at,
                                     uint64_t size)
{
    struct pvg_buffer *buffer = g_new0(struct pvg_buffer, 1);

    pvg_gpu_object_init(&buffer->base, PVG_GPU_BUFFER, buffer_destroy);
    buffer->vk = gpu->vk;
    buffer->memory = gpu->memory;
    buffer->size = size;
    buffer->space = space;
    buffer->at = at;
    return buffer;
}

/* Rounded up to the guest's pages; 0 when no buffer has as much. */
static uint64_t whole_pages(const struct pvg_gpu *gpu, uint64_t size)
{
    const uint64_t page = UINT64_C(1) << gpu->memory->page_shift;
    const uint64_t whole = (size - 1) / page * page + page; /* of the largest sizes it is 0 */

    return whole <= gpu->vk->properties13.maxBufferSize ? whole : 0;
}

struct pvg_buffer *pvg_buffer_create_in_place(struct pvg_gpu *gpu, struct pvg_space space,
                                              struct pvg_gva at, uint64_t size)
{
    const uint64_t whole = size ? whole_pages(gpu, size) : 0;
    struct pvg_buffer *buffer;

    if (!whole) {
        return NULL;
    }
    buffer = buffer_new(gpu, space, at, size);
    if (!use_in_place(buffer, whole)) {
        pvg_gpu_object_unref(&buffer->base);
        return NULL;
    }
    return buffer;
}

enum pvg_refusal pvg_buffer_create(struct pvg_gpu *gpu, struct pvg_space space, struct pvg_gva at,
                                   uint64_t size, struct pvg_buffer **out)
{
    enum pvg_refusal why;
    uint64_t whole;

    *out = NULL;
    if (!size) {
        return PVG_REFUSED_VALUE;
    }
    whole = whole_pages(gpu, size);
    if (!whole) {
        return PVG_REFUSED_LIMIT;
    }
    *out = pvg_buffer_create_in_place(gpu, space, at, size);
    if (*out) {
        pvg_count(gpu->counts.buffers_in_place, 1);
        return PVG_ACCEPTED;
    }
    *out = buffer_new(gpu, space, at, size);
    pvg_count(gpu->counts.buffers_copied, 1);
    why = use_copy(*out, whole);
    if (why != PVG_ACCEPTED) {
        pvg_gpu_object_unref(&(*out)->base);
        *out = NULL;
    }
    return why;
}

bool pvg_buffer_holds(const struct pvg_buffer *buffer)
{
    return !buffer->in_place ||
           pvg_mapping_holds(&buffer->mapping, buffer->memory, buffer->space, buffer->at);
}
