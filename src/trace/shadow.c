/* SPDX-License-Identifier: MIT */
#include "trace/shadow.h"

#include <string.h>
#include <sys/random.h>

void pvg_shadow_init(struct pvg_shadow *shadow)
{
    shadow->pages = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    shadow->contents = g_new0(struct pvg_hash, PVG_SHADOW_SLOTS);
    /* Without randomness a guest that knows the hash could spoil its own recording: no more. */
    (void)!getrandom(&shadow->key, sizeof(shadow->key), GRND_NONBLOCK);
}

void pvg_shadow_finish(struct pvg_shadow *shadow)
{
    g_clear_pointer(&shadow->pages, g_hash_table_unref);
    g_clear_pointer(&shadow->contents, g_free);
}

bool pvg_shadow_is_full(const struct pvg_shadow *shadow)
{
    return g_hash_table_size(shadow->pages) >= PVG_SHADOW_PAGES_MAX;
}

void pvg_shadow_forget(struct pvg_shadow *shadow)
{
    g_hash_table_remove_all(shadow->pages);
}

bool pvg_shadow_put(struct pvg_shadow *shadow, uint64_t gpa, const void *bytes, size_t size)
{
    gpointer number = GSIZE_TO_POINTER(gpa / PVG_SHADOW_PAGE);
    uint8_t *page = g_hash_table_lookup(shadow->pages, number);

    if (!page) {
        page = g_malloc0(PVG_SHADOW_PAGE);
        g_hash_table_insert(shadow->pages, number, page);
    }
    page += gpa % PVG_SHADOW_PAGE;
    if (!memcmp(page, bytes, size)) {
        return false;
    }
    memcpy(page, bytes, size);
    return true;
}

uint32_t pvg_shadow_slot(struct pvg_shadow *shadow, const void *page, bool *known)
{
    struct pvg_hash hash = pvg_hash_bytes(&shadow->key, page, PVG_SHADOW_PAGE);
    uint32_t slot = (uint32_t)(hash.words[0] % PVG_SHADOW_SLOTS);
    struct pvg_hash *content = &shadow->contents[slot];

    *known = content->words[0] == hash.words[0] && content->words[1] == hash.words[1];
    *content = hash;
    return slot;
}
