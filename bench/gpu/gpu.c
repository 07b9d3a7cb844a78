/* SPDX-License-Identifier: MIT */
/* What the GPU costs a guest, against a native Vulkan program that does the same on the same device
 * in the same run. bench-gpu --help tells how to run parts of it.
 *
 * CPU time is that of the thread that decodes, records and submits; the medians of several passes
 * count. The two programs take turns, so that whatever else the machine does meets both. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo.h"
#include "guest.h"
#include "native.h"
#include "report.h"
#include "vulkan/memory.h"
#include "wire/blit_encode.h"
#include "wire/compute_encode.h"
#include "wire/encoder_encode.h"
#include "wire/formats.h"
#include "wire/render_encode.h"
#include "wire/resources_encode.h"

#define WIDTH   2560
#define HEIGHT  1440
#define WINDOWS 200
#define FRAMES  20
#define COPY    (64ull << 20)

#define MOST_DRAWS   10000
#define MOST_REPEATS 99

static unsigned draws = MOST_DRAWS, repeats = 9;
static unsigned demo_width = 1280, demo_height = 800;

static const char *only; /* what begins so is run; NULL: everything */

static bool is_wanted(const char *name)
{
    return !only || g_str_has_prefix(name, only) || g_str_has_prefix(only, name);
}

/* ---- The guest's picture ---- */

struct scene {
    struct guest *guest;
    uint32_t pipelines[2], kernel, sampler, textures[2];
    struct kit_buffer places, words;
};

static void bind_buffer(struct pvg_writer *w, bool compute, uint32_t object, uint64_t offset)
{
    uint8_t entry[12];
    struct pvg_writer e = pvg_writer_over(entry, sizeof(entry));
    const struct pvg_wire_set_buffers rec = {.count = 1, .binds = {entry, 1}};

    pvg_put_u32(&e, object);
    pvg_put_u64(&e, offset);
    if (compute) {
        pvg_wire_set_compute_buffers_encode(w, &rec);
    } else {
        pvg_wire_set_vertex_buffers_encode(w, &rec);
    }
}

static void bind_texture(struct pvg_writer *w, uint32_t object)
{
    uint8_t entry[4];
    struct pvg_writer e = pvg_writer_over(entry, sizeof(entry));

    pvg_put_u32(&e, object);
    pvg_wire_set_fragment_textures_encode(
        w, &(struct pvg_wire_set_textures){.count = 1, .textures = {entry, 1}});
}

static void bind_sampler(struct pvg_writer *w, uint32_t object)
{
    uint8_t entry[4];
    struct pvg_writer e = pvg_writer_over(entry, sizeof(entry));

    pvg_put_u32(&e, object);
    pvg_wire_set_fragment_samplers_encode(
        w, &(struct pvg_wire_set_samplers){.count = 1, .samplers = {entry, 1}});
}

static struct pvg_wire_texture_body body(uint32_t width, uint32_t height)
{
    return kit_texture_body(PVG_WIRE_PIXEL_FORMAT_BGRA8UNORM, width, height,
                            PVG_WIRE_TEXTURE_USAGE_SHADER_READ |
                                PVG_WIRE_TEXTURE_USAGE_RENDER_TARGET,
                            PVG_WIRE_STORAGE_MODE_PRIVATE);
}

static void scene_init(struct scene *s, struct guest *guest, const char *library)
{
    const struct pvg_wire_texture_body small = body(64, 64);
    const struct kit_color colors[2] = {{.format = 80}, {.format = 80, .blending = true}};
    struct kit_render_pipeline pipeline = {.color_count = 1};
    struct pvg_wire_sampler sampler = {
        .object = kit_object_number(&guest->task), .min = 1, .mag = 1, .normalized = true};

    *s = (struct scene){.guest = guest};
    pipeline.vertex_function = guest_function(guest, library, "quad");
    pipeline.fragment_function = guest_function(guest, library, "paint");
    for (unsigned i = 0; i < 2; i++) {
        struct kit_texture texture;

        pipeline.colors = &colors[i];
        s->pipelines[i] = kit_render_pipeline_create(&guest->kit, &guest->task, &pipeline);
        kit_texture_create(&guest->kit, &guest->task, &texture, &small, 4);
        s->textures[i] = texture.object;
    }
    s->kernel = kit_compute_pipeline_create(&guest->kit, &guest->task,
                                            guest_function(guest, library, "count"));
    pvg_wire_sampler_encode(kit_blob(&guest->kit), &sampler);
    kit_object_publish(&guest->kit, &guest->task, sampler.object, PVG_WIRE_OBJECT_TYPE_STATE);
    s->sampler = sampler.object;
    kit_buffer_create(&guest->kit, &guest->task, &s->places, 0x40000);
    kit_buffer_create(&guest->kit, &guest->task, &s->words, 0x40000);
}

