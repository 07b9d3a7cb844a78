/* SPDX-License-Identifier: MIT */
/* Pipelines: property lists in which whatever has its default value is left out. */
#include "kit/pipeline.h"

#include "wire/metal.h"
#include "wire/resources.h"

#include "kit/kit.h"
#include "kit/object.h"

static void align(struct pvg_writer *w, size_t start)
{
    pvg_put_zeros(w, -(w->size - start) & 3);
}

static void patch(struct pvg_writer *w, size_t at, uint32_t value)
{
    if (!w->overflow) {
        struct pvg_writer there = pvg_writer_over(w->bytes + at, 4);

        pvg_put_u32(&there, value);
    }
}

static size_t list_begin(struct pvg_writer *w)
{
    pvg_put_u8(w, 0); /* count */
    return w->size - 1;
}

/* Returns where the value stands, for offsets that are known later. */
static size_t property(struct pvg_writer *w, size_t list, uint8_t tag, uint32_t value)
{
    if (!w->overflow) {
        w->bytes[list]++;
    }
    pvg_put_u8(w, tag);
    pvg_put_u8(w, 4);
    pvg_put_u32(w, value);
    return w->size - 4;
}

static void property_unless(struct pvg_writer *w, size_t list, uint8_t tag, uint32_t value,
                            uint32_t otherwise)
{
    if (value != otherwise) {
        property(w, list, tag, value);
    }
}

/* An array's head: its count, and room for its offsets. */
static size_t array_begin(struct pvg_writer *w, uint32_t count)
{
    size_t start = w->size;

    pvg_put_u32(w, count);
    pvg_put_zeros(w, 4 * (size_t)count);
    return start;
}

/* Begins element @index's list. */
static size_t element_begin(struct pvg_writer *w, size_t array, uint32_t index)
{
    align(w, array);
    patch(w, array + 4 + 4 * (size_t)index, (uint32_t)(w->size - array));
    return list_begin(w);
}

static void put_colors(struct pvg_writer *w, const struct kit_render_pipeline *pipeline)
{
    size_t array = array_begin(w, pipeline->color_count);

    for (uint32_t i = 0; i < pipeline->color_count; i++) {
        struct kit_color color = pipeline->colors[i];
        size_t list = element_begin(w, array, i);

        if (color.blending && !color.source_rgb && !color.destination_rgb && !color.source_alpha &&
            !color.destination_alpha) {
            color.source_rgb = color.source_alpha = PVG_WIRE_BLEND_FACTOR_ONE;
            color.destination_rgb = PVG_WIRE_BLEND_FACTOR_ONE_MINUS_SOURCE_ALPHA;
            color.destination_alpha = PVG_WIRE_BLEND_FACTOR_ONE_MINUS_SOURCE_ALPHA;
        }
        property_unless(w, list, PVG_WIRE_COLOR_PROPERTY_FORMAT, color.format, 0);
        if (color.blending) {
            property(w, list, PVG_WIRE_COLOR_PROPERTY_BLENDING, 1);
            property_unless(w, list, PVG_WIRE_COLOR_PROPERTY_SOURCE_RGB, color.source_rgb,
                            PVG_WIRE_BLEND_FACTOR_ONE);
            property_unless(w, list, PVG_WIRE_COLOR_PROPERTY_DESTINATION_RGB, color.destination_rgb,
                            PVG_WIRE_BLEND_FACTOR_ZERO);
            property_unless(w, list, PVG_WIRE_COLOR_PROPERTY_OPERATION_RGB, color.operation_rgb,
                            PVG_WIRE_BLEND_OPERATION_ADD);
            property_unless(w, list, PVG_WIRE_COLOR_PROPERTY_SOURCE_ALPHA, color.source_alpha,
                            PVG_WIRE_BLEND_FACTOR_ONE);
            property_unless(w, list, PVG_WIRE_COLOR_PROPERTY_DESTINATION_ALPHA,
                            color.destination_alpha, PVG_WIRE_BLEND_FACTOR_ZERO);
            property_unless(w, list, PVG_WIRE_COLOR_PROPERTY_OPERATION_ALPHA, color.operation_alpha,
                            PVG_WIRE_BLEND_OPERATION_ADD);
        }
        property_unless(w, list, PVG_WIRE_COLOR_PROPERTY_WRITE_MASK, 0xf & ~color.unwritten, 0xf);
    }
}

static void put_attributes(struct pvg_writer *w, const struct kit_render_pipeline *pipeline)
{
    size_t array = array_begin(w, pipeline->attribute_count);

    for (uint32_t i = 0; i < pipeline->attribute_count; i++) {
        const struct kit_attribute *attribute = &pipeline->attributes[i];
        size_t list = element_begin(w, array, i);

        property(w, list, PVG_WIRE_ATTRIBUTE_PROPERTY_LOCATION, attribute->location);
        property(w, list, PVG_WIRE_ATTRIBUTE_PROPERTY_FORMAT, attribute->format);
        property_unless(w, list, PVG_WIRE_ATTRIBUTE_PROPERTY_OFFSET, attribute->offset, 0);
        property_unless(w, list, PVG_WIRE_ATTRIBUTE_PROPERTY_BUFFER, attribute->buffer, 0);
    }
}

