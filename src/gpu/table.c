/* SPDX-License-Identifier: MIT */
/* Finds objects, and makes host objects of descriptors. Spec: 30-resources 6, 8, 9; 20-memory 5, 6;
 * 21-surfaces-arm64 11. */
#include "gpu/table.h"

#include <string.h>

#include "base/range.h"
#include "gpu/backing.h"
#include "gpu/depth_stencil.h"
#include "gpu/pipelines.h"
#include "gpu/run.h"
#include "gpu/saved_textures.h"
#include "memory/memory.h"
#include "wire/shared.h"
#include "wire/walk.h"

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

/* ---- Making objects. ---- */

struct making {
    struct pvg_gpu *gpu;
    struct pvg_submission *submission;
    const struct pvg_object *object;
    struct pvg_cursor before_record; /* what the kernel wrote in front of the record */
    struct entry *entry;
    unsigned depth; /* of what is made of others */
};

static struct pvg_gpu_object *find(struct pvg_gpu *gpu, struct pvg_submission *submission,
                                   uint32_t ref, unsigned depth, enum pvg_refusal *why);

static enum pvg_refusal made(struct making *m, struct pvg_gpu_object *object)
{
    m->entry->object = object;
    return PVG_ACCEPTED;
}

static enum pvg_refusal make_buffer(struct making *m)
{
    const unsigned shift = m->gpu->memory->page_shift;
    struct pvg_cursor c = pvg_cursor_over(m->object->descriptor, m->object->length);
    struct pvg_wire_buffer_descriptor rec;
    struct pvg_buffer *buffer;
    enum pvg_refusal why = pvg_wire_buffer_descriptor_decode(&c, &rec);

    if (why == PVG_ACCEPTED && !rec.page.value) {
        why = PVG_REFUSED_VALUE;
    }
    if (why == PVG_ACCEPTED) {
        why = pvg_buffer_create(m->gpu, m->submission->space, pvg_vpn_to_gva(rec.page, shift),
                                rec.size, &buffer);
    }
    return why == PVG_ACCEPTED ? made(m, &buffer->base) : why;
}

static enum pvg_refusal shape_of(const struct pvg_wire_texture_body *body,
                                 struct pvg_texture_shape *out)
{
    *out = (struct pvg_texture_shape){
        .format = pvg_pixel_format_find(body->format),
        .usage = body->usage,
        .width = body->width,
        .height = body->height,
        .depth = body->depth,
        .levels = body->levels,
        .samples = body->samples,
        .layers = body->array_length,
        .type = body->type,
        .storage = body->options.storage,
        .swizzle = {body->swizzle_red, body->swizzle_green, body->swizzle_blue,
                    body->swizzle_alpha},
    };
    if (!out->format) {
        return PVG_REFUSED_FORMAT;
    }
    for (unsigned i = 0; i < 4; i++) {
        if (out->swizzle[i] > PVG_WIRE_SWIZZLE_ALPHA) {
            return PVG_REFUSED_VALUE;
        }
    }
    return pvg_texture_shape_check(out);
}

static enum pvg_refusal make_image(struct making *m, const struct pvg_texture_shape *shape,
                                   const struct pvg_backing *backing)
{
    struct pvg_image *image;
    enum pvg_refusal why = pvg_image_create(m->gpu->vk, &m->gpu->formats, shape, false, &image);

    if (why != PVG_ACCEPTED) {
        return why;
    }
    if (backing && backing->kind != PVG_BACKING_NONE) {
        image->backing = g_memdup2(backing, sizeof(*backing));
        image->stale = true;
    } else {
        image->saved = pvg_saved_textures_take(m->gpu, m->submission->space.task, m->object);
    }
    return made(m, &pvg_texture_create(image, shape->swizzle)->base);
}

/* Whether guest memory can hold its texels as linear rows at all. */
static bool has_linear_form(const struct pvg_texture_shape *shape)
{
    return shape->samples == 1 && shape->storage != PVG_WIRE_STORAGE_MODE_MEMORYLESS &&
           shape->format->aspect != PVG_ASPECT_BOTH && shape->format->view_class != PVG_VIEW_DS24 &&
           shape->format->view_class != PVG_VIEW_DS32;
}