/* Where the quads are: small ones in a corner, or windows all over. */
static void place(struct scene *s, struct native *native, bool windows)
{
    for (unsigned i = 0; i < 256; i++) {
        const float x = (float)(i % 16) / 8 - 1, y = (float)(i / 16) / 8 - 1;
        const float size = windows ? 0.2f : 0.01f;
        const float at[4] = {x, y, size, size};

        kit_task_write(&s->guest->kit, &s->guest->task, s->places.gva + 256 * i, at, sizeof(at));
        memcpy((uint8_t *)native->places.mapped + 256 * i, at, sizeof(at));
    }
}

static void put_draws(struct scene *s, uint32_t target, unsigned count, enum change change)
{
    struct guest *guest = s->guest;
    struct pvg_writer *w = &guest->w;
    struct pvg_wire_render_pass pass = {0};

    pass.color[0].to = (struct pvg_wire_attachment){.texture = target,
                                                    .load = PVG_WIRE_LOAD_ACTION_CLEAR,
                                                    .store = PVG_WIRE_STORE_ACTION_STORE};
    guest_segment(guest, PVG_WIRE_SEGMENT_TYPE_RENDER);
    pvg_wire_render_pass_encode(w, &pass);
    pvg_wire_set_render_pipeline_encode(w, &(struct pvg_wire_set_pipeline){s->pipelines[0]});
    bind_buffer(w, false, s->places.object, 0);
    bind_texture(w, s->textures[0]);
    bind_sampler(w, s->sampler);
    for (unsigned i = 0; i < count; i++) {
        switch (change) {
        case CHANGE_NONE:
            break;
        case CHANGE_OFFSET:
            pvg_wire_set_vertex_buffer_offset_encode(
                w, &(struct pvg_wire_set_buffer_offset){.offset = 256 * (i % 256)});
            break;
        case CHANGE_TEXTURE:
            bind_texture(w, s->textures[i % 2]);
            break;
        case CHANGE_PIPELINE:
            pvg_wire_set_render_pipeline_encode(
                w, &(struct pvg_wire_set_pipeline){s->pipelines[i % 2]});
            break;
        }
        pvg_wire_draw_encode(w, &(struct pvg_wire_draw){.primitive =
                                                            PVG_WIRE_PRIMITIVE_TRIANGLE_STRIP,
                                                        .count = 4,
                                                        .instance_count = 1});
    }
    guest_segment_end(guest);
}

/* ---- The parts ---- */

