/* SPDX-License-Identifier: MIT */
/* Turns property lists into pipeline descriptions. */
#include "gpu/pipeline_description.h"

#include "gpu/metal.h"
#include "gpu/pixel_format.h"
#include "gpu/vertex_format.h"
#include "wire/metal.h"
#include "wire/resources.h"

/* Tags. */
#define RENDER(tag)    PVG_WIRE_RENDER_PROPERTY_##tag
#define COLOR(tag)     PVG_WIRE_COLOR_PROPERTY_##tag
#define VERTEX(tag)    PVG_WIRE_VERTEX_PROPERTY_##tag
#define ATTRIBUTE(tag) PVG_WIRE_ATTRIBUTE_PROPERTY_##tag
#define LAYOUT(tag)    PVG_WIRE_LAYOUT_PROPERTY_##tag
#define COMPUTE(tag)   PVG_WIRE_COMPUTE_PROPERTY_##tag

static enum pvg_refusal parse_attribute(const struct pvg_property_list *entry, uint32_t location,
                                        struct pvg_vertex_description *out)
{
    struct pvg_attribute_description *attribute;
    uint32_t format = pvg_property_get(entry, ATTRIBUTE(FORMAT), 0);
    uint32_t buffer = pvg_property_get(entry, ATTRIBUTE(BUFFER), 0);

    if (location >= PVG_MAX_ATTRIBUTES || buffer >= PVG_MAX_LAYOUTS) {
        return PVG_REFUSED_LIMIT;
    }
    if (!pvg_vertex_format_find(format)) {
        return PVG_REFUSED_FORMAT;
    }
    attribute = &out->attributes[location];
    if (attribute->format) {
        return PVG_REFUSED_VALUE; /* two for one location */
    }
    *attribute = (struct pvg_attribute_description){
        .format = (uint8_t)format,
        .buffer = (uint8_t)buffer,
        .offset = pvg_property_get(entry, ATTRIBUTE(OFFSET), 0),
    };
    out->used_layouts |= 1u << buffer;
    return PVG_ACCEPTED;
}

/* An attribute without a location has location 0 if no other one claims that, and else its place
 * in the table (errata row 22). */
static enum pvg_refusal parse_attributes(const struct pvg_property_array *array,
                                         struct pvg_vertex_description *out)
{
    struct pvg_property_list entry;
    unsigned unplaced = 0;
    bool zero_taken = false;

    for (uint32_t i = 0; i < array->count; i++) {
        enum pvg_refusal why = pvg_property_array_at(array, i, &entry);

        if (why != PVG_ACCEPTED) {
            return why;
        }
        unplaced += !pvg_property_has(&entry, ATTRIBUTE(LOCATION));
        zero_taken |=
            pvg_property_has(&entry, ATTRIBUTE(LOCATION)) && entry.values[ATTRIBUTE(LOCATION)] == 0;
    }
    for (uint32_t i = 0; i < array->count; i++) {
        enum pvg_refusal why = pvg_property_array_at(array, i, &entry);

        if (why == PVG_ACCEPTED) {
            why = parse_attribute(
                &entry,
                pvg_property_get(&entry, ATTRIBUTE(LOCATION), unplaced == 1 && !zero_taken ? 0 : i),
                out);
        }
        if (why != PVG_ACCEPTED) {
            return why;
        }
    }
    return PVG_ACCEPTED;
}

static enum pvg_refusal parse_layout(const struct pvg_property_list *entry,
                                     struct pvg_vertex_description *out)
{
    uint32_t buffer = pvg_property_get(entry, LAYOUT(BUFFER), 0);
    uint32_t step = pvg_property_get(entry, LAYOUT(STEP_FUNCTION), PVG_STEP_VERTEX);
    uint32_t rate = pvg_property_get(entry, LAYOUT(STEP_RATE), 1);

    if (buffer >= PVG_MAX_LAYOUTS) {
        return PVG_REFUSED_LIMIT;
    }
    if (step > PVG_STEP_CONTROL_POINT || (step == PVG_STEP_INSTANCE && rate == 0)) {
        return PVG_REFUSED_VALUE;
    }
    out->layouts[buffer] = (struct pvg_layout_description){
        .step = (uint8_t)step,
        .rate = rate,
        .stride =
            pvg_property_get(entry, LAYOUT(STRIDE), 0), /* all ones are DYNAMIC at any width */
    };
    return PVG_ACCEPTED;
}

static enum pvg_refusal parse_vertex(const uint8_t *bytes, size_t size, uint32_t offset,
                                     struct pvg_vertex_description *out)
{
    struct pvg_property_list top;
    struct pvg_property_array attributes, layouts;
    enum pvg_refusal why;

