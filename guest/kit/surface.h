/* SPDX-License-Identifier: MIT */
/* IOSurfaces: objects of task 0 on x86-64, iosfc mappings on arm64. Spec: 20-memory 8;
 * 21-surfaces-arm64. */
#ifndef KIT_SURFACE_H
#define KIT_SURFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/formats.h"
#include "wire/shared.h"

#include "kit/task.h"

#define KIT_PLANES 3

struct kit_plane {
    uint32_t width, height, bytes_per_element;
    uint32_t offset, stride; /* the kit's to choose; bytes */
};

struct kit_surface {
    uint32_t id;
    uint32_t width, height; /* of the first plane, and */
    uint32_t stride;        /* bytes a row of it */
    struct kit_plane planes[KIT_PLANES];
    unsigned plane_count;
    uint32_t size;   /* bytes, whole pages */
    uint64_t gva;    /* x86-64: in task 0 */
    uint64_t list;   /* arm64: gpa of the page list */
};

/* A surface of one plane, 'BGRA', on scattered pages, known to the device when this returns. */
void kit_surface_create(struct kit *kit, struct kit_surface *surface, uint32_t width,
                        uint32_t height);
/* The same of any format; @planes say how large they are. */
void kit_surface_create_planar(struct kit *kit, struct kit_surface *surface,
                               enum pvg_wire_fourcc format, const struct kit_plane *planes,
                               unsigned count);
void kit_surface_destroy(struct kit *kit, struct kit_surface *surface);

/* Copies @size bytes to byte @offset of the surface. */
void kit_surface_write(struct kit *kit, const struct kit_surface *surface, uint32_t offset,
                       const void *bytes, uint32_t size);
void kit_surface_read(struct kit *kit, const struct kit_surface *surface, uint32_t offset,
                      void *bytes, uint32_t size);

/* Makes all of it @pixel, 0xAARRGGBB. */
void kit_surface_fill(struct kit *kit, const struct kit_surface *surface, uint32_t pixel);

/* A texture of @task over the surface; returns its object. */
uint32_t kit_surface_texture(struct kit *kit, struct kit_task *task,
                             const struct kit_surface *surface);

/* The same over one plane. @format is of enum pvg_wire_pixel_format. */
uint32_t kit_surface_plane_texture(struct kit *kit, struct kit_task *task,
                                   const struct kit_surface *surface, unsigned plane,
                                   uint16_t format);

/* arm64: sends one request and waits; returns the result word. */
uint32_t kit_iosfc_request(struct kit *kit, enum pvg_wire_iosfc_operation operation, uint32_t id);

#endif
