/* SPDX-License-Identifier: MIT */
/* What a guest says of a pipeline, decoded and checked, in Metal's terms. Nothing is compiled here.
 * Spec: 30-resources 7.6, 8.11, 8.12; 40-render appendix A; 02-errata rows 20 to 22, 40. */
#ifndef PVG_GPU_PIPELINE_DESCRIPTION_H
#define PVG_GPU_PIPELINE_DESCRIPTION_H

#include "gpu/property_list.h"

#define PVG_MAX_COLOURS    8
#define PVG_MAX_ATTRIBUTES 31
#define PVG_MAX_LAYOUTS    31

#define PVG_STRIDE_DYNAMIC UINT32_MAX /* given with the bind */

enum pvg_step {
    PVG_STEP_CONSTANT,
    PVG_STEP_VERTEX,
    PVG_STEP_INSTANCE,
    PVG_STEP_PATCH,
    PVG_STEP_CONTROL_POINT,
};

struct pvg_attribute_description {
    uint8_t format; /* MTLVertexFormat; 0: no attribute at this location */
    uint8_t buffer;
    uint32_t offset;
};

struct pvg_layout_description {
    uint8_t step; /* enum pvg_step */
    uint32_t rate;
    uint32_t stride; /* or PVG_STRIDE_DYNAMIC */
};

struct pvg_vertex_description {
    struct pvg_attribute_description attributes[PVG_MAX_ATTRIBUTES]; /* by location */
    struct pvg_layout_description layouts[PVG_MAX_LAYOUTS];          /* by buffer index */
    uint32_t used_layouts; /* a bit each: some attribute reads through it */
};

struct pvg_colour_description {
    uint16_t format; /* MTLPixelFormat; 0: slot not used */
    bool blending;
    uint8_t source_rgb, destination_rgb, operation_rgb; /* MTLBlendFactor, MTLBlendOperation */
    uint8_t source_alpha, destination_alpha, operation_alpha;
    uint8_t write_mask; /* MTLColorWriteMask: 1 alpha, 2 blue, 4 green, 8 red */
};

/* Of pipelines whose vertex function is a post-tessellation one. */
struct pvg_tessellation_description {
    uint8_t partition; /* enum pvg_wire_tessellation_partition */
    uint8_t step;      /* enum pvg_wire_tessellation_step */
    uint8_t index;     /* enum pvg_wire_control_point_index */
    uint8_t most;      /* 1 to 64; 0: the properties make no sense */
    bool scaled;       /* by the encoder's factor scale */
    bool counter_clockwise;
};

struct pvg_render_description {
    uint32_t vertex_function;   /* ref */
    uint32_t fragment_function; /* ref, or 0 */
    struct pvg_vertex_description vertex;
    struct pvg_colour_description colours[PVG_MAX_COLOURS];
    uint16_t depth_format, stencil_format; /* MTLPixelFormat, or 0 */
    uint8_t samples;
    struct pvg_tessellation_description tessellation;
    bool alpha_to_coverage, alpha_to_one, rasterization;
    unsigned unsure; /* properties whose meaning is not established, and unknown ones */
};

struct pvg_compute_description {
    uint32_t function;    /* ref */
    uint32_t max_threads; /* 0: not stated */
    bool stage_input;     /* has attributes to fetch, which no host feature does */
    unsigned unsure;
};

/* @bytes are the property list and its sections, as long as the record says. Refuses what the
 * specification calls malformed: SHORT, RANGE, LIMIT, VALUE, FORMAT. */
PVG_NODISCARD enum pvg_refusal pvg_render_description_parse(const uint8_t *bytes, size_t size,
                                                            struct pvg_render_description *out);
PVG_NODISCARD enum pvg_refusal pvg_compute_description_parse(const uint8_t *bytes, size_t size,
                                                             struct pvg_compute_description *out);

#endif
