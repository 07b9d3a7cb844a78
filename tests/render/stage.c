/* SPDX-License-Identifier: MIT */
/* Sets the stage. */
#include "stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/refusal.h"
#include "shader/metallib.h"
#include "shader/metallib_writer.h"
#include "spawn_worker.h"

#define RAM_SIZE 0x40000000ull /* reserved, not resident */
#define ROWS_AT  0x4000000ull
#define PAGES_AT 0x10000000ull
#define PAGES    0x8000 /* scattered ones: 128 MiB, or 512 */
#define PATIENCE 600000 /* tenths of a millisecond */

/* Keeps drivers and layers loaded to the end of the process, so that the leak checker can tell
 * their allocations from ours (lsan.supp). */
__attribute__((visibility("default"))) int dlclose(void *handle);
int dlclose(void *handle)
{
    return 0;
}

static const char *gpu_name(void)
{
    return getenv("PVG_TEST_GPU") ?: "llvmpipe";
}

static void log_line(void *host, enum pvg_log_level level, const char *message)
{
    struct stage *stage = host;

    if (level != PVG_LOG_INFO) {
        stage->messages += strncmp(message, "Vulkan: ", 8) == 0;
        fprintf(stderr, "# %s\n", message);
    }
}

static void set_interrupt(void *host, enum pvg_interrupt line, bool level)
{
}

static bool start_gpu_worker(void *host, int *socket, int *process, struct pvg_error *error)
{
    ((struct stage *)host)->worker =
        spawn_gpu_worker(getenv("PVG_TEST_WORKER"), gpu_name(), socket, process);
    return true;
}

static const struct pvg_host_ops ops = {
    .size = sizeof(ops),
    .set_interrupt = set_interrupt,
    .log = log_line,
};

static const struct pvg_host_ops ops_with_worker = {
    .size = sizeof(ops_with_worker),
    .set_interrupt = set_interrupt,
    .log = log_line,
    .start_gpu_worker = start_gpu_worker,
};

/* ---- Where the kit runs ---- */

static bool pause_a_moment(void *owner)
{
    struct stage *stage = owner;

    pvg_engine_step(&stage->device->engine);
    g_usleep(100);
    return stage->patience-- > 0;
}

/* ---- Life ---- */

int stage_setup_recorded(void **state, enum pvg_variant variant, const char *path)
{
    static const struct pvg_mode mode = {640, 480, 60000};
    const struct pvg_display_options display = {.modes = &mode, .mode_count = 1};
    struct stage *stage = g_new0(struct stage, 1);
    const struct pvg_device_options options = {
        .size = sizeof(options),
        .variant = variant,
        .ops = getenv("PVG_TEST_WORKER") ? &ops_with_worker : &ops,
        .host = stage,
        .displays = &display,
        .display_count = 1,
        .gpu = gpu_name(),
        .trace_file = path,
    };
    struct pvg_ram_span span = {.size = RAM_SIZE, .fd = memfd_create("guest", MFD_CLOEXEC)};
    struct pvg_error error = {0};
    struct kit_pool_memory memory = {.gpa = ROWS_AT, .single_pages = PAGES, .stride = 4099};

    setenv("PVG_VULKAN_VALIDATION", "1", 1);
    stage->ram_fd = span.fd;
    assert_int_equal(ftruncate(span.fd, RAM_SIZE), 0);
    stage->ram =
        mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, span.fd, 0);
    stage->ram_gpa = variant == PVG_VARIANT_PCI ? 0 : 0x70000000;
    stage->patience = PATIENCE;
    stage->device =
        pvg_device_create_for_bench(&options, &(struct pvg_device_bench){.stepped = true}, &error);
    if (!stage->device) {
        fprintf(stderr, "# no device: %s\n", error.message);
        return -1;
    }
    span.gpa = stage->ram_gpa;
    span.host = stage->ram;
    assert_true(pvg_ram_add(stage->device, &span, &error));
    pvg_device_start(stage->device);

    memory.page_shift = plain_page_shift(variant);
    memory.row_pages = (unsigned)((PAGES_AT - ROWS_AT) >> memory.page_shift);
    plain_init(&stage->plain, stage->device, &span, &memory, pause_a_moment, stage);
    kit_init(&stage->kit, variant == PVG_VARIANT_PCI ? KIT_X86 : KIT_ARM64, &plain_platform,
             &stage->plain);
    kit_start(&stage->kit);
    kit_task_create(&stage->kit, &stage->task, 3);
    kit_task_bind_objects(&stage->kit, &stage->task);
    kit_stream_init(&stage->kit, &stage->stream, &stage->task);
    if (stage->kit.failure) {
        fprintf(stderr, "# the kit failed: %s\n", stage->kit.failure);
        return -1;
    }
    *state = stage;
    return 0;
}

