/* SPDX-License-Identifier: MIT */
/* Meshes of the demo, made by arithmetic. */
#ifndef DEMO_MESH_H
#define DEMO_MESH_H

#include <stdint.h>

#define MESH_VERTICES 8192 /* all of them together */
#define MESH_INDICES  32768

struct mesh_vertex {
    float position[3], normal[3], texture[2];
};

/* Where a mesh lies in the arrays. */
struct mesh {
    uint32_t first_index, index_count;
};

struct meshes {
    struct mesh_vertex vertices[MESH_VERTICES];
    uint16_t indices[MESH_INDICES];
    uint32_t vertex_count, index_count;
    struct mesh ground, cube, ball, knot;
};

void meshes_make(struct meshes *meshes);

#endif