static void put_layouts(struct pvg_writer *w, const struct kit_render_pipeline *pipeline)
{
    size_t array = array_begin(w, pipeline->layout_count);

    for (uint32_t i = 0; i < pipeline->layout_count; i++) {
        const struct kit_layout *layout = &pipeline->layouts[i];
        size_t list = element_begin(w, array, i);

        property(w, list, PVG_WIRE_LAYOUT_PROPERTY_BUFFER, layout->buffer);
        if (layout->per_instance) {
            property(w, list, PVG_WIRE_LAYOUT_PROPERTY_STEP_FUNCTION,
                     PVG_WIRE_STEP_FUNCTION_PER_INSTANCE);
        }
        if (layout->per_control_point) {
            property(w, list, PVG_WIRE_LAYOUT_PROPERTY_STEP_FUNCTION,
                     PVG_WIRE_STEP_FUNCTION_PER_PATCH_CONTROL_POINT);
        }
        property_unless(w, list, PVG_WIRE_LAYOUT_PROPERTY_STRIDE, layout->stride, 0);
    }
}

static void put_vertex_descriptor(struct pvg_writer *w, const struct kit_render_pipeline *pipeline)
{
    size_t start = w->size;
    size_t list = list_begin(w);
    size_t attributes = property(w, list, PVG_WIRE_VERTEX_PROPERTY_ATTRIBUTES, 0);
    size_t layouts = property(w, list, PVG_WIRE_VERTEX_PROPERTY_LAYOUTS, 0);

    align(w, start);
    patch(w, attributes, (uint32_t)(w->size - start));
    put_attributes(w, pipeline);
    align(w, start);
    patch(w, layouts, (uint32_t)(w->size - start));
    put_layouts(w, pipeline);
}

/* Header, object, the list's length: the list is filled in between this and pipeline_end. */
static size_t pipeline_begin(struct pvg_writer *w, uint32_t opcode, uint32_t object)
{
    (void)pvg_writer_begin_record(w, opcode);
    pvg_put_u32(w, object);
    pvg_put_u32(w, 0);
    return w->size;
}

static void pipeline_end(struct pvg_writer *w, size_t list)
{
    patch(w, list - 4, (uint32_t)(w->size - list));
    align(w, list);
    pvg_writer_end_record(w, list - 16);
}

static void put_tessellation(struct pvg_writer *w, size_t list, const struct kit_tessellation *t)
{
    property_unless(w, list, PVG_WIRE_RENDER_PROPERTY_TESSELLATION_PARTITION, t->partition, 0);
    property_unless(w, list, PVG_WIRE_RENDER_PROPERTY_MAX_TESSELLATION_FACTOR, t->most, 16);
    property_unless(w, list, PVG_WIRE_RENDER_PROPERTY_TESSELLATION_SCALE, t->scaled, 0);
    property_unless(w, list, PVG_WIRE_RENDER_PROPERTY_CONTROL_POINT_INDEX, t->index, 0);
    property_unless(w, list, PVG_WIRE_RENDER_PROPERTY_TESSELLATION_STEP, t->step, 0);
    property_unless(w, list, PVG_WIRE_RENDER_PROPERTY_TESSELLATION_WINDING, t->counter_clockwise,
                    0);
}

uint32_t kit_render_pipeline_create(struct kit *kit, struct kit_task *task,
                                    const struct kit_render_pipeline *pipeline)
{
    uint32_t object = kit_object_number(task);
    struct pvg_writer *w = kit_blob(kit);
    size_t start = pipeline_begin(w, PVG_WIRE_CREATE_RENDER_PIPELINE, object);
    size_t list = list_begin(w);
    size_t vertex = 0, colors;

    if (pipeline->attribute_count) {
        vertex = property(w, list, PVG_WIRE_RENDER_PROPERTY_VERTEX_DESCRIPTOR, 0);
    }
    property_unless(w, list, PVG_WIRE_RENDER_PROPERTY_SAMPLE_COUNT,
                    pipeline->samples ? pipeline->samples : 1, 1);
    colors = property(w, list, PVG_WIRE_RENDER_PROPERTY_COLOR_ATTACHMENTS, 0);
    property_unless(w, list, PVG_WIRE_RENDER_PROPERTY_DEPTH_FORMAT, pipeline->depth_format, 0);
    property_unless(w, list, PVG_WIRE_RENDER_PROPERTY_STENCIL_FORMAT, pipeline->stencil_format, 0);
    if (pipeline->tessellation) {
        put_tessellation(w, list, pipeline->tessellation);
    }
    property(w, list, PVG_WIRE_RENDER_PROPERTY_VERTEX_FUNCTION, pipeline->vertex_function);
    property_unless(w, list, PVG_WIRE_RENDER_PROPERTY_FRAGMENT_FUNCTION,
                    pipeline->fragment_function, 0);
    if (vertex) {
        align(w, start);
        patch(w, vertex, (uint32_t)(w->size - start));
        put_vertex_descriptor(w, pipeline);
    }
    align(w, start);
    patch(w, colors, (uint32_t)(w->size - start));
    put_colors(w, pipeline);
    pipeline_end(w, start);
    kit_object_publish(kit, task, object, PVG_WIRE_OBJECT_TYPE_STATE);
    return object;
}

uint32_t kit_compute_pipeline_create(struct kit *kit, struct kit_task *task, uint32_t function)
{
    uint32_t object = kit_object_number(task);
    struct pvg_writer *w = kit_blob(kit);
    size_t start = pipeline_begin(w, PVG_WIRE_CREATE_COMPUTE_PIPELINE, object);
    size_t list = list_begin(w);

    property(w, list, PVG_WIRE_COMPUTE_PROPERTY_FUNCTION, function);
    pipeline_end(w, start);
    kit_object_publish(kit, task, object, PVG_WIRE_OBJECT_TYPE_STATE);
    return object;
}
