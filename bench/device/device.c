/* SPDX-License-Identifier: MIT */
/* Measures libpvg without a VM: the guest kit speaks to the library over plain memory. Prints the
 * objects that bench/run collects. */
#include <glib.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "device/device.h"
#include "kit/kit.h"
#include "kit/surface.h"
#include "plain/plain.h"
#include "wire/packets_encode.h"
#include "wire/registers.h"

#define RAM_SIZE 0x40000000ull

static void report(const char *name, double value, const char *unit, double goal,
                   const char *better, const char *reference)
{
    char target[32] = "null";

    if (goal > 0) {
        snprintf(target, sizeof(target), "%.9g", goal);
    }
    printf("{\"name\": \"device.%s\", \"value\": %.9g, \"unit\": \"%s\", \"goal\": %s, "
           "\"better\": \"%s\", \"reference\": \"%s\"}\n",
           name, value, unit, target, better, reference);
    fflush(stdout);
}

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Time that this thread really ran: what a throughput on one core is measured in. */
static int64_t cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static double percentile(int64_t *samples, size_t count, double p)
{
    qsort(samples, count, sizeof(*samples), compare);
    return (double)samples[(size_t)(p * (double)(count - 1))];
}

/* ---- A guest and a device ---- */

struct world {
    struct pvg_device *device;
    uint8_t *ram;
    unsigned page_shift;
    struct plain plain;
    bool stepped;
    struct kit kit;
};

static void no_interrupt(void *host, enum pvg_interrupt line, bool level)
{
}

static const struct pvg_host_ops ops = {.size = sizeof(ops), .set_interrupt = no_interrupt};

static void run(struct world *w)
{
    do {
        pvg_engine_step(&w->device->engine);
    } while (atomic_load(&w->device->engine.work));
}

static bool wait_a_little(void *owner)
{
    struct world *w = owner;

    if (w->stepped) {
        run(w);
    } else {
        g_usleep(50);
    }
    return true;
}

/* @recording: a session of it goes there; NULL: none. */
static struct world *world_create_recorded(enum pvg_variant variant, bool stepped,
                                           const char *recording)
{
    static const struct pvg_mode mode = {3840, 2160, 60000};
    struct pvg_display_options display = {.modes = &mode, .mode_count = 1};
    struct world *w = g_new0(struct world, 1);
    struct pvg_device_options options = {
        .size = sizeof(options), .variant = variant, .ops = &ops, .host = w,
        .displays = &display, .display_count = 1, .gpu = "none", .trace_file = recording,
    };
    struct pvg_ram_span span = {.size = RAM_SIZE, .fd = -1};
    struct kit_pool_memory memory = {.gpa = 1 << 20, .stride = 2}; /* no two neighbours */
    struct pvg_error error = {0};

    w->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    span.host = w->ram;
    w->page_shift = memory.page_shift = plain_page_shift(variant);
    w->stepped = stepped;
    w->device = pvg_device_create_for_bench(&options,
                                            &(struct pvg_device_bench){.stepped = stepped}, &error);
    if (w->ram == MAP_FAILED || !w->device || !pvg_ram_add(w->device, &span, &error)) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
    memory.row_pages = 1u << (28 - memory.page_shift);
    memory.single_pages = (1u << (29 - memory.page_shift)) - 1;
    plain_init(&w->plain, w->device, &span, &memory, wait_a_little, w);
    pvg_device_start(w->device);
    kit_init(&w->kit, variant == PVG_VARIANT_PCI ? KIT_X86 : KIT_ARM64, &plain_platform, &w->plain);
    kit_start(&w->kit);
    kit_display_start(&w->kit, 0);
    kit_display_wait_online(&w->kit, 0);
    if (w->kit.failure) {
        fprintf(stderr, "%s\n", w->kit.failure);
        exit(1);
    }
    return w;
}

static struct world *world_create(enum pvg_variant variant, bool stepped)
{
    return world_create_recorded(variant, stepped, NULL);
}

static void world_destroy(struct world *w)
{
    pvg_device_destroy(w->device);
    plain_finish(&w->plain);
    munmap(w->ram, RAM_SIZE);
    g_free(w);
}

