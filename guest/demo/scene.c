/* SPDX-License-Identifier: MIT */
#include "demo/scene.h"

#include <stddef.h>
#include <string.h>

#include "demo/data.h"
#include "demo/image.h"
#include "kit/pipeline.h"
#include "wire/blit_encode.h"
#include "wire/compute_encode.h"
#include "wire/encoder_encode.h"
#include "wire/formats.h"
#include "wire/metal.h"
#include "wire/render_encode.h"
#include "wire/resources_encode.h"

#define SAMPLES 4

static uint64_t part(const struct scene *scene, size_t offset)
{
    const uint64_t size = (sizeof(struct scene_data) + 255) & ~(uint64_t)255;

    return scene->pictures % SCENE_FRAMES * size + offset;
}

#define PART(scene, member) part(scene, offsetof(struct scene_data, member))

/* ---- Once: objects ---- */

static void make_target(struct scene *scene, struct kit_texture *texture, uint16_t format)
{
    struct pvg_wire_texture_body body =
        kit_texture_body(format, scene->width, scene->height, PVG_WIRE_TEXTURE_USAGE_RENDER_TARGET,
                         PVG_WIRE_STORAGE_MODE_PRIVATE);

    body.type = PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE;
    body.samples = SAMPLES;
    kit_texture_create(scene->kit, &scene->task, texture, &body, 4);
}

/* Writes the largest level; the GPU makes the smaller ones. */
static void make_image(struct scene *scene, struct kit_texture *texture, uint16_t format,
                       uint32_t width, uint32_t height, unsigned bytes, uint16_t levels,
                       const void *texels)
{
    struct pvg_wire_texture_body body = kit_texture_body(
        format, width, height, PVG_WIRE_TEXTURE_USAGE_SHADER_READ, PVG_WIRE_STORAGE_MODE_MANAGED);

    body.levels = levels;
    kit_texture_create(scene->kit, &scene->task, texture, &body, bytes);
    for (uint32_t y = 0; y < height && !scene->kit->failure; y++) {
        kit_task_write(scene->kit, &scene->task, texture->gva + texture->level[0].row_stride * y,
                       (const uint8_t *)texels + (size_t)y * width * bytes, width * bytes);
    }
}

static void make_images(struct scene *scene)
{
    static uint32_t texels[IMAGE_SIDE * IMAGE_SIDE];
    static uint8_t atlas[ATLAS_WIDTH * ATLAS_HEIGHT];

    image_tiles(texels);
    make_image(scene, &scene->tiles, PVG_WIRE_PIXEL_FORMAT_RGBA8UNORM, IMAGE_SIDE, IMAGE_SIDE, 4, 9,
               texels);
    image_plates(texels);
    make_image(scene, &scene->plates, PVG_WIRE_PIXEL_FORMAT_RGBA8UNORM, IMAGE_SIDE, IMAGE_SIDE, 4,
               9, texels);
    image_atlas(atlas);
    make_image(scene, &scene->atlas, PVG_WIRE_PIXEL_FORMAT_R8UNORM, ATLAS_WIDTH, ATLAS_HEIGHT, 1, 1,
               atlas);
}

static void make_meshes(struct scene *scene)
{
    struct meshes *m = &scene->meshes;

    meshes_make(m);
    kit_buffer_create(scene->kit, &scene->task, &scene->vertices,
                      m->vertex_count * sizeof(*m->vertices));
    kit_task_write(scene->kit, &scene->task, scene->vertices.gva, m->vertices,
                   scene->vertices.size);
    kit_buffer_create(scene->kit, &scene->task, &scene->indices,
                      m->index_count * sizeof(*m->indices));
    kit_task_write(scene->kit, &scene->task, scene->indices.gva, m->indices, scene->indices.size);
}

static void make_particles(struct scene *scene)
{
    float particle[8];

    kit_buffer_create(scene->kit, &scene->task, &scene->particles,
                      SCENE_PARTICLES * sizeof(particle));
    for (unsigned i = 0; i < SCENE_PARTICLES && !scene->kit->failure; i++) {
        scene_particle(i, particle);
        kit_task_write(scene->kit, &scene->task, scene->particles.gva + i * sizeof(particle),
                       particle, sizeof(particle));
    }
}

