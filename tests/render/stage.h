/* SPDX-License-Identifier: MIT */
/* Where scenes are drawn: the whole library on the Vulkan executor, lavapipe below unless
 * PVG_TEST_GPU names another device, the guest kit above, validation layers in between. One message
 * of the layers, and one refusal that the scene did not ask for, fails the scene. */
#ifndef PVG_TESTS_RENDER_STAGE_H
#define PVG_TESTS_RENDER_STAGE_H

#include "test.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "device/device.h"
#include "kit/kit.h"
#include "kit/object.h"
#include "kit/pipeline.h"
#include "kit/stream.h"
#include "plain/plain.h"
#include "wire/blit_encode.h"
#include "wire/compute_encode.h"
#include "wire/encoder_encode.h"
#include "wire/info_encode.h"
#include "wire/render_encode.h"
#include "wire/resources_encode.h"

struct stage {
    struct pvg_device *device;
    pid_t worker; /* 0: none */
    int ram_fd;
    uint8_t *ram;
    uint64_t ram_gpa;
    struct plain plain;
    unsigned patience;
    unsigned messages; /* of the validation layers */
    bool may_refuse;   /* the scene is about something wrong */

    struct kit kit;
    struct kit_task task;
    struct kit_stream stream;
};

/* For cmocka: a started device with one task, 4 KiB pages or 16 KiB pages. */
int stage_setup_pci(void **state);
int stage_setup_mmio(void **state);
/* The same, recorded to @path unless that is NULL. */
int stage_setup_recorded(void **state, enum pvg_variant variant, const char *path);
int stage_teardown(void **state);

/* Both page sizes. */
#define scene(function)                                                                            \
    cmocka_unit_test_setup_teardown(function, stage_setup_pci, stage_teardown),                    \
    {                                                                                              \
#function "_with_16k_pages", function, stage_setup_mmio, stage_teardown, NULL              \
    }

/* 4 KiB pages, for what has nothing to do with pages. */
#define scene_once(function)                                                                       \
    cmocka_unit_test_setup_teardown(function, stage_setup_pci, stage_teardown)

/* All of @scenes, or those that PVG_SCENE, a pattern with * and ?, names. With PVG_TEST_WORKER they
 * are drawn by a GPU worker, which PCI devices can have. */
#define run_scenes(scenes)                                                                         \
    (cmocka_set_test_filter(getenv("PVG_SCENE")),                                                  \
     cmocka_set_skip_filter(getenv("PVG_TEST_WORKER") ? "*_with_16k_pages" : NULL),                \
     cmocka_run_group_tests(scenes, NULL, NULL))

/* Sends the stream with @count objects in its resource table, all of them written by the CPU, and
 * waits until it is complete. */
void stage_run(struct stage *stage, const uint32_t *objects, unsigned count);
#define stage_run_with(stage, ...)                                                                 \
    stage_run(stage, (const uint32_t[]){__VA_ARGS__},                                              \
              sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* The same without waiting: the stamp, on the exec channel. */
uint32_t stage_submit(struct stage *stage, const uint32_t *objects, unsigned count);

/* Guest memory of buffers. */
void stage_fill(struct stage *stage, const struct kit_buffer *buffer, uint8_t value);
void stage_write(struct stage *stage, const struct kit_buffer *buffer, uint64_t offset,
                 const void *bytes, uint64_t size);
void stage_read(struct stage *stage, const struct kit_buffer *buffer, uint64_t offset, void *bytes,
                uint64_t size);

/* All bytes of @buffer in [@from, @to) are @value, with a message that says where they are not. */
void stage_expect(struct stage *stage, const struct kit_buffer *buffer, uint64_t from, uint64_t to,
                  uint8_t value);

/* A buffer of @value, and a segment that fills it with another one. */
struct kit_buffer stage_buffer(struct stage *stage, uint64_t size, uint8_t value);
void stage_put_fill(struct stage *stage, const struct kit_buffer *buffer, uint8_t value);

/* A texture body with the usual defaults. */
struct pvg_wire_texture_body stage_texture_2d(uint16_t format, uint32_t width, uint32_t height);

/* A state whose faces are both @face; @state says all but them and the numbers. */
uint32_t stage_depth_stencil(struct stage *stage, struct pvg_wire_depth_stencil state,
                             struct pvg_wire_stencil_face face);

/* Makes a sampler and fills its number in. */
void stage_sampler(struct stage *stage, struct pvg_wire_sampler *sampler);

/* A view of @base; @view says all but the numbers. */
uint32_t stage_view(struct stage *stage, uint32_t base, struct pvg_wire_texture_view view);

/* A texture whose texels are @buffer's bytes from @offset on. */
uint32_t stage_texture_over(struct stage *stage, uint32_t buffer, uint64_t offset,
                            uint64_t bytes_per_row, const struct pvg_wire_texture_body *body);

/* Records that bind one object at @slot; 0 unbinds. */
enum stage_at { AT_VERTEX, AT_FRAGMENT, AT_KERNEL };
void stage_bind_buffer(struct stage *stage, enum stage_at at, uint32_t slot, uint32_t buffer,
                       uint64_t offset);
void stage_bind_texture(struct stage *stage, enum stage_at at, uint32_t slot, uint32_t texture);
void stage_bind_sampler(struct stage *stage, enum stage_at at, uint32_t slot, uint32_t sampler);
/* With clamps of its own. */
void stage_bind_sampler_clamped(struct stage *stage, enum stage_at at, uint32_t slot,
                                uint32_t sampler, float lod_min, float lod_max);

/* Texels of one level and slice in guest memory: rows of @row bytes, tight. */
void stage_texture_write(struct stage *stage, const struct kit_texture *texture, unsigned level,
                         unsigned piece, unsigned rows, unsigned row, const void *bytes);
void stage_texture_read(struct stage *stage, const struct kit_texture *texture, unsigned level,
                        unsigned piece, unsigned rows, unsigned row, void *bytes);

/* A function of the specification's fixtures: @path below the folder, @entry NULL for a library of
 * one function, else the entry to take out of bare bitcode. Skips the scene, loudly, when the
 * fixtures are not there. */
uint32_t stage_function(struct stage *stage, const char *path, const char *entry);

/* A function of shaders.cl. */
uint32_t stage_shader(struct stage *stage, const char *name);

uint64_t stage_stat(struct stage *stage, const char *name);
/* How often @why was refused. */
uint64_t stage_refusals(struct stage *stage, enum pvg_refusal why);

#endif