/* ---- Packets ---- */

static double packets_per_second(struct world *w, uint16_t opcode, unsigned payload_words)
{
    int64_t spent = 0;
    unsigned done = 0;

    while (done < 2000000) {
        int64_t start;

        for (unsigned i = 0; i < 2000; i++) {
            struct pvg_writer *p = kit_packet(&w->kit, opcode);

            for (unsigned word = 0; word < payload_words; word++) {
                pvg_put_u32(p, 0);
            }
            kit_send_quietly(&w->kit, 1);
        }
        kit_ring(&w->kit, 1);
        start = cpu_ns();
        run(w);
        spent += cpu_ns() - start;
        done += 2000;
    }
    return done * 1e9 / (double)spent;
}

static void bench_packets(void)
{
    struct world *w = world_create(PVG_VARIANT_PCI, true);

    report("packets_per_s", packets_per_second(w, PVG_WIRE_PACKET_NOP, 0), "1/s", 2e6, "higher",
           "Nop, one channel, one core");
    report("submissions_per_s", packets_per_second(w, PVG_WIRE_PACKET_EXEC_INDIRECT, 3), "1/s", 0,
           "higher", "ExecIndirect2 to the null executor, one core");
    world_destroy(w);
    w = world_create_recorded(PVG_VARIANT_PCI, true, "/dev/null");
    report("recorded.packets_per_s", packets_per_second(w, PVG_WIRE_PACKET_NOP, 0), "1/s", 0,
           "higher", "the same Nop while the session is recorded");
    report("recorded.submissions_per_s", packets_per_second(w, PVG_WIRE_PACKET_EXEC_INDIRECT, 3),
           "1/s", 0, "higher", "the same ExecIndirect2 while the session is recorded");
    world_destroy(w);
}

/* ---- Memory ---- */

/* Page tables for pages [0x1000, 0x1000 + count) of task 1 of a bare memory floor. */
static void enter_pages(struct world *w, struct kit_task *task, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t page = 0x1000 + i;

        kit_task_enter(&w->kit, task, page << w->page_shift,
                       (uint64_t)(0x100 + i % 0x4000) << w->page_shift);
    }
}

static void bench_mappings(enum pvg_variant variant, const char *pages)
{
    static const unsigned alive[] = {1000, 10000, 50000, 100000};
    struct world *w = world_create(variant, true);
    struct pvg_memory *memory = &w->device->memory;
    struct kit_task task;
    char name[64];

    kit_task_create(&w->kit, &task, 1);
    kit_wait(&w->kit, 0, w->kit.channels[0].stamp);
    run(w);
    enter_pages(w, &task, 110000);
    for (unsigned n = 0; n < G_N_ELEMENTS(alive); n++) {
        const unsigned batch = 10000, rounds = 20;
        uint64_t size = 1ull << w->page_shift;
        int64_t start;

        for (unsigned i = 0; i < alive[n]; i++) {
            (void)!pvg_task_map(memory, 1, (struct pvg_gva){(0x1000ull + i) << w->page_shift},
                                size);
        }
        start = cpu_ns();
        for (unsigned round = 0; round < rounds; round++) {
            for (unsigned i = 0; i < batch; i++) {
                (void)!pvg_task_map(
                    memory, 1, (struct pvg_gva){(0x1000ull + alive[n] + i) << w->page_shift}, size);
            }
            for (unsigned i = 0; i < batch; i++) {
                (void)!pvg_task_unmap(
                    memory, 1, (struct pvg_gva){(0x1000ull + alive[n] + i) << w->page_shift}, size);
            }
        }
        snprintf(name, sizeof(name), "map_unmap_%s.%u_ns", pages, alive[n]);
        report(name, (double)(cpu_ns() - start) / (batch * rounds), "ns",
               alive[n] == 50000 ? 300 : 0, "lower", "one page, batches of 10000");
    }
    world_destroy(w);
}