/* Checks that all pieces of a level lie within @size bytes. */
static enum pvg_refusal level_fits(const struct pvg_texture_shape *shape, uint32_t level,
                                   uint64_t offset, uint64_t row_stride, uint64_t size,
                                   uint64_t *image_stride)
{
    const uint32_t depth = pvg_level_extent(shape->depth, level);
    struct pvg_linear_layout layout = pvg_linear_layout(shape->format, shape->format->bytes,
                                                        pvg_level_extent(shape->width, level),
                                                        pvg_level_extent(shape->height, level));
    uint64_t span;

    if (row_stride < layout.tight_row && layout.blocks_high > 1) {
        return PVG_REFUSED_RANGE;
    }
    if (!pvg_mul(row_stride, layout.blocks_high, image_stride) ||
        !pvg_linear_span(&layout, row_stride, *image_stride,
                         (uint64_t)pvg_texture_shape_layers(shape) * depth, &span) ||
        !pvg_range_fits((struct pvg_range){offset, span}, size)) {
        return PVG_REFUSED_RANGE;
    }
    return PVG_ACCEPTED;
}

/* Where the levels of an allocation lie. Errata rows "20 6.5 against 30 9.2", 36, 37. */
static enum pvg_refusal backing_of(struct making *m, const struct pvg_texture_shape *shape,
                                   struct pvg_backing *out)
{
    struct pvg_cursor c = m->before_record;
    struct pvg_wire_texture_prefix prefix;
    uint64_t base = 0;
    uint32_t levels;
    enum pvg_refusal why = pvg_wire_texture_prefix_decode(&c, &prefix);

    *out = (struct pvg_backing){.kind = PVG_BACKING_NONE};
    if (why != PVG_ACCEPTED) {
        return why;
    }
    if (!prefix.page.value || !prefix.size || !has_linear_form(shape)) {
        return PVG_ACCEPTED;
    }
    levels = MAX(prefix.levels, 1);
    if (levels < shape->levels || shape->levels > PVG_BACKING_LEVELS) {
        return PVG_REFUSED_LEVEL;
    }
    out->kind = PVG_BACKING_PAGES;
    out->space = m->submission->space;
    out->at = pvg_vpn_to_gva(prefix.page, m->gpu->memory->page_shift);
    out->size = prefix.size;
    for (uint32_t i = 0; i < shape->levels; i++) {
        struct pvg_wire_texture_level level;
        uint64_t offset;

        why = pvg_wire_texture_level_decode(&c, &level);
        if (why != PVG_ACCEPTED) {
            return why;
        }
        if (i == 0) {
            base = prefix.data_offset && !level.offset ? prefix.data_offset : 0;
            offset = prefix.data_offset;
        } else {
            offset = level.offset;
            if (!pvg_add(base, offset, &offset)) {
                return PVG_REFUSED_RANGE;
            }
        }
        if (!level.row_stride) {
            level.row_stride = pvg_linear_layout(shape->format, shape->format->bytes,
                                                 pvg_level_extent(shape->width, i), 1)
                                   .tight_row;
        }
        out->levels[i].offset = offset;
        out->levels[i].row_stride = level.row_stride;
        why = level_fits(shape, i, offset, level.row_stride, prefix.size,
                         &out->levels[i].image_stride);
        if (why != PVG_ACCEPTED) {
            return why;
        }
    }
    return PVG_ACCEPTED;
}

static enum pvg_refusal make_texture(void *ctx, const struct pvg_wire_texture *rec)
{
    struct making *m = ctx;
    struct pvg_texture_shape shape;
    struct pvg_backing backing = {.kind = PVG_BACKING_NONE};
    enum pvg_refusal why = shape_of(&rec->body, &shape);

    if (why == PVG_ACCEPTED && m->before_record.left) {
        why = backing_of(m, &shape, &backing);
    }
    return why == PVG_ACCEPTED ? make_image(m, &shape, &backing) : why;
}

