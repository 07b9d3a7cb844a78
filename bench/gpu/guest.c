/* SPDX-License-Identifier: MIT */
/* The guest's side of the benchmark. */
#include "guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "shader/compiler.h"
#include "shader/metallib.h"
#include "shader/metallib_writer.h"
#include "wire/packets_encode.h"
#include "wire/stream_encode.h"

#define RAM_SIZE   0x40000000ull
#define PAGE_SHIFT 14

static void stop(const char *why)
{
    fprintf(stderr, "%s\n", why);
    exit(77);
}

int64_t guest_cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* ---- Shaders: with $PVG_BENCH_SHADERS, translated once and kept in that folder, so that the
 * benchmark also runs where there is no compiler. ---- */

static void kept_translate(struct pvg_translator *translator,
                           const struct pvg_translate_request *request,
                           struct pvg_translation *out);

static struct pvg_translator *kept_create(const struct pvg_compiler_settings *settings,
                                          struct pvg_error *error);

static void kept_destroy(struct pvg_translator *translator)
{
    g_free(translator);
}

static const struct pvg_translator_impl kept_impl = {
    .name = "kept", .create = kept_create, .destroy = kept_destroy, .translate = kept_translate};

static struct pvg_translator *kept_create(const struct pvg_compiler_settings *settings,
                                          struct pvg_error *error)
{
    struct pvg_translator *translator = g_new0(struct pvg_translator, 1);

    translator->impl = &kept_impl;
    return translator;
}

static void kept_translate(struct pvg_translator *translator,
                           const struct pvg_translate_request *request, struct pvg_translation *out)
{
    g_autofree char *hash =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, request->air, request->air_size);
    /* Functions of one source share their bitcode. */
    g_autofree char *name = g_strdup_printf("%s-%d-%s", hash, (int)request->options->stage,
                                            request->entry ? request->entry : "");
    g_autofree char *path = g_build_filename(g_getenv("PVG_BENCH_SHADERS"), name, NULL);
    const struct pvg_compiler_settings settings = {.time_limit = 10000, .memory_limit = 1ull << 30};
    struct pvg_error error = {0};
    struct pvg_translator *worker;
    g_autofree char *bytes = NULL;
    gsize size;

    if (g_file_get_contents(path, &bytes, &size, NULL) &&
        pvg_translation_decode(bytes, size, out)) {
        return;
    }
    worker = pvg_process_translator.create(&settings, &error);
    if (!worker) {
        stop(error.message);
    }
    pvg_process_translator.translate(worker, request, out);
    pvg_process_translator.destroy(worker);
    bytes = g_malloc(pvg_translation_encoded_size(out));
    pvg_translation_encode(out, bytes);
    g_file_set_contents(path, bytes, (gssize)pvg_translation_encoded_size(out), NULL);
}

static struct pvg_executor *executor(const struct pvg_executor_setup *setup)
{
    struct pvg_executor_setup own = *setup;
    struct pvg_error error = {0};
    struct pvg_executor *made;

    if (g_getenv("PVG_BENCH_SHADERS")) {
        own.translator = &kept_impl;
    }
    made = pvg_executor_vulkan_create(&own, &error);
    if (!made) {
        stop(error.message);
    }
    return made;
}

uint32_t guest_function(struct guest *guest, const char *path, const char *name)
{
    struct pvg_metallib_source source = {0};
    const struct pvg_metallib_function *found;
    struct pvg_metallib library;
    g_autofree char *bytes = NULL;
    GByteArray *one;
    uint32_t function;
    gsize size;

    if (!g_file_get_contents(path, &bytes, &size, NULL) ||
        pvg_metallib_init(&library, bytes, size) != PVG_ACCEPTED ||
        !(found = pvg_metallib_find(&library, name))) {
        stop("the shaders of the benchmark cannot be read");
    }
    source.function = *found;
    one = pvg_metallib_write(&source, 1);
    function = kit_function_create(&guest->kit, &guest->task, one->data, one->len);
    g_byte_array_unref(one);
    pvg_metallib_finish(&library);
    return function;
}

/* ---- Where the kit runs ---- */

static void no_interrupt(void *host, enum pvg_interrupt line, bool level)
{
}

static void log_line(void *host, enum pvg_log_level level, const char *message)
{
    fprintf(stderr, "# %s\n", message);
}

static const struct pvg_host_ops ops = {
    .size = sizeof(ops), .set_interrupt = no_interrupt, .log = log_line};

static bool wait_a_little(void *owner)
{
    struct guest *guest = owner;

    pvg_engine_step(&guest->device->engine);
    g_usleep(20); /* a CPU that draws needs the cores */
    return true;
}