static uint32_t make_sampler(struct scene *scene, bool smooth)
{
    const uint8_t filter = smooth ? PVG_WIRE_FILTER_LINEAR : PVG_WIRE_FILTER_NEAREST;
    const uint8_t address =
        smooth ? PVG_WIRE_ADDRESS_MODE_REPEAT : PVG_WIRE_ADDRESS_MODE_CLAMP_TO_EDGE;
    const uint32_t object = kit_object_number(&scene->task);

    pvg_wire_sampler_encode(
        kit_blob(scene->kit),
        &(struct pvg_wire_sampler){
            .object = object,
            .min = filter,
            .mag = filter,
            .mip = smooth ? PVG_WIRE_MIP_FILTER_LINEAR : PVG_WIRE_MIP_FILTER_NOT_MIPMAPPED,
            .address_s = address,
            .address_t = address,
            .address_r = address,
            .max_anisotropy = smooth ? 8 : 1,
            .normalized = true,
            .lod_max = 1000,
        });
    kit_object_publish(scene->kit, &scene->task, object, PVG_WIRE_OBJECT_TYPE_STATE);
    return object;
}

static uint32_t make_depth_state(struct scene *scene, uint8_t compare, bool write)
{
    static const struct pvg_wire_stencil_face unused = {
        .compare = PVG_WIRE_COMPARE_ALWAYS, .read_mask = ~0u, .write_mask = ~0u};
    const uint32_t object = kit_object_number(&scene->task);

    pvg_wire_depth_stencil_encode(kit_blob(scene->kit), &(struct pvg_wire_depth_stencil){
                                                            .object = object,
                                                            .depth_compare = compare,
                                                            .depth_write = write,
                                                            .unknown4 = 3,
                                                            .front = unused,
                                                            .back = unused,
                                                        });
    kit_object_publish(scene->kit, &scene->task, object, PVG_WIRE_OBJECT_TYPE_STATE);
    return object;
}

static uint32_t make_function(struct scene *scene, struct demo_code code)
{
    return kit_function_create(scene->kit, &scene->task, code.bytes, code.size);
}

/* A pipeline for the scene's targets. */
static uint32_t make_pipeline(struct scene *scene, struct demo_code vertex,
                              struct demo_code fragment, bool blending,
                              struct kit_render_pipeline pipeline)
{
    const struct kit_color color = {.format = PVG_WIRE_PIXEL_FORMAT_BGRA8UNORM,
                                    .blending = blending};

    pipeline.vertex_function = make_function(scene, vertex);
    pipeline.fragment_function = make_function(scene, fragment);
    pipeline.colors = &color;
    pipeline.color_count = 1;
    pipeline.depth_format = PVG_WIRE_PIXEL_FORMAT_DEPTH32FLOAT;
    pipeline.samples = SAMPLES;
    return kit_render_pipeline_create(scene->kit, &scene->task, &pipeline);
}

static void make_pipelines(struct scene *scene, const struct scene_apple *apple)
{
    static const struct kit_attribute mesh[] = {
        {0, PVG_WIRE_VERTEX_FORMAT_FLOAT3, offsetof(struct mesh_vertex, position), 0},
        {1, PVG_WIRE_VERTEX_FORMAT_FLOAT3, offsetof(struct mesh_vertex, normal), 0},
        {2, PVG_WIRE_VERTEX_FORMAT_FLOAT2, offsetof(struct mesh_vertex, texture), 0},
    };
    static const struct kit_attribute corner = {.format = PVG_WIRE_VERTEX_FORMAT_FLOAT4};
    static const struct kit_layout mesh_layout = {.stride = sizeof(struct mesh_vertex)};
    static const struct kit_layout corner_layout = {.stride = 16};
    static const struct kit_render_pipeline none = {0};
    static const struct kit_render_pipeline of_mesh = {
        .attributes = mesh, .attribute_count = 3, .layouts = &mesh_layout, .layout_count = 1};
    static const struct kit_render_pipeline of_corners = {
        .attributes = &corner, .attribute_count = 1, .layouts = &corner_layout, .layout_count = 1};

    scene->sky =
        make_pipeline(scene, demo_code("sky_vertex"), demo_code("sky_fragment"), false, none);
    scene->ground = make_pipeline(scene, demo_code("solid_vertex"), demo_code("ground_fragment"),
                                  false, of_mesh);
    scene->solid = make_pipeline(scene, demo_code("solid_vertex"), demo_code("solid_fragment"),
                                 false, of_mesh);
    scene->particle = make_pipeline(scene, demo_code("particle_vertex"),
                                    demo_code("particle_fragment"), true, none);
    scene->text =
        make_pipeline(scene, demo_code("text_vertex"), demo_code("text_fragment"), true, none);
    scene->move = kit_compute_pipeline_create(scene->kit, &scene->task,
                                              make_function(scene, demo_code("move_particles")));
    if (apple && apple->vertex.bytes && apple->fragment.bytes) {
        scene->apple = make_pipeline(scene, apple->vertex, apple->fragment, false, of_corners);
    }
}