static enum pvg_refusal make_heap_texture(void *ctx, const struct pvg_wire_heap_texture *rec)
{
    struct making *m = ctx;
    struct pvg_texture_shape shape;
    enum pvg_refusal why = shape_of(&rec->body, &shape);

    return why == PVG_ACCEPTED ? make_image(m, &shape, NULL) : why;
}

static enum pvg_refusal make_view(void *ctx, const struct pvg_wire_texture_view *rec)
{
    struct making *m = ctx;
    struct pvg_texture *base, *view;
    struct pvg_view_request request;
    const struct pvg_pixel_format *format;
    enum pvg_refusal why;

    base = (struct pvg_texture *)find(m->gpu, m->submission, rec->base, m->depth + 1, &why);
    if (!base) {
        return why;
    }
    if (base->base.kind != PVG_GPU_TEXTURE) {
        return PVG_REFUSED_KIND;
    }
    format = rec->format ? pvg_pixel_format_find(rec->format) : base->format;
    if (!format) {
        return PVG_REFUSED_FORMAT;
    }
    request = pvg_texture_whole(base, format);
    if (rec->has_ranges) {
        request.type = (uint8_t)MIN(rec->type, 255);
        request.first_level = rec->first_level;
        request.levels = rec->level_count;
        request.first_slice = rec->first_slice; /* a cube's slices are its faces */
        request.slices = rec->slice_count;
    }
    if (rec->has_swizzle) {
        request.swizzle[0] = rec->swizzle_red;
        request.swizzle[1] = rec->swizzle_green;
        request.swizzle[2] = rec->swizzle_blue;
        request.swizzle[3] = rec->swizzle_alpha;
    }
    why = pvg_texture_create_view(base, &m->gpu->formats, &request, &view);
    if (why != PVG_ACCEPTED) {
        return why;
    }
    m->entry->made_of = pvg_gpu_object_ref(&base->base);
    return made(m, &view->base);
}

/* A texture over a buffer: a texel buffer is the buffer itself; rows are an image whose bytes are
 * those of the buffer's pages. */
static enum pvg_refusal make_buffer_texture(void *ctx, const struct pvg_wire_buffer_texture *rec)
{
    struct making *m = ctx;
    struct pvg_texture_shape shape;
    struct pvg_backing backing = {.kind = PVG_BACKING_PAGES};
    struct pvg_texture *texture;
    struct pvg_buffer *buffer;
    enum pvg_refusal why = shape_of(&rec->body, &shape);

    if (why != PVG_ACCEPTED) {
        return why;
    }
    buffer = (struct pvg_buffer *)find(m->gpu, m->submission, rec->buffer, m->depth + 1, &why);
    if (!buffer) {
        return why;
    }
    if (buffer->base.kind != PVG_GPU_BUFFER) {
        return PVG_REFUSED_KIND;
    }
    if (!shape.format->linear) {
        return PVG_REFUSED_FORMAT;
    }
    m->entry->made_of = pvg_gpu_object_ref(&buffer->base);
    if (shape.type == PVG_WIRE_TEXTURE_TYPE_TEXTURE_BUFFER) {
        why = pvg_texture_create_texels(buffer, &m->gpu->formats, shape.format, rec->offset,
                                        shape.width, &texture);
        return why == PVG_ACCEPTED ? made(m, &texture->base) : why;
    }
    if (shape.type != PVG_WIRE_TEXTURE_TYPE_2D || shape.levels != 1) {
        return PVG_REFUSED_KIND;
    }
    backing.space = buffer->space;
    backing.at = buffer->at;
    backing.size = buffer->size;
    backing.levels[0].offset = rec->offset;
    backing.levels[0].row_stride = rec->bytes_per_row;
    why = level_fits(&shape, 0, rec->offset, rec->bytes_per_row, buffer->size,
                     &backing.levels[0].image_stride);
    if (why == PVG_ACCEPTED) {
        why = make_image(m, &shape, &backing);
    }
    if (why == PVG_ACCEPTED) {
        struct pvg_image *image = ((struct pvg_texture *)m->entry->object)->image;

        image->over = pvg_gpu_object_ref(&buffer->base);
        image->shared = true;
    }
    return why;
}

