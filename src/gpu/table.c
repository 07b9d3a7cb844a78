/* SPDX-License-Identifier: MIT */
/* Finds objects, and forgets them. Spec: 20-memory 5, 6, 11. */
#include "gpu/table.h"

#include <string.h>

#include "gpu/backing.h"
#include "gpu/make.h"
#include "memory/memory.h"
#include "wire/shared.h"

#define MOST_DEPTH 8 /* of objects made of others: views of views, pipelines of functions */

struct entry {
    uint64_t checked_for; /* submission in which it was last compared */
    uint8_t type;
    uint32_t length;
    struct pvg_gva address;
    uint8_t *descriptor;
    struct pvg_gpu_object *object;  /* a reference; NULL: could not be made */
    struct pvg_gpu_object *made_of; /* a reference: what it looks at, if that is another object */
    enum pvg_refusal refused;       /* why there is none */
    bool busy; /* being looked at, or made: who comes here again goes round in a circle */
};

static void entry_free(gpointer data)
{
    struct entry *entry = data;

    pvg_gpu_object_unref(entry->object);
    pvg_gpu_object_unref(entry->made_of);
    g_free(entry->descriptor);
    g_free(entry);
}

static guint64 surface_key(uint32_t id, unsigned plane)
{
    return (guint64)plane << 32 | id;
}

void pvg_tables_init(struct pvg_gpu *gpu)
{
    gpu->tables = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                        (GDestroyNotify)g_hash_table_unref);
    gpu->surfaces =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, pvg_gpu_object_release);
}

void pvg_tables_finish(struct pvg_gpu *gpu)
{
    g_clear_pointer(&gpu->tables, g_hash_table_unref);
    g_clear_pointer(&gpu->surfaces, g_hash_table_unref);
}

static struct pvg_gpu_object *find(struct pvg_gpu *gpu, struct pvg_submission *submission,
                                   uint32_t ref, unsigned depth, enum pvg_refusal *why);

bool pvg_surface_is_same(const struct pvg_surface *a, const struct pvg_surface *b)
{
    return a->id == b->id && a->format == b->format && a->size == b->size &&
           a->generation == b->generation && a->plane_count == b->plane_count &&
           a->base.value == b->base.value && a->page_list.value == b->page_list.value &&
           a->space.serial == b->space.serial &&
           memcmp(a->planes, b->planes, a->plane_count * sizeof(a->planes[0])) == 0;
}

static GHashTable *table_of(struct pvg_gpu *gpu, struct pvg_space space)
{
    GHashTable *table = g_hash_table_lookup(gpu->tables, &space.serial);

    if (!table) {
        table = g_hash_table_new_full(NULL, NULL, NULL, entry_free);
        g_hash_table_insert(gpu->tables, g_memdup2(&space.serial, sizeof(space.serial)), table);
    }
    return table;
}

static bool same_object(const struct entry *entry, const struct pvg_object *object)
{
    return entry->type == object->type && entry->length == object->length &&
           entry->address.value == object->address.value &&
           memcmp(entry->descriptor, object->descriptor, object->length) == 0;
}

/* Whether what @entry was made of, pages or another object, is still what its descriptor names. */
static bool base_unchanged(struct pvg_gpu *gpu, struct pvg_submission *submission,
                           struct entry *entry, unsigned depth)
{
    struct pvg_cursor c = pvg_cursor_over(entry->descriptor, entry->length);
    enum pvg_refusal why;

    if (entry->object->kind == PVG_GPU_BUFFER) {
        return pvg_buffer_holds((struct pvg_buffer *)entry->object);
    }
    if (!entry->made_of) {
        return true;
    }
    if (entry->made_of->kind == PVG_GPU_IMAGE) { /* over a surface, which may be another by now */
        const struct pvg_image *image = (struct pvg_image *)entry->made_of;
        struct pvg_surface surface;
        uint32_t task;

        pvg_take_skip(&c, 4);
        task = pvg_take_u32(&c);
        if (entry->type != PVG_WIRE_OBJECT_TYPE_SURFACE_TEXTURE) {
            task = submission->space.task;
        }
        return pvg_surface_find(gpu->memory, image->backing->surface.id, task, &surface) ==
                   PVG_ACCEPTED &&
               pvg_surface_is_same(&image->backing->surface, &surface) &&
               pvg_table_surface_image(gpu, surface.id, image->backing->plane) == image;
    }
    pvg_take_skip(&c, 12); /* both records name their base after the object's own number */
    return find(gpu, submission, pvg_take_u32(&c), depth + 1, &why) == entry->made_of;
}

