/* SPDX-License-Identifier: MIT */
#include "demo/mesh.h"

#include "demo/vector.h"

static uint16_t add_vertex(struct meshes *m, struct vec3 position, struct vec3 normal, float u,
                           float v)
{
    m->vertices[m->vertex_count] = (struct mesh_vertex){
        {position.x, position.y, position.z}, {normal.x, normal.y, normal.z}, {u, v}};
    return (uint16_t)m->vertex_count++;
}

/* Two triangles, clockwise as seen from outside, which is Metal's front. */
static void add_quad(struct meshes *m, uint16_t a, uint16_t b, uint16_t c, uint16_t d)
{
    const uint16_t corners[6] = {a, b, c, a, c, d};

    for (unsigned i = 0; i < 6; i++) {
        m->indices[m->index_count++] = corners[i];
    }
}

static struct mesh mesh_since(const struct meshes *m, uint32_t first_index)
{
    return (struct mesh){first_index, m->index_count - first_index};
}

static struct mesh make_ground(struct meshes *m)
{
    const float far = 60, repeat = 30;
    const struct vec3 up = {0, 1, 0};
    const uint32_t first = m->index_count;
    const uint16_t a = add_vertex(m, (struct vec3){-far, 0, -far}, up, -repeat, -repeat);
    const uint16_t b = add_vertex(m, (struct vec3){far, 0, -far}, up, repeat, -repeat);
    const uint16_t c = add_vertex(m, (struct vec3){far, 0, far}, up, repeat, repeat);
    const uint16_t d = add_vertex(m, (struct vec3){-far, 0, far}, up, -repeat, repeat);

    add_quad(m, a, b, c, d);
    return mesh_since(m, first);
}

static struct mesh make_cube(struct meshes *m)
{
    const uint32_t first = m->index_count;

    for (unsigned side = 0; side < 6; side++) {
        const float sign = side & 1 ? -1 : 1;
        const struct vec3 n = {side / 2 == 0 ? sign : 0, side / 2 == 1 ? sign : 0,
                               side / 2 == 2 ? sign : 0};
        const struct vec3 s = {n.y, n.z, n.x}, t = vec3_cross(s, n);
        uint16_t corner[4];

        for (unsigned i = 0; i < 4; i++) {
            const float u = i == 1 || i == 2 ? 1 : -1, v = i / 2 ? 1 : -1;

            corner[i] = add_vertex(m, vec3_add(n, vec3_add(vec3_scale(s, u), vec3_scale(t, v))), n,
                                   u / 2 + 0.5f, v / 2 + 0.5f);
        }
        add_quad(m, corner[0], corner[1], corner[2], corner[3]);
    }
    return mesh_since(m, first);
}

/* A sheet of @across by @along quads whose corners @at places. */
static struct mesh make_sheet(struct meshes *m, unsigned across, unsigned along,
                              void (*at)(float u, float v, struct vec3 *position,
                                         struct vec3 *normal),
                              float repeat_u, float repeat_v)
{
    const uint32_t first_vertex = m->vertex_count, first = m->index_count;

    for (unsigned j = 0; j <= along; j++) {
        for (unsigned i = 0; i <= across; i++) {
            const float u = (float)i / (float)across, v = (float)j / (float)along;
            struct vec3 position, normal;

            at(u, v, &position, &normal);
            add_vertex(m, position, normal, u * repeat_u, v * repeat_v);
        }
    }
    for (unsigned j = 0; j < along; j++) {
        for (unsigned i = 0; i < across; i++) {
            const uint16_t corner = (uint16_t)(first_vertex + j * (across + 1) + i);
            const uint16_t next = (uint16_t)(corner + across + 1);

            add_quad(m, corner, (uint16_t)(corner + 1), (uint16_t)(next + 1), next);
        }
    }
    return mesh_since(m, first);
}

static void on_ball(float u, float v, struct vec3 *position, struct vec3 *normal)
{
    const float around = u * TURN, down = v * TURN / 2;

    *normal = (struct vec3){sine(down) * cosine(around), cosine(down), sine(down) * sine(around)};
    *position = *normal;
}

static struct vec3 along_knot(float turn)
{
    const float p = 2 * turn, q = 3 * turn, r = 1 + 0.42f * cosine(q);

    return (struct vec3){r * cosine(p), 0.42f * sine(q), r * sine(p)};
}

static void on_knot(float u, float v, struct vec3 *position, struct vec3 *normal)
{
    const float turn = v * TURN, step = 0.001f;
    const struct vec3 here = along_knot(turn), there = along_knot(turn + step);
    const struct vec3 ahead = vec3_unit(vec3_add(there, vec3_scale(here, -1)));
    const struct vec3 side = vec3_unit(vec3_cross(ahead, vec3_add(here, there)));
    const struct vec3 up = vec3_cross(side, ahead);

    *normal = vec3_add(vec3_scale(side, cosine(u * TURN)), vec3_scale(up, sine(u * TURN)));
    *position = vec3_add(here, vec3_scale(*normal, 0.24f));
}

void meshes_make(struct meshes *meshes)
{
    meshes->vertex_count = meshes->index_count = 0;
    meshes->ground = make_ground(meshes);
    meshes->cube = make_cube(meshes);
    meshes->ball = make_sheet(meshes, 32, 16, on_ball, 2, 1);
    meshes->knot = make_sheet(meshes, 18, 180, on_knot, 1, 12);
}