int stage_setup_pci(void **state)
{
    return stage_setup_recorded(state, PVG_VARIANT_PCI, NULL);
}

int stage_setup_mmio(void **state)
{
    return stage_setup_recorded(state, PVG_VARIANT_MMIO, NULL);
}

int stage_teardown(void **state)
{
    struct stage *stage = *state;
    uint64_t refused = 0;
    int result;

    for (unsigned why = 1; why < PVG_REFUSAL_COUNT; why++) {
        refused += stage_refusals(stage, why);
    }
    pvg_device_destroy(stage->device);
    if (stage->worker) {
        waitpid(stage->worker, NULL, 0);
    }
    result = stage->messages || stage->kit.failure || (refused && !stage->may_refuse) ? -1 : 0;
    if (result) {
        fprintf(stderr, "# %u validation messages, %u refusals, kit: %s\n", stage->messages,
                (unsigned)refused, stage->kit.failure ? stage->kit.failure : "well");
    }
    plain_finish(&stage->plain);
    munmap(stage->ram, RAM_SIZE);
    close(stage->ram_fd);
    g_free(stage);
    return result;
}

/* ---- What scenes do ---- */

uint32_t stage_submit(struct stage *stage, const uint32_t *objects, unsigned count)
{
    g_autofree struct pvg_wire_exec_resource *resources =
        g_new0(struct pvg_wire_exec_resource, count);

    for (unsigned i = 0; i < count; i++) {
        resources[i].object = objects[i];
        resources[i].validity.clear_host = 1;
        resources[i].validity.set_host = 1;
    }
    return kit_submit(&stage->kit, &stage->stream, resources, count, NULL);
}

void stage_run(struct stage *stage, const uint32_t *objects, unsigned count)
{
    uint32_t stamp = stage_submit(stage, objects, count);

    kit_wait(&stage->kit, kit_exec_channel(&stage->kit), stamp);
    if (stage->kit.failure) {
        fail_msg("the kit failed: %s", stage->kit.failure);
    }
}

void stage_write(struct stage *stage, const struct kit_buffer *buffer, uint64_t offset,
                 const void *bytes, uint64_t size)
{
    kit_task_write(&stage->kit, &stage->task, buffer->gva + offset, bytes, size);
}

void stage_read(struct stage *stage, const struct kit_buffer *buffer, uint64_t offset, void *bytes,
                uint64_t size)
{
    kit_task_read(&stage->kit, &stage->task, buffer->gva + offset, bytes, size);
}

void stage_fill(struct stage *stage, const struct kit_buffer *buffer, uint8_t value)
{
    g_autofree uint8_t *bytes = g_malloc(buffer->size);

    memset(bytes, value, buffer->size);
    stage_write(stage, buffer, 0, bytes, buffer->size);
}

void stage_expect(struct stage *stage, const struct kit_buffer *buffer, uint64_t from, uint64_t to,
                  uint8_t value)
{
    g_autofree uint8_t *bytes = g_malloc(to - from);

    stage_read(stage, buffer, from, bytes, to - from);
    for (uint64_t i = 0; i < to - from; i++) {
        if (bytes[i] != value) {
            fail_msg("byte 0x%llx is 0x%02x, not 0x%02x", (unsigned long long)(from + i), bytes[i],
                     value);
        }
    }
}

struct kit_buffer stage_buffer(struct stage *stage, uint64_t size, uint8_t value)
{
    struct kit_buffer buffer;

    kit_buffer_create(&stage->kit, &stage->task, &buffer, size);
    stage_fill(stage, &buffer, value);
    return buffer;
}

void stage_put_fill(struct stage *stage, const struct kit_buffer *buffer, uint8_t value)
{
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_fill_buffer_encode(&stage->stream.w, &(struct pvg_wire_fill_buffer){
                                                      .buffer = buffer->object,
                                                      .size = buffer->size,
                                                      .value = value,
                                                  });
    kit_segment_end(&stage->stream);
}

struct pvg_wire_texture_body stage_texture_2d(uint16_t format, uint32_t width, uint32_t height)
{
    return kit_texture_body(format, width, height,
                            PVG_WIRE_TEXTURE_USAGE_SHADER_READ |
                                PVG_WIRE_TEXTURE_USAGE_SHADER_WRITE |
                                PVG_WIRE_TEXTURE_USAGE_RENDER_TARGET,
                            PVG_WIRE_STORAGE_MODE_MANAGED);
}