static bool same_surface(const struct pvg_surface *a, const struct pvg_surface *b)
{
    return a->id == b->id && a->format == b->format && a->size == b->size &&
           a->generation == b->generation && a->plane_count == b->plane_count &&
           a->base.value == b->base.value && a->page_list.value == b->page_list.value &&
           a->space.serial == b->space.serial &&
           memcmp(a->planes, b->planes, a->plane_count * sizeof(a->planes[0])) == 0;
}

static bool image_serves(const struct pvg_image *image, const struct pvg_texture_shape *shape,
                         const struct pvg_surface *surface)
{
    return same_surface(&image->backing->surface, surface) && image->shape.width == shape->width &&
           image->shape.height == shape->height &&
           pvg_pixel_format_views(image->shape.format, shape->format);
}

/* Rare, and worth a wait: the same surface is used in a form that its image cannot have. */
static void pay(struct pvg_gpu *gpu, struct pvg_image *image)
{
    g_autoptr(GPtrArray) images = g_ptr_array_new();

    g_ptr_array_add(images, image);
    pvg_gpu_write_back(gpu, images, NULL);
    pvg_vk_queue_drain(gpu->queue);
}

static enum pvg_refusal surface_backing(const struct pvg_texture_shape *shape,
                                        const struct pvg_surface *surface, unsigned plane,
                                        struct pvg_backing *out)
{
    *out = (struct pvg_backing){.kind = PVG_BACKING_SURFACE, .surface = *surface, .plane = plane};
    if (plane >= surface->plane_count) {
        return PVG_REFUSED_RANGE;
    }
    if (shape->levels != 1 || pvg_texture_shape_layers(shape) != 1 || shape->depth != 1 ||
        !shape->format->linear) {
        return PVG_REFUSED_KIND;
    }
    out->levels[0].offset = surface->planes[plane].start;
    out->levels[0].row_stride = surface->planes[plane].bytes_per_row;
    return level_fits(shape, 0, out->levels[0].offset, out->levels[0].row_stride, surface->size,
                      &out->levels[0].image_stride);
}

static enum pvg_refusal make_surface_texture(void *ctx, const struct pvg_wire_surface_texture *rec)
{
    struct making *m = ctx;
    uint32_t id = pvg_take_u32(&m->before_record);
    uint32_t task = pvg_take_u32(&m->before_record);
    guint64 key = surface_key(id, rec->plane);
    struct pvg_texture_shape shape;
    struct pvg_backing backing;
    struct pvg_surface surface;
    struct pvg_image *image;
    enum pvg_refusal why = shape_of(&rec->body, &shape);

    if (why == PVG_ACCEPTED) {
        why = m->object->type == PVG_WIRE_OBJECT_TYPE_SURFACE_TEXTURE
                  ? pvg_surface_find(m->gpu->memory, id, task, &surface)
                  : pvg_surface_find(m->gpu->memory, id, m->submission->space.task, &surface);
    }
    if (why == PVG_ACCEPTED) {
        why = surface_backing(&shape, &surface, rec->plane, &backing);
    }
    if (why != PVG_ACCEPTED) {
        return why;
    }
    image = g_hash_table_lookup(m->gpu->surfaces, &key);
    if (!image || !image_serves(image, &shape, &surface)) {
        if (image && image->owed && same_surface(&image->backing->surface, &surface)) {
            pay(m->gpu, image); /* the new image starts from guest memory */
        }
        why = pvg_image_create(m->gpu->vk, &m->gpu->formats, &shape, true, &image);
        if (why != PVG_ACCEPTED) {
            return why;
        }
        image->backing = g_memdup2(&backing, sizeof(backing));
        image->stale = true;
        g_hash_table_insert(m->gpu->surfaces, g_memdup2(&key, sizeof(key)), image);
    }
    m->entry->made_of = pvg_gpu_object_ref(&image->base);
    if (image->shape.format == shape.format) {
        return made(m, &pvg_texture_create(pvg_gpu_object_ref(&image->base), shape.swizzle)->base);
    } else {
        struct pvg_texture *whole =
            pvg_texture_create(pvg_gpu_object_ref(&image->base), (const uint8_t[]){2, 3, 4, 5});
        struct pvg_view_request request = pvg_texture_whole(whole, shape.format);
        struct pvg_texture *view;

        memcpy(request.swizzle, shape.swizzle, sizeof(request.swizzle));
        why = pvg_texture_create_view(whole, &m->gpu->formats, &request, &view);
        pvg_gpu_object_unref(&whole->base);
        return why == PVG_ACCEPTED ? made(m, &view->base) : why;
    }
}