/* ---- Records ---- */

static void bind(struct pvg_writer *w, uint32_t object, uint64_t offset, uint32_t slot,
                 void (*encode)(struct pvg_writer *, const struct pvg_wire_set_buffers *))
{
    uint8_t bytes[12];
    struct pvg_writer entry = pvg_writer_over(bytes, sizeof(bytes));

    pvg_put_u32(&entry, object);
    pvg_put_u64(&entry, offset);
    encode(w, &(struct pvg_wire_set_buffers){.first = slot, .count = 1, .binds = {bytes, 1}});
}

static void bind_vertex(struct scene *scene, uint32_t slot, const struct kit_buffer *buffer,
                        uint64_t offset)
{
    bind(&scene->stream.w, buffer->object, offset, slot, pvg_wire_set_vertex_buffers_encode);
}

static void bind_fragment(struct scene *scene, uint32_t slot, const struct kit_buffer *buffer,
                          uint64_t offset)
{
    bind(&scene->stream.w, buffer->object, offset, slot, pvg_wire_set_fragment_buffers_encode);
}

static void bind_image(struct scene *scene, const struct kit_texture *image, uint32_t sampler)
{
    uint8_t bytes[8];
    struct pvg_writer entry = pvg_writer_over(bytes, sizeof(bytes));

    pvg_put_u32(&entry, image->object);
    pvg_put_u32(&entry, sampler);
    pvg_wire_set_fragment_textures_encode(
        &scene->stream.w, &(struct pvg_wire_set_textures){.count = 1, .textures = {bytes, 1}});
    pvg_wire_set_fragment_samplers_encode(
        &scene->stream.w, &(struct pvg_wire_set_samplers){.count = 1, .samplers = {bytes + 4, 1}});
}

static void use(struct scene *scene, uint32_t pipeline, uint32_t depth_state)
{
    pvg_wire_set_render_pipeline_encode(&scene->stream.w,
                                        &(struct pvg_wire_set_pipeline){pipeline});
    pvg_wire_set_depth_stencil_encode(&scene->stream.w,
                                      &(struct pvg_wire_set_depth_stencil){depth_state});
}

static void draw(struct scene *scene, uint32_t primitive, uint32_t count, uint32_t instances)
{
    pvg_wire_draw_instanced_encode(
        &scene->stream.w, &(struct pvg_wire_draw){
                              .primitive = primitive, .count = count, .instance_count = instances});
}

static void draw_mesh(struct scene *scene, const struct mesh *mesh, uint64_t instances_at,
                      uint32_t instances)
{
    bind_vertex(scene, 2, &scene->changing, instances_at);
    pvg_wire_draw_indexed_instanced_encode(&scene->stream.w,
                                           &(struct pvg_wire_draw_indexed){
                                               .primitive = PVG_WIRE_PRIMITIVE_TRIANGLE,
                                               .index_type = PVG_WIRE_INDEX_TYPE_U16,
                                               .index_buffer = scene->indices.object,
                                               .index_count = mesh->index_count,
                                               .index_offset = mesh->first_index * sizeof(uint16_t),
                                               .instance_count = instances,
                                           });
}