static void bench_translations(enum pvg_variant variant, const char *pages)
{
    struct world *w = world_create(variant, true);
    struct pvg_memory *memory = &w->device->memory;
    const unsigned count = 4000000, mapped = 50000;
    struct pvg_space space;
    struct kit_task task;
    uint32_t random = 1;
    uint64_t sum = 0;
    int64_t start;
    char name[64];

    kit_task_create(&w->kit, &task, 1);
    run(w);
    enter_pages(w, &task, mapped);
    if (pvg_task_space(memory, 1, &space) != PVG_ACCEPTED) {
        exit(1);
    }
    start = cpu_ns();
    for (unsigned i = 0; i < count; i++) {
        struct pvg_gpa gpa = {0};

        random = random * 1664525 + 1013904223;
        if (pvg_space_translate(
                memory, space,
                (struct pvg_gva){(0x1000ull + (random >> 8) % mapped) << w->page_shift},
                PVG_RAM_READ, &gpa) != PVG_ACCEPTED) {
            exit(1);
        }
        sum += gpa.value;
    }
    snprintf(name, sizeof(name), "translations_%s_per_s", pages);
    report(name, count * 1e9 / (double)(cpu_ns() - start), "1/s", 20e6, "higher",
           sum ? "random addresses, 50000 pages, live page table" : "");
    world_destroy(w);
}

/* ---- Registers ---- */

struct feeder {
    struct world *w;
    atomic_bool quit;
};

/* Keeps the engine busy on channel 2. */
static void *feed(void *data)
{
    struct feeder *feeder = data;

    while (!atomic_load(&feeder->quit)) {
        kit_packet(&feeder->w->kit, PVG_WIRE_PACKET_NOP);
        kit_send(&feeder->w->kit, 2);
    }
    return NULL;
}

static void bench_registers(void)
{
    enum { SAMPLES = 200000 };
    struct world *w = world_create(PVG_VARIANT_PCI, false);
    struct feeder feeder = {.w = w};
    int64_t *samples = g_new(int64_t, SAMPLES);
    pthread_t thread;

    pthread_create(&thread, NULL, feed, &feeder);
    for (unsigned i = 0; i < SAMPLES; i++) {
        int64_t start = now_ns();

        pvg_mmio_read(w->device, PVG_WINDOW_GFX, PVG_WIRE_GFX_STATUS_GPU, 4);
        samples[i] = now_ns() - start;
    }
    report("register_read_p50_ns", percentile(samples, SAMPLES, 0.5), "ns", 0, "lower",
           "engine busy, clock included");
    report("register_read_p99_ns", percentile(samples, SAMPLES, 0.99), "ns", 2000, "lower",
           "engine busy, clock included");
    for (unsigned i = 0; i < SAMPLES; i++) {
        int64_t start = now_ns();

        pvg_mmio_write(w->device, PVG_WINDOW_GFX, PVG_WIRE_GFX_CHILD_DOORBELL, 1, 4);
        samples[i] = now_ns() - start;
    }
    report("doorbell_p50_ns", percentile(samples, SAMPLES, 0.5), "ns", 0, "lower",
           "engine busy, clock included");
    report("doorbell_p99_ns", percentile(samples, SAMPLES, 0.99), "ns", 2000, "lower",
           "engine busy, clock included");
    atomic_store(&feeder.quit, true);
    pthread_join(thread, NULL);
    g_free(samples);
    world_destroy(w);
}

static void bench_latency(void)
{
    enum { SAMPLES = 5000 };
    static const struct {
        const char *name;
        double p;
    } points[] = {{"p10", 0.1}, {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}};
    struct world *w = world_create(PVG_VARIANT_PCI, false);
    int64_t *samples = g_new(int64_t, SAMPLES);

    for (unsigned i = 0; i < SAMPLES; i++) {
        uint32_t stamp;
        int64_t start;

        kit_packet(&w->kit, PVG_WIRE_PACKET_NOP);
        stamp = kit_send_quietly(&w->kit, 1);
        start = now_ns();
        kit_ring(&w->kit, 1);
        while (!kit_done(&w->kit, 1, stamp)) {
            atomic_thread_fence(memory_order_acquire);
        }
        samples[i] = now_ns() - start;
        g_usleep(200); /* let the engine go to sleep again */
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(points); i++) {
        char name[64];

        snprintf(name, sizeof(name), "doorbell_to_stamp_%s_us", points[i].name);
        report(name, percentile(samples, SAMPLES, points[i].p) / 1000, "us", 0, "lower",
               "engine asleep");
    }
    g_free(samples);
    world_destroy(w);
}