static void bench_draws(struct scene *s, struct native *native)
{
    static const char *const names[] = {"none", "offset", "texture", "pipeline"};
    const struct pvg_wire_texture_body target_body = body(64, 64);
    struct kit_texture target;

    kit_texture_create(&s->guest->kit, &s->guest->task, &target, &target_body, 4);
    place(s, native, false);
    for (unsigned change = CHANGE_NONE; change <= CHANGE_PIPELINE; change++) {
        g_autofree char *name = g_strdup_printf("draw.%s", names[change]);
        int64_t ours[MOST_REPEATS], theirs[MOST_REPEATS], wall;
        const uint64_t drawn = guest_stat(s->guest, "gpu.draws");
        g_autofree char *ratio = g_strdup_printf("draw.%s_ratio", names[change]);
        g_autofree char *own = g_strdup_printf("draw.%s_own_us", names[change]);
        double a, b;

        if (!is_wanted(name)) {
            continue;
        }
        for (int i = -2; i < (int)repeats; i++) { /* the first two make objects and pools */
            uint32_t stamp;
            int64_t spent;

            put_draws(s, target.object, draws, change);
            spent = guest_submit(s->guest, &stamp);
            guest_wait(s->guest, stamp);
            ours[MAX(i, 0)] = spent;
            theirs[MAX(i, 0)] = native_draws(native, draws, change, false, &wall);
        }
        if (guest_stat(s->guest, "gpu.draws") - drawn != (repeats + 2) * draws) {
            fprintf(stderr, "not all draws were drawn\n");
            exit(1);
        }
        a = median(ours, repeats) / draws / 1000;
        b = median(theirs, repeats) / draws / 1000;
        report(ratio, a / b, "ratio", 1.5, "lower", "%.3f us a draw, native %.3f us", a, b);
        report(own, a - b, "us", 1, "lower", "beyond a native draw of %.3f us", b);
    }
}

static void bench_dispatches(struct scene *s, struct native *native)
{
    for (unsigned change = CHANGE_NONE; change <= CHANGE_OFFSET; change++) {
        const char *name = change == CHANGE_NONE ? "dispatch.none" : "dispatch.offset";
        g_autofree char *ratio = g_strdup_printf("%s_ratio", name);
        g_autofree char *own = g_strdup_printf("%s_own_us", name);
        int64_t ours[MOST_REPEATS], theirs[MOST_REPEATS], wall;
        double a, b;

        if (!is_wanted(name)) {
            continue;
        }
        for (int i = -2; i < (int)repeats; i++) {
            struct pvg_writer *w = &s->guest->w;
            uint32_t stamp;

            guest_segment(s->guest, PVG_WIRE_SEGMENT_TYPE_COMPUTE);
            pvg_wire_set_compute_pipeline_encode(w, &(struct pvg_wire_set_pipeline){s->kernel});
            bind_buffer(w, true, s->words.object, 0);
            for (unsigned d = 0; d < draws; d++) {
                if (change == CHANGE_OFFSET) {
                    pvg_wire_set_compute_buffer_offset_encode(
                        w, &(struct pvg_wire_set_buffer_offset){.offset = 256 * (d % 256)});
                }
                pvg_wire_dispatch_threadgroups_encode(
                    w, &(struct pvg_wire_dispatch){.grid = {1, 1, 1}, .group = {64, 1, 1}});
            }
            guest_segment_end(s->guest);
            ours[MAX(i, 0)] = guest_submit(s->guest, &stamp);
            guest_wait(s->guest, stamp);
            theirs[MAX(i, 0)] = native_dispatches(native, draws, change, &wall);
        }
        a = median(ours, repeats) / draws / 1000;
        b = median(theirs, repeats) / draws / 1000;
        report(ratio, a / b, "ratio", 1.5, "lower",
               "%.3f us a dispatch and barrier, native %.3f us", a, b);
        report(own, a - b, "us", 1, "lower", "beyond a native dispatch of %.3f us", b);
    }
}

static void bench_copy(struct scene *s, struct native *native)
{
    int64_t ours[MOST_REPEATS], theirs[MOST_REPEATS];
    struct kit_buffer from, to;
    static uint8_t page[0x4000];
    double a, b;

    memset(page, 1, sizeof(page));

    kit_buffer_create(&s->guest->kit, &s->guest->task, &from, COPY);
    kit_buffer_create(&s->guest->kit, &s->guest->task, &to, COPY);
    memset(native->from.mapped, 1, COPY); /* memory that nobody wrote is one page of zeroes */
    for (uint64_t at = 0; at < COPY; at += sizeof(page)) {
        kit_task_write(&s->guest->kit, &s->guest->task, from.gva + at, page, sizeof(page));
    }
    for (int i = -2; i < (int)repeats; i++) {
        int64_t start = g_get_monotonic_time();
        uint32_t stamp;

        guest_segment(s->guest, PVG_WIRE_SEGMENT_TYPE_BLIT);
        pvg_wire_copy_buffer_encode(&s->guest->w, &(struct pvg_wire_copy_buffer){
                                                      .source = from.object,
                                                      .destination = to.object,
                                                      .size = COPY});
        guest_segment_end(s->guest);
        (void)guest_submit(s->guest, &stamp);
        guest_wait(s->guest, stamp);
        ours[MAX(i, 0)] = (g_get_monotonic_time() - start) * 1000;
        (void)native_copy(native, COPY, &theirs[MAX(i, 0)]);
    }
    a = COPY / median(ours, repeats);
    b = COPY / median(theirs, repeats);
    report("blit.copy_ratio", a / b, "ratio", 0.95, "higher",
           "64 MiB on scattered 16 KiB pages, to the stamp: %.2f GB/s, native %.2f GB/s", a, b);
}