static void submit(struct scene *scene, const struct kit_point *after)
{
    const struct scene_frame *frame = &scene->frames[scene->pictures % SCENE_FRAMES];
    const bool first = scene->pictures == 0;
    const struct pvg_wire_validity written = {.clear_host = true};
    const struct pvg_wire_validity once = {.clear_host = first};
    const struct pvg_wire_exec_resource resources[] = {
        {frame->target, {.set_host = true}},
        {scene->changing.object, written},
        {scene->vertices.object, once},
        {scene->indices.object, once},
        {scene->particles.object, {.clear_host = first, .set_host = true}},
        {scene->tiles.object, {.clear_host = first, .set_host = first}},
        {scene->plates.object, {.clear_host = first, .set_host = first}},
        {scene->atlas.object, once},
        {scene->samples.object, {.set_host = true}},
        {scene->depth.object, {.set_host = true}},
    };

    scene->frames[scene->pictures % SCENE_FRAMES].stamp = kit_submit(
        scene->kit, &scene->stream, resources, sizeof(resources) / sizeof(*resources), after);
}

/* Writes this picture's part of the changing buffer; returns how many glyphs its text has. */
static unsigned write_data(struct scene *scene, float seconds, float step, const char *text)
{
    static struct scene_data data;
    const unsigned glyphs =
        scene_data_compute(&data, scene->width, scene->height, seconds, step, text);

    kit_task_write(scene->kit, &scene->task, scene->changing.gva + part(scene, 0), &data,
                   sizeof(data));
    return glyphs;
}

/* ---- Each picture: what the GPU is told ---- */

