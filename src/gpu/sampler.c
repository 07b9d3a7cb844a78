/* SPDX-License-Identifier: MIT */
/* Decodes samplers and shares host samplers. */
#include "gpu/sampler.h"

#include <math.h>
#include <string.h>

#include "base/key_hash.h"
#include "gpu/metal.h"

/* A guest that needs more different ones than this is refused: devices guarantee 4000. */
#define MOST_SAMPLERS 2048

static void sampler_destroy(struct pvg_gpu_object *object)
{
    g_free(object);
}

struct pvg_sampler *pvg_sampler_create(const struct pvg_sampler_description *description)
{
    struct pvg_sampler *sampler = g_new0(struct pvg_sampler, 1);

    pvg_gpu_object_init(&sampler->base, PVG_GPU_SAMPLER, sampler_destroy);
    sampler->description = *description;
    return sampler;
}

static void order_clamps(struct pvg_sampler_description *d)
{
    d->lod_min = d->lod_min >= 0 ? d->lod_min : 0; /* not a number: 0 */
    d->lod_max = d->lod_max >= d->lod_min ? d->lod_max : d->lod_min;
}

void pvg_sampler_clamp(struct pvg_sampler_description *description, float lod_min, float lod_max)
{
    description->lod_min = isnan(lod_min) ? description->lod_min : lod_min;
    description->lod_max = isnan(lod_max) ? description->lod_max : lod_max;
    order_clamps(description);
}

enum pvg_refusal pvg_sampler_describe(const struct pvg_wire_sampler *rec,
                                      struct pvg_sampler_description *out)
{
    *out = (struct pvg_sampler_description){
        .min_linear = rec->min,
        .mag_linear = rec->mag,
        .compare = rec->compare,
        .address = {rec->address_s, rec->address_t, rec->address_r},
        .border = rec->border,
        .mip = rec->mip,
        .anisotropy = MAX(rec->max_anisotropy, 1),
        .pixel_coordinates = !rec->normalized,
        .lod_min = rec->lod_min,
        .lod_max = isnan(rec->lod_max) ? INFINITY : rec->lod_max,
    };
    order_clamps(out);
    if (out->min_linear > 1 || out->mag_linear > 1 || out->mip > 2 || out->border > 2) {
        return PVG_REFUSED_VALUE;
    }
    for (unsigned i = 0; i < 3; i++) {
        if (out->address[i] > PVG_METAL_LAST_ADDRESS_MODE) {
            return PVG_REFUSED_VALUE;
        }
    }
    if (out->pixel_coordinates && (out->mip || out->anisotropy > 1)) {
        return PVG_REFUSED_VALUE; /* invalid in Metal */
    }
    out->anisotropy = MIN(out->anisotropy, 16);
    return PVG_ACCEPTED;
}

struct entry {
    struct pvg_sampler_description key; /* zeroed padding: hashed as bytes */
    uint8_t comparing;
    VkSampler sampler;
};

static guint entry_hash(gconstpointer data)
{
    const struct entry *entry = data;

    return pvg_key_hash(&entry->key, sizeof(entry->key)) ^ entry->comparing;
}

static gboolean entry_equal(gconstpointer a, gconstpointer b)
{
    const struct entry *left = a, *right = b;

    return left->comparing == right->comparing &&
           memcmp(&left->key, &right->key, sizeof(left->key)) == 0;
}

void pvg_sampler_cache_finish(struct pvg_sampler_cache *cache)
{
    GHashTableIter iterator;
    gpointer entry;

    if (!cache->samplers) {
        return;
    }
    g_hash_table_iter_init(&iterator, cache->samplers);
    while (g_hash_table_iter_next(&iterator, &entry, NULL)) {
        cache->vk->fn.vkDestroySampler(cache->vk->device, ((struct entry *)entry)->sampler, NULL);
    }
    g_hash_table_unref(cache->samplers);
    g_mutex_clear(&cache->lock);
    *cache = (struct pvg_sampler_cache){0};
}

