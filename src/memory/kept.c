/* SPDX-License-Identifier: MIT */
/* Groups of kept pages in a hash table. */
#include "memory/kept.h"

#include <string.h>

#define GROUP_SHIFT 6
#define GROUP_PAGES (1u << GROUP_SHIFT)

/* 280 bytes each: 72 MiB at most. A desktop keeps some hundred thousand pages, 5 % of it. */
#define GROUPS_MAX 262144

struct group {
    uint64_t number; /* the hash table's key: page number >> GROUP_SHIFT */
    uint32_t used;   /* frames that are not 0 */
    uint32_t frames[GROUP_PAGES];
};

static guint group_hash(gconstpointer key)
{
    return (guint)((*(const uint64_t *)key * 0x9e3779b97f4a7c15ull) >> 32);
}

static gboolean group_equal(gconstpointer a, gconstpointer b)
{
    return *(const uint64_t *)a == *(const uint64_t *)b;
}

static struct group *group_find(const struct pvg_kept *kept, uint64_t number)
{
    return kept->groups ? g_hash_table_lookup(kept->groups, &number) : NULL;
}

static struct group *group_make(struct pvg_kept *kept, uint64_t number)
{
    struct group *group;

    if (*kept->group_count >= GROUPS_MAX) {
        return NULL;
    }
    if (!kept->groups) {
        kept->groups = g_hash_table_new_full(group_hash, group_equal, NULL, g_free);
    }
    group = g_new0(struct group, 1);
    group->number = number;
    g_hash_table_insert(kept->groups, &group->number, group);
    ++*kept->group_count;
    return group;
}

static void group_remove_if_empty(struct pvg_kept *kept, struct group *group)
{
    if (!group->used) {
        g_hash_table_remove(kept->groups, &group->number);
        --*kept->group_count;
    }
}

bool pvg_kept_put(struct pvg_kept *kept, uint64_t page, uint32_t frame)
{
    struct group *group = group_find(kept, page >> GROUP_SHIFT);
    uint32_t *slot;

    if (!group) {
        group = group_make(kept, page >> GROUP_SHIFT);
        if (!group) {
            return false;
        }
    }
    slot = &group->frames[page & (GROUP_PAGES - 1)];
    group->used += !*slot;
    *slot = frame;
    return true;
}

uint32_t pvg_kept_find(const struct pvg_kept *kept, uint64_t page)
{
    const struct group *group = group_find(kept, page >> GROUP_SHIFT);

    return group ? group->frames[page & (GROUP_PAGES - 1)] : 0;
}

static uint32_t forget(void *ctx, uint64_t page, uint32_t frame)
{
    return 0;
}

void pvg_kept_drop(struct pvg_kept *kept, uint64_t first, uint64_t count)
{
    pvg_kept_visit(kept, first, count, forget, NULL);
}

void pvg_kept_drop_all(struct pvg_kept *kept)
{
    if (kept->groups) {
        *kept->group_count -= g_hash_table_size(kept->groups);
        g_clear_pointer(&kept->groups, g_hash_table_unref);
    }
}

/* The pages of @group within [@first, @last]. */
static void visit_group(struct group *group, uint64_t first, uint64_t last,
                        uint32_t (*visit)(void *, uint64_t, uint32_t), void *ctx)
{
    uint64_t base = group->number << GROUP_SHIFT;
    unsigned from = first > base ? (unsigned)(first - base) : 0;
    unsigned to = last - base < GROUP_PAGES ? (unsigned)(last - base) : GROUP_PAGES - 1;

    for (unsigned i = from; i <= to; i++) {
        if (group->frames[i]) {
            group->frames[i] = visit(ctx, base + i, group->frames[i]);
            group->used -= !group->frames[i];
        }
    }
}

void pvg_kept_visit(struct pvg_kept *kept, uint64_t first, uint64_t count,
                    uint32_t (*visit)(void *, uint64_t, uint32_t), void *ctx)
{
    uint64_t last = first + count - 1;
    uint64_t first_group = first >> GROUP_SHIFT, last_group = last >> GROUP_SHIFT;

    if (!kept->groups || !count) {
        return;
    }
    if (last_group - first_group < g_hash_table_size(kept->groups)) {
        for (uint64_t number = first_group; number <= last_group && kept->groups; number++) {
            struct group *group = group_find(kept, number);

            if (group) {
                visit_group(group, first, last, visit, ctx);
                group_remove_if_empty(kept, group);
            }
        }
    } else {
        GHashTableIter iter;
        struct group *group;

        g_hash_table_iter_init(&iter, kept->groups);
        while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&group)) {
            if (group->number >= first_group && group->number <= last_group) {
                visit_group(group, first, last, visit, ctx);
                if (!group->used) {
                    g_hash_table_iter_remove(&iter);
                    --*kept->group_count;
                }
            }
        }
    }
}

static void walk_group(const struct group *group, uint64_t first, uint64_t last,
                       void (*each)(void *, uint64_t, uint32_t), void *ctx)
{
    for (unsigned i = 0; i < GROUP_PAGES; i++) {
        uint64_t page = (group->number << GROUP_SHIFT) + i;

        if (group->frames[i] && page >= first && page <= last) {
            each(ctx, page, group->frames[i]);
        }
    }
}

void pvg_kept_walk(const struct pvg_kept *kept, uint64_t first, uint64_t count,
                   void (*each)(void *, uint64_t, uint32_t), void *ctx)
{
    uint64_t last = first + count - 1;
    uint64_t first_group = first >> GROUP_SHIFT, last_group = last >> GROUP_SHIFT;
    GHashTableIter iter;
    const struct group *group;

    if (!kept->groups || !count) {
        return;
    }
    if (last_group - first_group < g_hash_table_size(kept->groups)) {
        for (uint64_t number = first_group; number <= last_group; number++) {
            group = group_find(kept, number);
            if (group) {
                walk_group(group, first, last, each, ctx);
            }
        }
        return;
    }
    g_hash_table_iter_init(&iter, kept->groups);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&group)) {
        walk_group(group, first, last, each, ctx);
    }
}

void pvg_kept_save(const struct pvg_kept *kept, struct pvg_saver *saver)
{
    GHashTableIter iter;
    struct group *group;

    pvg_save_u32(saver, kept->groups ? g_hash_table_size(kept->groups) : 0);
    if (!kept->groups) {
        return;
    }
    g_hash_table_iter_init(&iter, kept->groups);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&group)) {
        pvg_save_u64(saver, group->number);
        for (unsigned i = 0; i < GROUP_PAGES; i++) {
            pvg_save_u32(saver, group->frames[i]);
        }
    }
}

enum pvg_refusal pvg_kept_restore(struct pvg_kept *kept, struct pvg_cursor *from)
{
    uint32_t count = pvg_take_count(from, sizeof(uint64_t) + GROUP_PAGES * sizeof(uint32_t));

    for (uint32_t n = 0; n < count; n++) {
        uint64_t number = pvg_take_u64(from);

        for (unsigned i = 0; i < GROUP_PAGES; i++) {
            uint32_t frame = pvg_take_u32(from);

            if (number >> (64 - GROUP_SHIFT) || frame >> 31) {
                return PVG_REFUSED_VALUE;
            }
            if (frame && !pvg_kept_put(kept, (number << GROUP_SHIFT) + i, frame)) {
                return PVG_REFUSED_LIMIT;
            }
        }
    }
    return from->refusal;
}