static void generate_levels(struct scene *scene)
{
    kit_segment_begin(&scene->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_generate_mipmaps_encode(&scene->stream.w,
                                     &(struct pvg_wire_generate_mipmaps){scene->tiles.object});
    pvg_wire_generate_mipmaps_encode(&scene->stream.w,
                                     &(struct pvg_wire_generate_mipmaps){scene->plates.object});
    kit_segment_end(&scene->stream);
}

static void move_particles(struct scene *scene)
{
    struct pvg_writer *w = &scene->stream.w;

    kit_segment_begin(&scene->stream, PVG_WIRE_SEGMENT_TYPE_COMPUTE);
    pvg_wire_set_compute_pipeline_encode(w, &(struct pvg_wire_set_pipeline){scene->move});
    bind(w, scene->particles.object, 0, 0, pvg_wire_set_compute_buffers_encode);
    bind(w, scene->changing.object, PART(scene, frame), 1, pvg_wire_set_compute_buffers_encode);
    bind(w, scene->changing.object, PART(scene, particle_count), 2,
         pvg_wire_set_compute_buffers_encode);
    pvg_wire_dispatch_threads_encode(
        w, &(struct pvg_wire_dispatch){.grid = {SCENE_PARTICLES, 1, 1}, .group = {64, 1, 1}});
    kit_segment_end(&scene->stream);
}

static void begin_pass(struct scene *scene, uint32_t target)
{
    struct pvg_wire_render_pass pass = {
        .color[0].to = {.texture = scene->samples.object,
                        .resolve_texture = target,
                        .load = PVG_WIRE_LOAD_ACTION_CLEAR,
                        .store = PVG_WIRE_STORE_ACTION_MULTISAMPLE_RESOLVE},
        .depth.to = {.texture = scene->depth.object, .load = PVG_WIRE_LOAD_ACTION_CLEAR},
        .depth.clear = 1,
    };

    kit_segment_begin(&scene->stream, PVG_WIRE_SEGMENT_TYPE_RENDER);
    pvg_wire_render_pass_encode(&scene->stream.w, &pass);
}

static void draw_solids(struct scene *scene)
{
    bind_vertex(scene, 0, &scene->vertices, 0);
    use(scene, scene->ground, scene->tested);
    bind_image(scene, &scene->tiles, scene->smooth);
    draw_mesh(scene, &scene->meshes.ground, PART(scene, ground), 1);
    use(scene, scene->solid, scene->tested);
    bind_image(scene, &scene->plates, scene->smooth);
    draw_mesh(scene, &scene->meshes.knot, PART(scene, knot), 1);
    draw_mesh(scene, &scene->meshes.cube, PART(scene, cubes), SCENE_CUBES);
    draw_mesh(scene, &scene->meshes.ball, PART(scene, balls), SCENE_BALLS);
}

static void draw_overlay(struct scene *scene, unsigned glyphs)
{
    use(scene, scene->text, scene->unseen);
    bind_vertex(scene, 0, &scene->changing, PART(scene, glyphs));
    bind_image(scene, &scene->atlas, scene->sharp);
    draw(scene, PVG_WIRE_PRIMITIVE_TRIANGLE_STRIP, 4, glyphs);
    if (scene->apple) {
        use(scene, scene->apple, scene->unseen);
        bind_vertex(scene, 0, &scene->changing, PART(scene, bar));
        bind_fragment(scene, 0, &scene->changing, PART(scene, bar_color));
        draw(scene, PVG_WIRE_PRIMITIVE_TRIANGLE_STRIP, 4, 1);
    }
}

const struct scene_frame *scene_draw(struct scene *scene, float seconds, float step,
                                     const char *text)
{
    struct scene_frame *frame = &scene->frames[scene->pictures % SCENE_FRAMES];
    unsigned glyphs;

    if (scene->pictures >= SCENE_FRAMES) {
        kit_wait(scene->kit, kit_exec_channel(scene->kit), frame->stamp);
    }
    glyphs = write_data(scene, seconds, step, text);
    if (scene->pictures == 0) {
        generate_levels(scene);
    }
    move_particles(scene);
    begin_pass(scene, frame->target);
    bind_vertex(scene, 1, &scene->changing, PART(scene, frame));
    bind_fragment(scene, 0, &scene->changing, PART(scene, frame));
    use(scene, scene->sky, scene->unseen);
    draw(scene, PVG_WIRE_PRIMITIVE_TRIANGLE, 3, 1);
    draw_solids(scene);
    use(scene, scene->particle, scene->untested);
    bind_vertex(scene, 0, &scene->particles, 0);
    draw(scene, PVG_WIRE_PRIMITIVE_TRIANGLE_STRIP, 4, SCENE_PARTICLES);
    draw_overlay(scene, glyphs);
    kit_segment_end(&scene->stream);
    submit(scene, NULL);
    scene->pictures++;
    return frame;
}

void scene_start(struct scene *scene, struct kit *kit, uint32_t width, uint32_t height,
                 const struct scene_apple *apple)
{
    memset(scene, 0, sizeof(*scene));
    scene->kit = kit;
    scene->width = width;
    scene->height = height;
    kit_task_create(kit, &scene->task, 1);
    kit_task_bind_objects(kit, &scene->task);
    kit_stream_init(kit, &scene->stream, &scene->task);
    for (unsigned i = 0; i < SCENE_FRAMES; i++) {
        kit_surface_create(kit, &scene->frames[i].surface, width, height);
        scene->frames[i].target = kit_surface_texture(kit, &scene->task, &scene->frames[i].surface);
    }
    make_target(scene, &scene->samples, PVG_WIRE_PIXEL_FORMAT_BGRA8UNORM);
    make_target(scene, &scene->depth, PVG_WIRE_PIXEL_FORMAT_DEPTH32FLOAT);
    make_images(scene);
    make_meshes(scene);
    make_particles(scene);
    kit_buffer_create(kit, &scene->task, &scene->changing,
                      SCENE_FRAMES * ((sizeof(struct scene_data) + 255) & ~(uint64_t)255));
    scene->smooth = make_sampler(scene, true);
    scene->sharp = make_sampler(scene, false);
    scene->tested = make_depth_state(scene, PVG_WIRE_COMPARE_LESS, true);
    scene->untested = make_depth_state(scene, PVG_WIRE_COMPARE_LESS, false);
    scene->unseen = make_depth_state(scene, PVG_WIRE_COMPARE_ALWAYS, false);
    make_pipelines(scene, apple);
}