static void bench_frame(struct scene *s, struct native *native)
{
    static const char *const copies[] = {"gpu.uploaded-bytes", "gpu.written-back-bytes",
                                         "gpu.shown-bytes"};
    struct guest *guest = s->guest;
    int64_t ours[FRAMES], theirs[FRAMES];
    struct kit_surface surface;
    struct pvg_vk_memory_usage memory = {0};
    struct pvg_vk_queue_usage queue = {0};
    uint64_t barriers = 0, bytes = 0;
    uint32_t texture;
    double a, b;

    kit_surface_create(&guest->kit, &surface, WIDTH, HEIGHT);
    texture = kit_surface_texture(&guest->kit, &guest->task, &surface);
    place(s, native, true);
    for (int i = -3; i < FRAMES; i++) {
        int64_t start = g_get_monotonic_time();
        struct pvg_cursor_state cursor;
        struct pvg_frame frame;
        uint32_t stamp;

        if (i == 0) {
            memory = pvg_vk_memory_usage(guest_gpu(guest)->vk);
            queue = pvg_vk_queue_usage(guest_gpu(guest)->queue);
            barriers = guest_stat(guest, "gpu.barriers");
            for (unsigned c = 0; c < G_N_ELEMENTS(copies); c++) {
                bytes += guest_stat(guest, copies[c]);
            }
        }
        put_draws(s, texture, WINDOWS, CHANGE_OFFSET);
        (void)guest_submit(guest, &stamp);
        kit_wait(&guest->kit, kit_display_channel(&guest->kit, 0),
                 kit_present(&guest->kit, 0, surface.id,
                             &(struct kit_point){kit_exec_channel(&guest->kit), stamp}));
        pvg_display_fetch(guest->device, 0, &frame, &cursor);
        ours[MAX(i, 0)] = (g_get_monotonic_time() - start) * 1000;
        start = g_get_monotonic_time();
        (void)native_draws(native, WINDOWS, CHANGE_OFFSET, true, &theirs[MAX(i, 0)]);
        theirs[MAX(i, 0)] = (g_get_monotonic_time() - start) * 1000;
    }
    a = median(ours, FRAMES) / 1e6;
    b = median(theirs, FRAMES) / 1e6;
    report("frame.ratio", a / b, "ratio", 1.5, "lower",
           "200 draws at 2560x1440, presented: %.2f ms, native with one read-back %.2f ms", a, b);
    for (unsigned c = 0; c < G_N_ELEMENTS(copies); c++) {
        bytes -= guest_stat(guest, copies[c]);
    }
    report("frame.allocations",
           (double)(pvg_vk_memory_usage(guest_gpu(guest)->vk).allocations - memory.allocations) /
               FRAMES,
           "a frame", 0, "lower", "device memory handed out");
    report("frame.waits",
           (double)(pvg_vk_queue_usage(guest_gpu(guest)->queue).waits - queue.waits) / FRAMES,
           "a frame", 0, "lower", "times the engine waited for the GPU");
    report("frame.submissions",
           (double)(pvg_vk_queue_usage(guest_gpu(guest)->queue).submissions - queue.submissions) /
               FRAMES,
           "a frame", 2, "lower", "to the queue: the work, the picture");
    report("frame.barriers", (double)(guest_stat(guest, "gpu.barriers") - barriers) / FRAMES,
           "a frame", -1, "lower", "of all kinds");
    report("frame.copied", (double)-bytes / FRAMES / (WIDTH * HEIGHT * 4), "pictures", 1, "lower",
           "bytes copied between GPU and memory, in pictures of %d bytes", WIDTH * HEIGHT * 4);
}