void stage_bind_buffer(struct stage *stage, enum stage_at at, uint32_t slot, uint32_t buffer,
                       uint64_t offset)
{
    uint8_t entry[12];
    struct pvg_writer w = pvg_writer_over(entry, sizeof(entry));
    const struct pvg_wire_set_buffers rec = {.first = slot, .count = 1, .binds = {entry, 1}};

    pvg_put_u32(&w, buffer);
    pvg_put_u64(&w, offset);
    switch (at) {
    case AT_VERTEX:
        pvg_wire_set_vertex_buffers_encode(&stage->stream.w, &rec);
        break;
    case AT_FRAGMENT:
        pvg_wire_set_fragment_buffers_encode(&stage->stream.w, &rec);
        break;
    case AT_KERNEL:
        pvg_wire_set_compute_buffers_encode(&stage->stream.w, &rec);
        break;
    }
}

void stage_bind_texture(struct stage *stage, enum stage_at at, uint32_t slot, uint32_t texture)
{
    uint8_t entry[4];
    struct pvg_writer w = pvg_writer_over(entry, sizeof(entry));
    const struct pvg_wire_set_textures rec = {.first = slot, .count = 1, .textures = {entry, 1}};

    pvg_put_u32(&w, texture);
    switch (at) {
    case AT_VERTEX:
        pvg_wire_set_vertex_textures_encode(&stage->stream.w, &rec);
        break;
    case AT_FRAGMENT:
        pvg_wire_set_fragment_textures_encode(&stage->stream.w, &rec);
        break;
    case AT_KERNEL:
        pvg_wire_set_compute_textures_encode(&stage->stream.w, &rec);
        break;
    }
}

void stage_bind_sampler(struct stage *stage, enum stage_at at, uint32_t slot, uint32_t sampler)
{
    uint8_t entry[4];
    struct pvg_writer w = pvg_writer_over(entry, sizeof(entry));
    const struct pvg_wire_set_samplers rec = {.first = slot, .count = 1, .samplers = {entry, 1}};

    pvg_put_u32(&w, sampler);
    switch (at) {
    case AT_VERTEX:
        pvg_wire_set_vertex_samplers_encode(&stage->stream.w, &rec);
        break;
    case AT_FRAGMENT:
        pvg_wire_set_fragment_samplers_encode(&stage->stream.w, &rec);
        break;
    case AT_KERNEL:
        pvg_wire_set_compute_samplers_encode(&stage->stream.w, &rec);
        break;
    }
}

void stage_bind_sampler_clamped(struct stage *stage, enum stage_at at, uint32_t slot,
                                uint32_t sampler, float lod_min, float lod_max)
{
    uint8_t entry[12];
    struct pvg_writer w = pvg_writer_over(entry, sizeof(entry));
    const struct pvg_wire_set_samplers_clamped rec = {
        .first = slot, .count = 1, .binds = {entry, 1}};

    pvg_wire_sampler_bind_encode(&w, &(struct pvg_wire_sampler_bind){sampler, lod_min, lod_max});
    switch (at) {
    case AT_VERTEX:
        pvg_wire_set_vertex_samplers_clamped_encode(&stage->stream.w, &rec);
        break;
    case AT_FRAGMENT:
        pvg_wire_set_fragment_samplers_clamped_encode(&stage->stream.w, &rec);
        break;
    case AT_KERNEL:
        pvg_wire_set_compute_samplers_clamped_encode(&stage->stream.w, &rec);
        break;
    }
}

uint32_t stage_depth_stencil(struct stage *stage, struct pvg_wire_depth_stencil state,
                             struct pvg_wire_stencil_face face)
{
    state.object = kit_object_number(&stage->task);
    state.unknown4 = 3;
    state.front = state.back = face;
    pvg_wire_depth_stencil_encode(kit_blob(&stage->kit), &state);
    kit_object_publish(&stage->kit, &stage->task, state.object, PVG_WIRE_OBJECT_TYPE_STATE);
    return state.object;
}

void stage_sampler(struct stage *stage, struct pvg_wire_sampler *sampler)
{
    sampler->object = kit_object_number(&stage->task);
    pvg_wire_sampler_encode(kit_blob(&stage->kit), sampler);
    kit_object_publish(&stage->kit, &stage->task, sampler->object, PVG_WIRE_OBJECT_TYPE_STATE);
}

uint32_t stage_view(struct stage *stage, uint32_t base, struct pvg_wire_texture_view view)
{
    view.object = kit_object_number(&stage->task);
    view.base = base;
    if (view.has_swizzle) {
        pvg_wire_texture_view_swizzle_encode(kit_blob(&stage->kit), &view);
    } else if (view.has_ranges) {
        pvg_wire_texture_view_ranges_encode(kit_blob(&stage->kit), &view);
    } else {
        pvg_wire_texture_view_encode(kit_blob(&stage->kit), &view);
    }
    kit_object_publish(&stage->kit, &stage->task, view.object,
                       PVG_WIRE_OBJECT_TYPE_DERIVED_TEXTURE);
    return view.object;
}