static enum pvg_refusal make_sampler(void *ctx, const struct pvg_wire_sampler *rec)
{
    struct making *m = ctx;
    struct pvg_sampler_description description;
    enum pvg_refusal why;

    memset(&description, 0, sizeof(description)); /* its bytes are a key */
    why = pvg_sampler_describe(rec, &description);
    return why == PVG_ACCEPTED ? made(m, &pvg_sampler_create(&description)->base) : why;
}

static enum pvg_refusal make_depth_stencil(void *ctx, const struct pvg_wire_depth_stencil *rec)
{
    struct pvg_depth_stencil *state;
    enum pvg_refusal why = pvg_depth_stencil_create(rec, &state);

    return why == PVG_ACCEPTED ? made(ctx, &state->base) : why;
}

static enum pvg_refusal make_function(struct making *m)
{
    struct pvg_cursor c = pvg_cursor_over(m->object->descriptor, m->object->length);
    struct pvg_wire_function_descriptor rec;
    struct pvg_function *function;
    enum pvg_refusal why = pvg_wire_function_descriptor_decode(&c, &rec);

    if (why == PVG_ACCEPTED) {
        why = pvg_function_create(m->gpu, m->submission->space, rec.code, rec.size, &function);
    }
    return why == PVG_ACCEPTED ? made(m, &function->base) : why;
}

static struct pvg_function *find_function(struct making *m, uint32_t ref, enum pvg_refusal *why)
{
    struct pvg_gpu_object *object = find(m->gpu, m->submission, ref, m->depth + 1, why);

    if (object && object->kind != PVG_GPU_FUNCTION) {
        *why = PVG_REFUSED_KIND;
        return NULL;
    }
    return (struct pvg_function *)object;
}

static enum pvg_refusal make_compute_pipeline(void *ctx,
                                              const struct pvg_wire_compute_pipeline *rec)
{
    struct making *m = ctx;
    struct pvg_compute_description description;
    struct pvg_function *function;
    enum pvg_refusal why =
        pvg_compute_description_parse(rec->list.data, rec->list.size, &description);

    if (why != PVG_ACCEPTED) {
        return why;
    }
    function = find_function(m, description.function, &why);
    return function ? made(m, &pvg_compute_pipeline_create(m->gpu, &description, function)->base)
                    : why;
}

static enum pvg_refusal make_render_pipeline(void *ctx, const struct pvg_wire_render_pipeline *rec)
{
    struct making *m = ctx;
    struct pvg_render_description description;
    struct pvg_function *vertex, *fragment = NULL;
    enum pvg_refusal why =
        pvg_render_description_parse(rec->list.data, rec->list.size, &description);

    if (why != PVG_ACCEPTED) {
        return why;
    }
    vertex = find_function(m, description.vertex_function, &why);
    if (vertex && description.fragment_function) {
        fragment = find_function(m, description.fragment_function, &why);
    }
    if (!vertex || (description.fragment_function && !fragment)) {
        return why;
    }
    return made(m, &pvg_render_pipeline_create(m->gpu, &description, vertex, fragment)->base);
}