void pvg_sampler_cache_init(struct pvg_sampler_cache *cache, struct pvg_vk *vk)
{
    cache->vk = vk;
    g_mutex_init(&cache->lock);
    cache->samplers = g_hash_table_new_full(entry_hash, entry_equal, g_free, NULL);
}

static VkSamplerAddressMode address_mode(struct pvg_vk *vk, uint8_t mode)
{
    if (mode == PVG_WIRE_ADDRESS_MODE_MIRROR_CLAMP_TO_EDGE &&
        !vk->features.v12.samplerMirrorClampToEdge) {
        return VK_SAMPLER_ADDRESS_MODE_MIRRORED_REPEAT;
    }
    return pvg_metal_address_mode(mode);
}

static VkSampler sampler_make(struct pvg_vk *vk, const struct pvg_sampler_description *d,
                              bool comparing)
{
    const float most = vk->properties.properties.limits.maxSamplerAnisotropy;
    bool to_zero = false;
    VkSampler sampler = VK_NULL_HANDLE;
    VkSamplerCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
        .minFilter = d->min_linear ? VK_FILTER_LINEAR : VK_FILTER_NEAREST,
        .magFilter = d->mag_linear ? VK_FILTER_LINEAR : VK_FILTER_NEAREST,
        .mipmapMode = d->mip == 2 ? VK_SAMPLER_MIPMAP_MODE_LINEAR : VK_SAMPLER_MIPMAP_MODE_NEAREST,
        .addressModeU = address_mode(vk, d->address[0]),
        .addressModeV = address_mode(vk, d->address[1]),
        .addressModeW = address_mode(vk, d->address[2]),
        .compareEnable = comparing,
        .compareOp = pvg_metal_compare(d->compare),
        /* Not mipmapped: 0 would make every lookup use the magnification filter. */
        .minLod = d->mip ? d->lod_min : 0,
        .maxLod = d->mip ? MIN(d->lod_max, VK_LOD_CLAMP_NONE) : 0.25f,
    };

    for (unsigned i = 0; i < 3; i++) {
        to_zero |= d->address[i] == PVG_WIRE_ADDRESS_MODE_CLAMP_TO_ZERO;
    }
    info.borderColor = to_zero || d->border == 0 ? VK_BORDER_COLOR_FLOAT_TRANSPARENT_BLACK
                       : d->border == 1          ? VK_BORDER_COLOR_FLOAT_OPAQUE_BLACK
                                                 : VK_BORDER_COLOR_FLOAT_OPAQUE_WHITE;
    /* llvmpipe weighs each texel under a pixel's footprint, which beside a horizon is all of them,
     * many times over: one such triangle took minutes (seen). */
    if (d->anisotropy > 1 && vk->features.core.features.samplerAnisotropy && !pvg_vk_is_cpu(vk)) {
        info.anisotropyEnable = VK_TRUE;
        info.maxAnisotropy = MIN((float)d->anisotropy, most);
    }
    if (pvg_vk_check(vk, vk->fn.vkCreateSampler(vk->device, &info, NULL, &sampler)) != VK_SUCCESS) {
        return VK_NULL_HANDLE;
    }
    return sampler;
}

VkSampler pvg_sampler_cache_get(struct pvg_sampler_cache *cache,
                                const struct pvg_sampler_description *description, bool comparing)
{
    g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&cache->lock);
    struct entry wanted = {.comparing = comparing};
    struct entry *entry;

    memcpy(&wanted.key, description, sizeof(wanted.key));
    entry = g_hash_table_lookup(cache->samplers, &wanted);
    if (entry) {
        return entry->sampler;
    }
    if (g_hash_table_size(cache->samplers) >= MOST_SAMPLERS) {
        return VK_NULL_HANDLE;
    }
    wanted.sampler = sampler_make(cache->vk, description, comparing);
    if (!wanted.sampler) {
        return VK_NULL_HANDLE;
    }
    g_hash_table_add(cache->samplers, g_memdup2(&wanted, sizeof(wanted)));
    return wanted.sampler;
}