uint32_t stage_texture_over(struct stage *stage, uint32_t buffer, uint64_t offset,
                            uint64_t bytes_per_row, const struct pvg_wire_texture_body *body)
{
    const struct pvg_wire_buffer_texture rec = {
        .object = kit_object_number(&stage->task),
        .buffer = buffer,
        .offset = offset,
        .bytes_per_row = bytes_per_row,
        .body = *body,
    };

    pvg_wire_buffer_texture_encode(kit_blob(&stage->kit), &rec);
    kit_object_publish(&stage->kit, &stage->task, rec.object, PVG_WIRE_OBJECT_TYPE_DERIVED_TEXTURE);
    return rec.object;
}

static uint64_t row_at(const struct kit_texture *texture, unsigned level, unsigned piece,
                       unsigned rows, unsigned y)
{
    const struct pvg_wire_texture_level *l = &texture->level[level];

    return texture->gva + l->offset + ((uint64_t)piece * rows + y) * l->row_stride;
}

void stage_texture_write(struct stage *stage, const struct kit_texture *texture, unsigned level,
                         unsigned piece, unsigned rows, unsigned row, const void *bytes)
{
    for (unsigned y = 0; y < rows; y++) {
        kit_task_write(&stage->kit, &stage->task, row_at(texture, level, piece, rows, y),
                       (const uint8_t *)bytes + (size_t)y * row, row);
    }
}

void stage_texture_read(struct stage *stage, const struct kit_texture *texture, unsigned level,
                        unsigned piece, unsigned rows, unsigned row, void *bytes)
{
    for (unsigned y = 0; y < rows; y++) {
        kit_task_read(&stage->kit, &stage->task, row_at(texture, level, piece, rows, y),
                      (uint8_t *)bytes + (size_t)y * row, row);
    }
}

uint32_t stage_function(struct stage *stage, const char *path, const char *entry)
{
    const char *folder = getenv("PVG_FIXTURES");
    g_autofree char *file = g_build_filename(folder ? folder : "", path, NULL);
    g_autofree char *bytes = NULL;
    gsize size;

    if (!folder || !g_file_get_contents(file, &bytes, &size, NULL)) {
        fprintf(stderr, "# %s is not there: the scene is skipped\n", file);
        g_clear_pointer(&file, g_free); /* skip() does not return */
        skip();
    }
    if (entry) {
        const struct pvg_metallib_source source = {
            .function = {.name = entry,
                         .type = entry[0] == 'v' ? PVG_METALLIB_VERTEX : PVG_METALLIB_FRAGMENT,
                         .bitcode = (const uint8_t *)bytes,
                         .bitcode_size = size},
        };
        GByteArray *library = pvg_metallib_write(&source, 1);
        uint32_t function =
            kit_function_create(&stage->kit, &stage->task, library->data, library->len);

        g_byte_array_unref(library);
        return function;
    }
    return kit_function_create(&stage->kit, &stage->task, bytes, (uint32_t)size);
}

/* The library lies in memory once: every scene takes functions from it. */
static const struct pvg_metallib *scene_library(void)
{
    static struct pvg_metallib library;
    static char *bytes;
    gsize size;

    if (!bytes) {
        assert_true(g_file_get_contents(getenv("PVG_SHADERS"), &bytes, &size, NULL));
        assert_int_equal(pvg_metallib_init(&library, bytes, size), PVG_ACCEPTED);
    }
    return &library;
}

uint32_t stage_shader(struct stage *stage, const char *name)
{
    const struct pvg_metallib_function *found = pvg_metallib_find(scene_library(), name);
    struct pvg_metallib_source source = {0};
    GByteArray *library;
    uint32_t function;

    if (!found) {
        fail_msg("shaders.cl has no %s", name);
    }
    source.function = *found;
    library = pvg_metallib_write(&source, 1);
    function = kit_function_create(&stage->kit, &stage->task, library->data, library->len);
    g_byte_array_unref(library);
    return function;
}

uint64_t stage_stat(struct stage *stage, const char *name)
{
    struct pvg_statistic all[512];
    size_t count = pvg_stats(stage->device, all, G_N_ELEMENTS(all));

    for (size_t i = 0; i < count && i < G_N_ELEMENTS(all); i++) {
        if (strcmp(all[i].name, name) == 0) {
            return all[i].value;
        }
    }
    fail_msg("there is no statistic %s", name);
    return 0;
}

uint64_t stage_refusals(struct stage *stage, enum pvg_refusal why)
{
    g_autofree char *name = g_strdup_printf("refused.%s", pvg_refusal_name(why));

    return stage_stat(stage, name);
}