    for (unsigned i = 0; i < PVG_MAX_LAYOUTS; i++) {
        out->layouts[i] = (struct pvg_layout_description){.step = PVG_STEP_VERTEX, .rate = 1};
    }
    if (!offset) {
        return PVG_ACCEPTED;
    }
    if (offset >= size) {
        return PVG_REFUSED_RANGE;
    }
    bytes += offset;
    size -= offset;
    why = pvg_property_list_parse(bytes, size, &top);
    if (why == PVG_ACCEPTED) {
        why = pvg_property_array_open(bytes, size, pvg_property_get(&top, VERTEX(ATTRIBUTES), 0),
                                      PVG_MAX_ATTRIBUTES, &attributes);
    }
    if (why == PVG_ACCEPTED) {
        why = pvg_property_array_open(bytes, size, pvg_property_get(&top, VERTEX(LAYOUTS), 0),
                                      PVG_MAX_LAYOUTS, &layouts);
    }
    if (why == PVG_ACCEPTED) {
        why = parse_attributes(&attributes, out);
    }
    for (uint32_t i = 0; why == PVG_ACCEPTED && i < layouts.count; i++) {
        struct pvg_property_list entry;

        why = pvg_property_array_at(&layouts, i, &entry);
        if (why == PVG_ACCEPTED) {
            why = parse_layout(&entry, out);
        }
    }
    return why;
}

static bool blend_is_sound(const struct pvg_property_list *entry)
{
    return pvg_property_get(entry, COLOR(SOURCE_RGB), 1) <= PVG_METAL_LAST_BLEND_FACTOR &&
           pvg_property_get(entry, COLOR(DESTINATION_RGB), 0) <= PVG_METAL_LAST_BLEND_FACTOR &&
           pvg_property_get(entry, COLOR(OPERATION_RGB), 0) <= PVG_METAL_LAST_BLEND_OPERATION &&
           pvg_property_get(entry, COLOR(SOURCE_ALPHA), 1) <= PVG_METAL_LAST_BLEND_FACTOR &&
           pvg_property_get(entry, COLOR(DESTINATION_ALPHA), 0) <= PVG_METAL_LAST_BLEND_FACTOR &&
           pvg_property_get(entry, COLOR(OPERATION_ALPHA), 0) <= PVG_METAL_LAST_BLEND_OPERATION &&
           pvg_property_get(entry, COLOR(WRITE_MASK), 0xf) <= 0xf;
}

static enum pvg_refusal parse_colour(const struct pvg_property_list *entry, uint32_t position,
                                     struct pvg_render_description *out, unsigned *seen)
{
    uint32_t index = pvg_property_get(entry, COLOR(INDEX), position);
    uint32_t format = pvg_property_get(entry, COLOR(FORMAT), 0);
    const struct pvg_pixel_format *pixel = pvg_pixel_format_find(format);

    if (index >= PVG_MAX_COLOURS) {
        return PVG_REFUSED_LIMIT;
    }
    if (*seen >> index & 1 || !blend_is_sound(entry)) {
        return PVG_REFUSED_VALUE;
    }
    if (format && (!pixel || !(pixel->aspect & PVG_ASPECT_COLOR))) {
        return PVG_REFUSED_FORMAT;
    }
    *seen |= 1u << index;
    out->colours[index] = (struct pvg_colour_description){
        .format = (uint16_t)format,
        .blending = pvg_property_get(entry, COLOR(BLENDING), 0) != 0,
        .source_rgb = (uint8_t)pvg_property_get(entry, COLOR(SOURCE_RGB), 1),
        .destination_rgb = (uint8_t)pvg_property_get(entry, COLOR(DESTINATION_RGB), 0),
        .operation_rgb = (uint8_t)pvg_property_get(entry, COLOR(OPERATION_RGB), 0),
        .source_alpha = (uint8_t)pvg_property_get(entry, COLOR(SOURCE_ALPHA), 1),
        .destination_alpha = (uint8_t)pvg_property_get(entry, COLOR(DESTINATION_ALPHA), 0),
        .operation_alpha = (uint8_t)pvg_property_get(entry, COLOR(OPERATION_ALPHA), 0),
        .write_mask = (uint8_t)pvg_property_get(entry, COLOR(WRITE_MASK), 0xf),
    };
    return PVG_ACCEPTED;
}

static enum pvg_refusal parse_depth_stencil(const struct pvg_property_list *top,
                                            struct pvg_render_description *out)
{
    uint32_t depth = pvg_property_get(top, RENDER(DEPTH_FORMAT), 0);
    uint32_t stencil = pvg_property_get(top, RENDER(STENCIL_FORMAT), 0);
    const struct pvg_pixel_format *depth_format = pvg_pixel_format_find(depth);
    const struct pvg_pixel_format *stencil_format = pvg_pixel_format_find(stencil);

    if ((depth && (!depth_format || !(depth_format->aspect & PVG_ASPECT_DEPTH))) ||
        (stencil && (!stencil_format || !(stencil_format->aspect & PVG_ASPECT_STENCIL)))) {
        return PVG_REFUSED_FORMAT;
    }
    out->depth_format = (uint16_t)depth;
    out->stencil_format = (uint16_t)stencil;
    return PVG_ACCEPTED;
}

