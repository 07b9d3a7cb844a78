/* SPDX-License-Identifier: MIT */
/* A hash table that only grows until it is cleared. */
#include "vulkan/set_cache.h"

#include <string.h>

#define SLOTS     4096 /* a power of two */
#define MOST_SETS (SLOTS / 4 * 3)

struct pvg_vk_cached_set {
    uint64_t hash;
    VkDescriptorSetLayout layout;
    VkDescriptorSet set;   /* VK_NULL_HANDLE: the slot is empty */
    uint32_t first, count; /* of its words */
};

void pvg_vk_set_cache_finish(struct pvg_vk_set_cache *cache)
{
    g_free(cache->slots);
    g_clear_pointer(&cache->words, g_array_unref);
}

void pvg_vk_set_cache_init(struct pvg_vk_set_cache *cache)
{
    *cache = (struct pvg_vk_set_cache){.words = g_array_new(FALSE, FALSE, sizeof(uint64_t))};
}

void pvg_vk_set_cache_clear(struct pvg_vk_set_cache *cache)
{
    if (cache->used) {
        memset(cache->slots, 0, SLOTS * sizeof(*cache->slots));
    }
    cache->used = 0;
    g_array_set_size(cache->words, 0);
}

static uint64_t hash_of(const struct pvg_vk_set_content *content)
{
    uint64_t hash = (uint64_t)(uintptr_t)content->layout;

    for (uint32_t i = 0; i < content->count; i++) {
        hash = (hash ^ content->words[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return hash;
}

/* The slot with @content, or the empty one where it belongs: there is always one. */
static struct pvg_vk_cached_set *slot_for(const struct pvg_vk_set_cache *cache,
                                          const struct pvg_vk_set_content *content, uint64_t hash)
{
    for (uint64_t at = hash;; at++) {
        struct pvg_vk_cached_set *slot = &cache->slots[at & (SLOTS - 1)];

        if (!slot->set || (slot->hash == hash && slot->layout == content->layout &&
                           slot->count == content->count &&
                           memcmp(&g_array_index(cache->words, uint64_t, slot->first),
                                  content->words, content->count * sizeof(uint64_t)) == 0)) {
            return slot;
        }
    }
}

VkDescriptorSet pvg_vk_set_cache_find(struct pvg_vk_set_cache *cache,
                                      const struct pvg_vk_set_content *content)
{
    return cache->used ? slot_for(cache, content, hash_of(content))->set : VK_NULL_HANDLE;
}

void pvg_vk_set_cache_add(struct pvg_vk_set_cache *cache, const struct pvg_vk_set_content *content,
                          VkDescriptorSet set)
{
    const uint64_t hash = hash_of(content);
    struct pvg_vk_cached_set *slot;

    if (cache->used == MOST_SETS) {
        return;
    }
    if (!cache->slots) {
        cache->slots = g_new0(struct pvg_vk_cached_set, SLOTS);
    }
    slot = slot_for(cache, content, hash);
    *slot =
        (struct pvg_vk_cached_set){hash, content->layout, set, cache->words->len, content->count};
    g_array_append_vals(cache->words, content->words, content->count);
    cache->used++;
}
