/* SPDX-License-Identifier: MIT */
/* Pipelines: property lists in which whatever has its default value is left out, as the guest's
 * encoder does. Spec: 30-resources 7.6, 8.11, 8.12. */
#ifndef KIT_PIPELINE_H
#define KIT_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/task.h"

struct kit_color {
    uint32_t format; /* enum pvg_wire_pixel_format */
    bool blending;
    /* Numbers of enum pvg_wire_blend_factor and pvg_wire_blend_operation; all 0 and blending: the
     * common "source over destination", premultiplied. */
    uint32_t source_rgb, destination_rgb, operation_rgb;
    uint32_t source_alpha, destination_alpha, operation_alpha;
    uint32_t unwritten; /* channels that are not written: bits of enum pvg_wire_color_write_mask */
};

struct kit_attribute {
    uint32_t location;
    uint32_t format; /* enum pvg_wire_vertex_format */
    uint32_t offset; /* bytes */
    uint32_t buffer;
};

struct kit_layout {
    uint32_t buffer;
    uint32_t stride; /* bytes */
    bool per_instance;
    bool per_control_point;
};

/* Of a post-tessellation vertex function; numbers of the enumerations of their names. */
struct kit_tessellation {
    uint32_t partition, most, index, step;
    bool scaled, counter_clockwise;
};

struct kit_render_pipeline {
    uint32_t vertex_function, fragment_function; /* objects */
    const struct kit_color *colors;
    unsigned color_count;
    const struct kit_attribute *attributes;
    unsigned attribute_count; /* 0: no vertex descriptor */
    const struct kit_layout *layouts;
    unsigned layout_count;
    uint32_t depth_format, stencil_format;
    uint32_t samples;                            /* 0: 1 */
    const struct kit_tessellation *tessellation; /* may be NULL */
};

/* Both return the pipeline's object. */
uint32_t kit_render_pipeline_create(struct kit *kit, struct kit_task *task,
                                    const struct kit_render_pipeline *pipeline);
uint32_t kit_compute_pipeline_create(struct kit *kit, struct kit_task *task, uint32_t function);

#endif