/* Some of these tags are guesses: what makes no sense spoils draws of patches, not the pipeline. */
static struct pvg_tessellation_description parse_tessellation(const struct pvg_property_list *top)
{
    const uint32_t partition = pvg_property_get(top, RENDER(TESSELLATION_PARTITION), 0);
    const uint32_t most = pvg_property_get(top, RENDER(MAX_TESSELLATION_FACTOR), 16);
    const uint32_t index = pvg_property_get(top, RENDER(CONTROL_POINT_INDEX), 0);
    const uint32_t step = pvg_property_get(top, RENDER(TESSELLATION_STEP), 0);
    const bool sound = partition <= PVG_WIRE_TESSELLATION_PARTITION_FRACTIONAL_EVEN && most <= 64 &&
                       !pvg_property_get(top, RENDER(TESSELLATION_FORMAT), 0) &&
                       index <= PVG_WIRE_CONTROL_POINT_INDEX_U32 &&
                       step <= PVG_WIRE_TESSELLATION_STEP_PER_PATCH_AND_PER_INSTANCE;

    return (struct pvg_tessellation_description){
        .partition = (uint8_t)partition,
        .step = (uint8_t)step,
        .index = (uint8_t)index,
        .most = sound ? (uint8_t)most : 0,
        .scaled = pvg_property_get(top, RENDER(TESSELLATION_SCALE), 0) != 0,
        .counter_clockwise = pvg_property_get(top, RENDER(TESSELLATION_WINDING), 0) != 0,
    };
}

enum pvg_refusal pvg_render_description_parse(const uint8_t *bytes, size_t size,
                                              struct pvg_render_description *out)
{
    struct pvg_property_list top;
    struct pvg_property_array colours;
    enum pvg_refusal why = pvg_property_list_parse(bytes, size, &top);
    uint32_t samples;
    unsigned seen = 0;

    *out = (struct pvg_render_description){0};
    if (why != PVG_ACCEPTED) {
        return why;
    }
    /* Without colours that tag is the colours of a mesh pipeline. */
    if (pvg_property_has(&top, RENDER(FRAGMENT_MUTABILITY)) &&
        !pvg_property_has(&top, RENDER(COLOR_ATTACHMENTS))) {
        return PVG_REFUSED_OPCODE; /* no guest is told that they exist */
    }
    samples = pvg_property_get(&top, RENDER(SAMPLE_COUNT), 1);
    if (samples == 0 || samples > 16 || (samples & (samples - 1))) {
        return PVG_REFUSED_VALUE;
    }
    out->samples = (uint8_t)samples;
    out->vertex_function = pvg_property_get(&top, RENDER(VERTEX_FUNCTION), 0);
    out->fragment_function = pvg_property_get(&top, RENDER(FRAGMENT_FUNCTION), 0);
    out->alpha_to_coverage = pvg_property_get(&top, RENDER(ALPHA_TO_COVERAGE), 0) != 0;
    out->alpha_to_one = pvg_property_get(&top, RENDER(ALPHA_TO_ONE), 0) != 0;
    out->rasterization = pvg_property_get(&top, RENDER(RASTERIZATION), 1) != 0;
    /* No guest was seen to send tags from alpha-to-coverage to rasterization, nor any behind the
     * stencil format. */
    out->unsure =
        top.unknown +
        (unsigned)__builtin_popcount(top.present & ~((2u << RENDER(STENCIL_FORMAT)) - 1)) +
        (unsigned)__builtin_popcount(top.present & 7u << RENDER(ALPHA_TO_COVERAGE));
    why = parse_vertex(bytes, size, pvg_property_get(&top, RENDER(VERTEX_DESCRIPTOR), 0),
                       &out->vertex);
    if (why == PVG_ACCEPTED) {
        why = parse_depth_stencil(&top, out);
    }
    out->tessellation = parse_tessellation(&top);
    if (why == PVG_ACCEPTED) {
        why = pvg_property_array_open(bytes, size,
                                      pvg_property_get(&top, RENDER(COLOR_ATTACHMENTS), 0),
                                      PVG_MAX_COLOURS, &colours);
    }
    for (uint32_t i = 0; why == PVG_ACCEPTED && i < colours.count; i++) {
        struct pvg_property_list entry;

        why = pvg_property_array_at(&colours, i, &entry);
        if (why == PVG_ACCEPTED) {
            why = parse_colour(&entry, i, out, &seen);
        }
    }
    return why;
}

enum pvg_refusal pvg_compute_description_parse(const uint8_t *bytes, size_t size,
                                               struct pvg_compute_description *out)
{
    struct pvg_property_list top;
    struct pvg_vertex_description stage_input = {0};
    enum pvg_refusal why = pvg_property_list_parse(bytes, size, &top);

    *out = (struct pvg_compute_description){0};
    if (why != PVG_ACCEPTED) {
        return why;
    }
    out->function = pvg_property_get(&top, COMPUTE(FUNCTION), 0);
    out->max_threads = top.two_byte;
    out->unsure = top.unknown +
                  (unsigned)__builtin_popcount(top.present & ~((2u << COMPUTE(STAGE_INPUT)) - 1));
    why = parse_vertex(bytes, size, pvg_property_get(&top, COMPUTE(STAGE_INPUT), 0), &stage_input);
    for (unsigned i = 0; i < PVG_MAX_ATTRIBUTES; i++) {
        out->stage_input |= stage_input.attributes[i].format != 0;
    }
    return why;
}