/* ---- Presents ---- */

/* Counts what is copied out of guest memory. */
struct copies {
    struct pvg_tape tape;
    uint64_t bytes;
};

static void count_read(struct pvg_tape *tape, uint64_t gpa, const void *bytes, size_t size)
{
    ((struct copies *)tape)->bytes += size;
}

static void bench_present_copies(void)
{
    static const struct pvg_tape_impl impl = {.read = count_read};
    struct copies copies = {.tape.impl = &impl};
    struct world *w = world_create(PVG_VARIANT_MMIO, true);
    const unsigned count = 10;
    struct kit_surface surface;

    kit_surface_create(&w->kit, &surface, 3840, 2160);
    w->device->memory.ram.tape = &copies.tape;
    for (unsigned i = 0; i < count; i++) {
        kit_present(&w->kit, 0, surface.id, NULL);
        run(w);
    }
    w->device->memory.ram.tape = NULL;
    report("present.copied_bytes", (double)copies.bytes / count, "B", 3840 * 2160 * 4 * 1.01,
           "lower", "33177600 bytes are one copy; packet, descriptor and page list come with it");
    world_destroy(w);
}

/* Recorded, every pixel is another one each time: pages that are known cost next to nothing. */
static void bench_present(enum pvg_variant variant, const char *name, const char *recording,
                          const char *reference)
{
    struct world *w = world_create_recorded(variant, true, recording);
    const unsigned count = recording ? 20 : 60, channel = kit_display_channel(&w->kit, 0);
    struct kit_surface surface;
    int64_t start, spent = 0;

    kit_surface_create(&w->kit, &surface, 3840, 2160);
    kit_surface_fill(&w->kit, &surface, 0xff336699);
    for (unsigned i = 0; i < count + 3; i++) { /* the first three make the buffers */
        uint32_t stamp;

        if (recording) {
            kit_surface_fill(&w->kit, &surface, 0xff000000 | i);
        }
        stamp = kit_present(&w->kit, 0, surface.id, NULL);
        start = cpu_ns();
        run(w);
        spent += i < 3 ? 0 : cpu_ns() - start;
        if (!kit_done(&w->kit, channel, stamp)) {
            fprintf(stderr, "a present was not done at once\n");
            exit(1);
        }
    }
    report(name, (double)spent / count / 1e6, "ms", 0, "lower", reference);
    world_destroy(w);
}

static void bench_copy(void)
{
    const size_t size = 3840 * 2160 * 4;
    uint8_t *from = g_malloc(size), *to = g_malloc(size);
    int64_t start;

    memset(from, 1, size);
    memset(to, 2, size);
    start = cpu_ns();
    for (unsigned i = 0; i < 30; i++) {
        memcpy(to, from, size);
        __asm__ volatile("" ::"r"(to) : "memory");
    }
    report("present.memcpy_ms", (double)(cpu_ns() - start) / 30 / 1e6, "ms", 0, "lower",
           "one memcpy of 33177600 bytes, the least that a present can take");
    g_free(from);
    g_free(to);
}

int main(void)
{
    bench_packets();
    bench_mappings(PVG_VARIANT_PCI, "4k");
    bench_mappings(PVG_VARIANT_MMIO, "16k");
    bench_translations(PVG_VARIANT_PCI, "4k");
    bench_translations(PVG_VARIANT_MMIO, "16k");
    bench_registers();
    bench_latency();
    bench_present(PVG_VARIANT_PCI, "present.x86_ms", NULL,
                  "3840x2160 BGRA, scattered pages: 33177600 bytes copied once");
    bench_present(PVG_VARIANT_MMIO, "present.arm64_ms", NULL,
                  "3840x2160 BGRA, scattered pages: 33177600 bytes copied once");
    bench_present(PVG_VARIANT_MMIO, "present.recorded_ms", "/dev/null",
                  "the same while the session is recorded, all pixels new");
    bench_present_copies();
    bench_copy();
    return 0;
}