/* Fences and rate maps carry nothing that the host needs: see order.c. */
static const struct pvg_wire_create_handlers make_handlers = {
    .texture = make_texture,
    .texture_view = make_view,
    .buffer_texture = make_buffer_texture,
    .surface_texture = make_surface_texture,
    .heap_texture = make_heap_texture,
    .sampler = make_sampler,
    .depth_stencil = make_depth_stencil,
    .render_pipeline = make_render_pipeline,
    .compute_pipeline = make_compute_pipeline,
};

/* The record that stands @skip bytes into the descriptor. */
static enum pvg_refusal make_from_record(struct making *m, uint64_t skip)
{
    struct pvg_cursor records;
    struct pvg_wire_record record;

    if (skip > m->object->length) {
        return PVG_REFUSED_SHORT;
    }
    m->before_record = pvg_cursor_over(m->object->descriptor, skip);
    records = pvg_cursor_over(m->object->descriptor + skip, m->object->length - skip);
    if (!pvg_wire_take_record(&records, &record)) {
        return records.refusal != PVG_ACCEPTED ? records.refusal : PVG_REFUSED_SHORT;
    }
    return pvg_wire_create_dispatch(&make_handlers, m, record.opcode, &record.payload);
}

static enum pvg_refusal make_linear_texture(struct making *m)
{
    struct pvg_cursor c = pvg_cursor_over(m->object->descriptor, m->object->length);
    struct pvg_wire_texture_prefix prefix;
    enum pvg_refusal why = pvg_wire_texture_prefix_decode(&c, &prefix);

    if (why != PVG_ACCEPTED) {
        return why;
    }
    if (prefix.levels > PVG_BACKING_LEVELS) {
        return PVG_REFUSED_LIMIT;
    }
    return make_from_record(m, PVG_WIRE_TEXTURE_PREFIX_SIZE +
                                   MAX(prefix.levels, 1) * PVG_WIRE_TEXTURE_LEVEL_SIZE);
}

static enum pvg_refusal make(struct making *m)
{
    switch (m->object->type) {
    case PVG_WIRE_OBJECT_TYPE_BUFFER:
        return make_buffer(m);
    case PVG_WIRE_OBJECT_TYPE_TEXTURE:
    case PVG_WIRE_OBJECT_TYPE_TEXTURE_CLIENT:
        return make_linear_texture(m);
    case PVG_WIRE_OBJECT_TYPE_SURFACE_TEXTURE:
    case PVG_WIRE_OBJECT_TYPE_MAPPED_TEXTURE:
        return make_from_record(m, 8);
    case PVG_WIRE_OBJECT_TYPE_FUNCTION:
        return make_function(m);
    case PVG_WIRE_OBJECT_TYPE_STATE:
    case PVG_WIRE_OBJECT_TYPE_DERIVED_TEXTURE:
        return make_from_record(m, 0);
    default: /* the guest's number: types that nobody has described, and surfaces themselves */
        return PVG_REFUSED_KIND;
    }
}

/* ---- Finding. ---- */

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
               same_surface(&image->backing->surface, &surface) &&
               pvg_table_surface_image(gpu, surface.id, image->backing->plane) == image;
    }
    pvg_take_skip(&c, 12); /* both records name their base after the object's own number */
    return find(gpu, submission, pvg_take_u32(&c), depth + 1, &why) == entry->made_of;
}

/* Has @entry of @object made anew. It is in the table meanwhile, and nobody else's: it is busy. */
static void make_entry(struct pvg_gpu *gpu, struct pvg_submission *submission,
                       const struct pvg_object *object, unsigned depth, struct entry *entry)
{
    struct making m = {.gpu = gpu, .submission = submission, .object = object, .depth = depth};

    entry->type = object->type;
    entry->length = object->length;
    entry->address = object->address;
    entry->descriptor = g_memdup2(object->descriptor, object->length);
    m.entry = entry;
    entry->refused = make(&m);
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

struct pvg_image *pvg_table_image_of_surface(struct pvg_gpu *gpu, const struct pvg_surface *surface,
                                             unsigned plane)
{
    struct pvg_image *image = pvg_table_surface_image(gpu, surface->id, plane);

    return image && same_surface(&image->backing->surface, surface) ? image : NULL;
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