/* Has @entry of @object made anew. It is in the table meanwhile, and nobody else's: it is busy. */
static void make_entry(struct pvg_gpu *gpu, struct pvg_submission *submission,
                       const struct pvg_object *object, unsigned depth, struct entry *entry)
{
    struct pvg_making m = {.gpu = gpu, .submission = submission, .object = object, .depth = depth};

    entry->type = object->type;
    entry->length = object->length;
    entry->address = object->address;
    entry->descriptor = g_memdup2(object->descriptor, object->length);
    entry->refused = pvg_make(&m);
    entry->object = m.made;
    entry->made_of = m.made_of;
}

static struct pvg_gpu_object *find(struct pvg_gpu *gpu, struct pvg_submission *submission,
                                   uint32_t ref, unsigned depth, enum pvg_refusal *why)
{
    GHashTable *table = table_of(gpu, submission->space);
    struct entry *entry = g_hash_table_lookup(table, GUINT_TO_POINTER(ref));
    const uint64_t number = gpu->submission_number;
    const struct pvg_object *object;
    bool unchanged = false;

    *why = PVG_ACCEPTED;
    if (entry && entry->checked_for == number && entry->object) {
        return entry->object;
    }
    if (depth > MOST_DEPTH || (entry && entry->busy)) {
        *why = PVG_REFUSED_LIMIT;
        return NULL;
    }
    object = pvg_submission_resolve(submission, gpu->memory, ref, why);
    if (!object) {
        return NULL;
    }
    if (entry) {
        entry->busy = true;
        unchanged = same_object(entry, object) && entry->object &&
                    base_unchanged(gpu, submission, entry, depth);
        entry->busy = false;
    }
    if (!unchanged) {
        entry = g_new0(struct entry, 1);
        entry->busy = true;
        g_hash_table_insert(table, GUINT_TO_POINTER(ref), entry); /* ends the one before */
        make_entry(gpu, submission, object, depth, entry);
        entry->busy = false;
    }
    entry->checked_for = number;
    *why = entry->refused;
    return entry->object;
}

struct pvg_gpu_object *pvg_table_find(struct pvg_gpu *gpu, struct pvg_submission *submission,
                                      uint32_t ref, enum pvg_gpu_object_kind kind,
                                      enum pvg_refusal *why)
{
    struct pvg_gpu_object *object = find(gpu, submission, ref, 0, why);

    if (object && object->kind != kind) {
        *why = PVG_REFUSED_KIND;
        return NULL;
    }
    return object;
}

struct pvg_gpu_object *pvg_table_find_part(const struct pvg_making *m, uint32_t ref,
                                           enum pvg_refusal *why)
{
    return find(m->gpu, m->submission, ref, m->depth + 1, why);
}

struct pvg_gpu_object *pvg_table_peek(struct pvg_gpu *gpu, struct pvg_space space, uint32_t ref)
{
    GHashTable *table = g_hash_table_lookup(gpu->tables, &space.serial);
    struct entry *entry = table ? g_hash_table_lookup(table, GUINT_TO_POINTER(ref)) : NULL;

    return entry ? entry->object : NULL;
}

void pvg_table_forget(struct pvg_gpu *gpu, struct pvg_space space, uint32_t ref)
{
    GHashTable *table = g_hash_table_lookup(gpu->tables, &space.serial);

    if (table) {
        g_hash_table_remove(table, GUINT_TO_POINTER(ref));
    }
}

void pvg_table_forget_space(struct pvg_gpu *gpu, struct pvg_space space)
{
    g_hash_table_remove(gpu->tables, &space.serial);
}

static struct pvg_image *image_of(const struct pvg_gpu_object *object)
{
    return object && object->kind == PVG_GPU_TEXTURE ? ((const struct pvg_texture *)object)->image
                                                     : NULL;
}

struct ram_range {
    uint64_t gpa, size;
};