void guest_end(struct guest *guest)
{
    pvg_device_destroy(guest->device);
    plain_finish(&guest->plain);
    munmap(guest->ram, RAM_SIZE);
    g_free(guest->bytes);
    g_free(guest);
}

struct guest *guest_start(const char *gpu, uint32_t width, uint32_t height)
{
    const struct pvg_mode mode = {width, height, 60000};
    const struct pvg_display_options display = {.modes = &mode, .mode_count = 1};
    struct guest *guest = g_new0(struct guest, 1);
    const struct pvg_device_options options = {
        .size = sizeof(options),
        .variant = PVG_VARIANT_MMIO,
        .ops = &ops,
        .host = guest,
        .displays = &display,
        .display_count = 1,
        .gpu = gpu,
    };
    struct pvg_ram_span span = {.size = RAM_SIZE, .fd = -1};
    const struct kit_pool_memory memory = {
        .gpa = 1 << 20,
        .page_shift = PAGE_SHIFT,
        .row_pages = 0x4000,
        .single_pages = 0xbfbf,
        .stride = 2, /* no two neighbours */
    };
    struct pvg_error error = {0};

    guest->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    span.host = guest->ram;
    guest->device = pvg_device_create_for_bench(
        &options, &(struct pvg_device_bench){.stepped = true, .executor = executor}, &error);
    if (!guest->device || !pvg_ram_add(guest->device, &span, &error)) {
        stop(error.message);
    }
    pvg_device_start(guest->device);
    plain_init(&guest->plain, guest->device, &span, &memory, wait_a_little, guest);
    kit_init(&guest->kit, KIT_ARM64, &plain_platform, &guest->plain);
    kit_start(&guest->kit);
    kit_display_start(&guest->kit, 0);
    kit_display_wait_online(&guest->kit, 0);
    kit_task_create(&guest->kit, &guest->task, 3);
    kit_task_bind_objects(&guest->kit, &guest->task);
    guest->stream = kit_task_alloc(&guest->kit, &guest->task, GUEST_STREAM_BYTES);
    guest->bytes = g_malloc0(GUEST_STREAM_BYTES);
    guest->w = pvg_writer_over(guest->bytes, GUEST_STREAM_BYTES);
    if (guest->kit.failure) {
        stop(guest->kit.failure);
    }
    return guest;
}

/* ---- Streams ---- */

void guest_segment(struct guest *guest, enum pvg_wire_segment_type type)
{
    guest->segment = guest->w.size;
    pvg_wire_segment_header_encode(&guest->w,
                                   &(struct pvg_wire_segment_header){.type = (uint8_t)type});
}

void guest_segment_end(struct guest *guest)
{
    struct pvg_writer length = pvg_writer_over(guest->bytes + guest->segment, 4);

    if (guest->w.overflow) {
        stop("a stream is too long for the benchmark");
    }
    pvg_put_u32(&length, (uint32_t)(guest->w.size - guest->segment));
}

int64_t guest_submit(struct guest *guest, uint32_t *stamp)
{
    const struct pvg_wire_exec_indirect packet = {.task = guest->task.id, .buffer_count = 1};
    const struct pvg_wire_exec_buffer buffer = {.address = {guest->stream},
                                                .length = (uint32_t)guest->w.size};
    const uint64_t before = pvg_counter_value(guest_gpu(guest)->counts.submissions);
    int64_t start;

    kit_task_write(&guest->kit, &guest->task, guest->stream, guest->bytes, guest->w.size);
    guest->w = pvg_writer_over(guest->bytes, GUEST_STREAM_BYTES);
    kit_packet(&guest->kit, PVG_WIRE_PACKET_EXEC_INDIRECT);
    pvg_wire_exec_indirect_encode(&guest->kit.packet, &packet);
    pvg_wire_exec_buffer_encode(&guest->kit.packet, &buffer);
    *stamp = kit_send(&guest->kit, kit_exec_channel(&guest->kit));
    start = guest_cpu_ns();
    while (pvg_counter_value(guest_gpu(guest)->counts.submissions) == before) {
        pvg_engine_step(&guest->device->engine);
    }
    return guest_cpu_ns() - start;
}

void guest_wait(struct guest *guest, uint32_t stamp)
{
    kit_wait(&guest->kit, kit_exec_channel(&guest->kit), stamp);
    if (guest->kit.failure) {
        stop(guest->kit.failure);
    }
}

uint64_t guest_stat(const struct guest *guest, const char *name)
{
    struct pvg_statistic all[512];
    size_t count = pvg_stats(guest->device, all, G_N_ELEMENTS(all));

    for (size_t i = 0; i < count && i < G_N_ELEMENTS(all); i++) {
        if (strcmp(all[i].name, name) == 0) {
            return all[i].value;
        }
    }
    stop("a statistic is missing");
    return 0;
}
