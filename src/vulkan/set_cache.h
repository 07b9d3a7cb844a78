/* SPDX-License-Identifier: MIT */
/* The descriptor sets of one batch, found again by what is in them: frames bind the same things
 * over and over, and making a set costs more than all else that a draw needs. */
#ifndef PVG_VULKAN_SET_CACHE_H
#define PVG_VULKAN_SET_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "vulkan/loader.h"

struct pvg_vk_set_cache {
    struct pvg_vk_cached_set *slots; /* a table, open addressing; NULL before the first set */
    unsigned used;
    GArray *words; /* of uint64_t: the contents of all sets in the table */
};

/* What fills a set of @layout: @words names all of it. */
struct pvg_vk_set_content {
    VkDescriptorSetLayout layout;
    const uint64_t *words;
    uint32_t count;
};

void pvg_vk_set_cache_finish(struct pvg_vk_set_cache *cache);
void pvg_vk_set_cache_init(struct pvg_vk_set_cache *cache);

/* Forgets all sets; keeps its memory. */
void pvg_vk_set_cache_clear(struct pvg_vk_set_cache *cache);

/* The set with @content, or VK_NULL_HANDLE. */
VkDescriptorSet pvg_vk_set_cache_find(struct pvg_vk_set_cache *cache,
                                      const struct pvg_vk_set_content *content);

/* @content was looked for, and not found. Not more than a bounded number are kept: those beyond are
 * not found again. */
void pvg_vk_set_cache_add(struct pvg_vk_set_cache *cache, const struct pvg_vk_set_content *content,
                          VkDescriptorSet set);

#endif