/* ---- The command ---- */

static const struct part {
    const char *name;
    void (*run)(struct scene *s, struct native *native);
    uint32_t width, height; /* of the native program's target */
} parts[] = {
    {"draw", bench_draws, 64, 64},
    {"dispatch", bench_dispatches, 64, 64},
    {"copy", bench_copy, 64, 64},
    {"frame", bench_frame, WIDTH, HEIGHT},
};

static const char usage[] =
    "usage: bench-gpu [OPTION...] LIBRARY\n"
    "\n"
    "  --only PART      draw, dispatch, copy, frame, demo, or one kind of the first two, such as\n"
    "                   draw.texture; all without\n"
    "  --draws N        draws and dispatches a submission (10000)\n"
    "  --repeats N      submissions, or pictures of the demo by eights, of which the median counts\n"
    "                   (9)\n"
    "  --size WxH       of the demo's pictures (1280x800)\n"
    "\n"
    "LIBRARY is bench-gpu.metallib, which the build makes of shaders.cl.\n"
    "\n"
    "PVG_BENCH_GPU      the device: an index, a UUID or a part of a name\n"
    "PVG_BENCH_SHADERS  a folder where translated shaders are kept, for machines without the compiler\n";

static void take_count(const char *text, unsigned most, unsigned *out)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned(text, 10, 1, most, &number, NULL)) {
        fprintf(stderr, "bench-gpu: \"%s\" is no number from 1 to %u\n", text, most);
        exit(1);
    }
    *out = (unsigned)number;
}

static void take_size(const char *text)
{
    g_auto(GStrv) sides = g_strsplit(text, "x", 2);

    if (g_strv_length(sides) != 2) {
        fprintf(stderr, "bench-gpu: \"%s\" is no size such as 2560x1440\n", text);
        exit(1);
    }
    take_count(sides[0], 8192, &demo_width);
    take_count(sides[1], 8192, &demo_height);
}

/* The options before the last argument. */
static void take_options(int argc, char **argv)
{
    static const struct option options[] = {{"only", required_argument, NULL, 'o'},
                                            {"draws", required_argument, NULL, 'd'},
                                            {"repeats", required_argument, NULL, 'r'},
                                            {"size", required_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'o':
            only = optarg;
            break;
        case 'd':
            take_count(optarg, MOST_DRAWS, &draws);
            break;
        case 'r':
            take_count(optarg, MOST_REPEATS, &repeats);
            break;
        case 's':
            take_size(optarg);
            break;
        case 'h':
            fputs(usage, stdout);
            exit(0);
        default: /* getopt's: it has told */
            exit(1);
        }
    }
    if (optind != argc - 1) {
        fputs(usage, stderr);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    struct native *native = g_new0(struct native, 1);
    struct pvg_error error = {0};
    struct pvg_vk_options options = {.gpu = g_getenv("PVG_BENCH_GPU")};
    struct guest *guest;
    struct scene scene;
    struct pvg_vk *vk;

    take_options(argc, argv);
    guest = guest_start(options.gpu, WIDTH, HEIGHT);
    vk = pvg_vk_create(&options, &error); /* a device of its own on the same GPU */
    if (!vk) {
        fprintf(stderr, "%s\n", error.message);
        return 77;
    }
    fprintf(stderr, "# on %s\n", vk->properties.properties.deviceName);
    scene_init(&scene, guest, argv[optind]);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (is_wanted(parts[i].name)) {
            native_start(native, vk, parts[i].width, parts[i].height);
            parts[i].run(&scene, native);
            native_end(native);
        }
    }
    guest_end(guest);
    if (is_wanted("demo")) {
        bench_demo(vk, options.gpu, demo_width, demo_height, repeats);
    }
    pvg_vk_destroy(vk);
    g_free(native);
    return 0;
}
