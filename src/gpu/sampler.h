/* SPDX-License-Identifier: MIT */
/* Samplers. A guest makes and drops about eighty a second, all alike, and devices allow few: host
 * samplers are shared by what they do, and live as long as the cache. Spec: 30-resources 8.7;
 * 40-render 13.9; 02-errata rows 35, 38, 47. */
#ifndef PVG_GPU_SAMPLER_H
#define PVG_GPU_SAMPLER_H

#include "gpu/object.h"
#include "wire/resources.h"

/* Metal's description, checked. */
struct pvg_sampler_description {
    uint8_t min_linear, mag_linear;
    uint8_t mip;        /* 0 not mipmapped, 1 nearest, 2 linear */
    uint8_t address[3]; /* MTLSamplerAddressMode */
    uint8_t border;     /* MTLSamplerBorderColor */
    uint8_t anisotropy; /* 1 to 16 */
    uint8_t compare;    /* MTLCompareFunction; 0 (never) is also what a sampler without one says */
    uint8_t pixel_coordinates;
    float lod_min, lod_max;
};

struct pvg_sampler {
    struct pvg_gpu_object base;
    struct pvg_sampler_description description;
    VkSampler host[2]; /* the cache's: plain, comparing; NULL: not asked yet. Engine thread. */
};

/* Refuses VALUE: a filter or mode that is none, or what Metal forbids. */
PVG_NODISCARD enum pvg_refusal pvg_sampler_describe(const struct pvg_wire_sampler *rec,
                                                    struct pvg_sampler_description *out);

struct pvg_sampler *pvg_sampler_create(const struct pvg_sampler_description *description);

/* ---- Host samplers. Any thread. ---- */

struct pvg_sampler_cache {
    struct pvg_vk *vk;
    GMutex lock;
    GHashTable *samplers; /* of struct entry, private */
};

void pvg_sampler_cache_finish(struct pvg_sampler_cache *cache);
void pvg_sampler_cache_init(struct pvg_sampler_cache *cache, struct pvg_vk *vk);

/* The host sampler for @description, comparing or not: a Metal sampler can be used for both. NULL
 * when the device has no more to give. Borrowed from the cache. */
VkSampler pvg_sampler_cache_get(struct pvg_sampler_cache *cache,
                                const struct pvg_sampler_description *description, bool comparing);

/* Clamps given with a bind replace the sampler's own: NaN keeps its own, a negative value is 0, and
 * the maximum is at least the minimum. */
void pvg_sampler_clamp(struct pvg_sampler_description *description, float lod_min, float lod_max);

#endif
