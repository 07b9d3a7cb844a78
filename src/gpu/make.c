/* SPDX-License-Identifier: MIT */
/* Makes host objects of descriptors. Spec: 30-resources 6, 8, 9; 20-memory 5, 6;
 * 21-surfaces-arm64 11. */
#include "gpu/make.h"

#include <string.h>

#include "base/range.h"
#include "gpu/backing.h"
#include "gpu/depth_stencil.h"
#include "gpu/pipelines.h"
#include "gpu/run.h"
#include "gpu/saved_textures.h"
#include "gpu/table.h"
#include "memory/memory.h"
#include "wire/shared.h"
#include "wire/walk.h"

static enum pvg_refusal made(struct pvg_making *m, struct pvg_gpu_object *object)
{
    m->made = object;
    return PVG_ACCEPTED;
}

static enum pvg_refusal make_buffer(struct pvg_making *m)
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

static enum pvg_refusal make_image(struct pvg_making *m, const struct pvg_texture_shape *shape,
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
static enum pvg_refusal backing_of(struct pvg_making *m, const struct pvg_texture_shape *shape,
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
    struct pvg_making *m = ctx;
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
    struct pvg_making *m = ctx;
    struct pvg_texture_shape shape;
    enum pvg_refusal why = shape_of(&rec->body, &shape);

    return why == PVG_ACCEPTED ? make_image(m, &shape, NULL) : why;
}

static enum pvg_refusal make_view(void *ctx, const struct pvg_wire_texture_view *rec)
{
    struct pvg_making *m = ctx;
    struct pvg_texture *base, *view;
    struct pvg_view_request request;
    const struct pvg_pixel_format *format;
    enum pvg_refusal why;

    base = (struct pvg_texture *)pvg_table_find_part(m, rec->base, &why);
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
    m->made_of = pvg_gpu_object_ref(&base->base);
    return made(m, &view->base);
}

/* A texture over a buffer: a texel buffer is the buffer itself; rows are an image whose bytes are
 * those of the buffer's pages. */
static enum pvg_refusal make_buffer_texture(void *ctx, const struct pvg_wire_buffer_texture *rec)
{
    struct pvg_making *m = ctx;
    struct pvg_texture_shape shape;
    struct pvg_backing backing = {.kind = PVG_BACKING_PAGES};
    struct pvg_texture *texture;
    struct pvg_buffer *buffer;
    enum pvg_refusal why = shape_of(&rec->body, &shape);

    if (why != PVG_ACCEPTED) {
        return why;
    }
    buffer = (struct pvg_buffer *)pvg_table_find_part(m, rec->buffer, &why);
    if (!buffer) {
        return why;
    }
    if (buffer->base.kind != PVG_GPU_BUFFER) {
        return PVG_REFUSED_KIND;
    }
    if (!shape.format->linear) {
        return PVG_REFUSED_FORMAT;
    }
    m->made_of = pvg_gpu_object_ref(&buffer->base);
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
        struct pvg_image *image = ((struct pvg_texture *)m->made)->image;

        image->over = pvg_gpu_object_ref(&buffer->base);
        image->shared = true;
    }
    return why;
}

static bool image_serves(const struct pvg_image *image, const struct pvg_texture_shape *shape,
                         const struct pvg_surface *surface)
{
    return pvg_surface_is_same(&image->backing->surface, surface) &&
           image->shape.width == shape->width && image->shape.height == shape->height &&
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
    struct pvg_making *m = ctx;
    uint32_t id = pvg_take_u32(&m->before_record);
    uint32_t task = pvg_take_u32(&m->before_record);
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
    image = pvg_table_surface_image(m->gpu, id, rec->plane);
    if (!image || !image_serves(image, &shape, &surface)) {
        if (image && image->owed && pvg_surface_is_same(&image->backing->surface, &surface)) {
            pay(m->gpu, image); /* the new image starts from guest memory */
        }
        why = pvg_image_create(m->gpu->vk, &m->gpu->formats, &shape, true, &image);
        if (why != PVG_ACCEPTED) {
            return why;
        }
        image->backing = g_memdup2(&backing, sizeof(backing));
        image->stale = true;
        pvg_table_keep_surface_image(m->gpu, id, rec->plane, image);
    }
    m->made_of = pvg_gpu_object_ref(&image->base);
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
    struct pvg_making *m = ctx;
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

static enum pvg_refusal make_function(struct pvg_making *m)
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

static struct pvg_function *find_function(struct pvg_making *m, uint32_t ref, enum pvg_refusal *why)
{
    struct pvg_gpu_object *object = pvg_table_find_part(m, ref, why);

    if (object && object->kind != PVG_GPU_FUNCTION) {
        *why = PVG_REFUSED_KIND;
        return NULL;
    }
    return (struct pvg_function *)object;
}

static enum pvg_refusal make_compute_pipeline(void *ctx,
                                              const struct pvg_wire_compute_pipeline *rec)
{
    struct pvg_making *m = ctx;
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
    struct pvg_making *m = ctx;
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
static enum pvg_refusal make_from_record(struct pvg_making *m, uint64_t skip)
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

static enum pvg_refusal make_linear_texture(struct pvg_making *m)
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

enum pvg_refusal pvg_make(struct pvg_making *m)
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