static bool uses_ram(const struct pvg_gpu_object *object, const struct ram_range *range)
{
    const struct pvg_buffer *buffer = NULL;

    if (object && object->kind == PVG_GPU_BUFFER) {
        buffer = (const struct pvg_buffer *)object;
    } else if (object && object->kind == PVG_GPU_TEXTURE) {
        const struct pvg_texture *texture = (const struct pvg_texture *)object;

        buffer = texture->image ? texture->image->over : texture->texels;
    }
    return buffer && pvg_mapping_touches(&buffer->mapping, range->gpa, range->size);
}

static gboolean entry_uses_ram(gpointer ref, gpointer data, gpointer range)
{
    const struct entry *entry = data;

    return uses_ram(entry->object, range) || uses_ram(entry->made_of, range);
}

void pvg_table_forget_ram(struct pvg_gpu *gpu, uint64_t gpa, uint64_t size)
{
    struct ram_range range = {gpa, size};
    GHashTableIter iter;
    gpointer table;

    g_hash_table_iter_init(&iter, gpu->tables);
    while (g_hash_table_iter_next(&iter, NULL, &table)) {
        g_hash_table_foreach_remove(table, entry_uses_ram, &range);
    }
}

void pvg_table_forget_surface(struct pvg_gpu *gpu, uint32_t id)
{
    for (unsigned plane = 0; plane < PVG_SURFACE_PLANES_MAX; plane++) {
        guint64 key = surface_key(id, plane);

        g_hash_table_remove(gpu->surfaces, &key);
    }
}

struct pvg_image *pvg_table_surface_image(struct pvg_gpu *gpu, uint32_t id, unsigned plane)
{
    guint64 key = surface_key(id, plane);

    return g_hash_table_lookup(gpu->surfaces, &key);
}

void pvg_table_keep_surface_image(struct pvg_gpu *gpu, uint32_t id, unsigned plane,
                                  struct pvg_image *image)
{
    guint64 key = surface_key(id, plane);

    g_hash_table_insert(gpu->surfaces, g_memdup2(&key, sizeof(key)), image);
}

struct pvg_image *pvg_table_image_of_surface(struct pvg_gpu *gpu, const struct pvg_surface *surface,
                                             unsigned plane)
{
    struct pvg_image *image = pvg_table_surface_image(gpu, surface->id, plane);

    return image && pvg_surface_is_same(&image->backing->surface, surface) ? image : NULL;
}

void pvg_table_owing(struct pvg_gpu *gpu, GPtrArray *images)
{
    GHashTableIter tables, entries;
    gpointer table, data;

    g_hash_table_iter_init(&tables, gpu->surfaces);
    while (g_hash_table_iter_next(&tables, NULL, &data)) {
        if (((struct pvg_image *)data)->owed) {
            g_ptr_array_add(images, data);
        }
    }
    g_hash_table_iter_init(&tables, gpu->tables);
    while (g_hash_table_iter_next(&tables, NULL, &table)) {
        g_hash_table_iter_init(&entries, table);
        while (g_hash_table_iter_next(&entries, NULL, &data)) {
            struct pvg_image *image = image_of(((struct entry *)data)->object);

            if (image && image->owed) {
                g_ptr_array_add(images, image);
            }
        }
    }
}

void pvg_table_visit_textures(struct pvg_gpu *gpu,
                              void (*visit)(void *ctx, const struct pvg_table_texture *texture),
                              void *ctx)
{
    for (uint32_t task = 0; task < PVG_MAX_TASKS; task++) {
        struct pvg_space space;
        GHashTableIter iter;
        GHashTable *table;
        gpointer ref, data;

        if (pvg_task_space(gpu->memory, task, &space) != PVG_ACCEPTED ||
            !(table = g_hash_table_lookup(gpu->tables, &space.serial))) {
            continue;
        }
        g_hash_table_iter_init(&iter, table);
        while (g_hash_table_iter_next(&iter, &ref, &data)) {
            const struct entry *entry = data;
            struct pvg_table_texture texture = {
                .task = task,
                .ref = GPOINTER_TO_UINT(ref),
                .type = entry->type,
                .length = entry->length,
                .address = entry->address,
                .descriptor = entry->descriptor,
                .image = image_of(entry->object),
            };

            if (texture.image && !entry->made_of) {
                visit(ctx, &texture);
            }
        }
    }
}
