/* SPDX-License-Identifier: MIT */
/* A device on a fake host. */
#include "bench.h"

#include <glib.h>
#include <string.h>
#include <sys/mman.h>

#include "test.h"

static void set_interrupt(void *host, enum pvg_interrupt line, bool level)
{
    struct bench *bench = host;

    bench->edges[line] += level && !bench->level[line];
    bench->level[line] = level;
}

static void display_changed(void *host, unsigned display)
{
    struct bench *bench = host;

    bench->changes[display]++;
}

static void log_line(void *host, enum pvg_log_level level, const char *message)
{
    struct bench *bench = host;

    bench->lines++;
    g_strlcpy(bench->last_line, message, sizeof(bench->last_line));
}

static int64_t bench_clock(void *owner)
{
    return ((struct bench *)owner)->now;
}

static const struct pvg_host_ops ops = {
    .size = sizeof(ops),
    .set_interrupt = set_interrupt,
    .display_changed = display_changed,
    .log = log_line,
};

static const struct pvg_mode modes[] = {{1920, 1080, 60000}, {1280, 1024, 60000}};

struct bench *bench_create(enum pvg_variant variant, unsigned displays)
{
    struct bench *bench = g_new0(struct bench, 1);
    struct pvg_display_options display_options[PVG_MAX_DISPLAYS];
    struct pvg_error error = {0};
    struct pvg_device_options options = {
        .size = sizeof(options),
        .variant = variant,
        .ops = &ops,
        .host = bench,
        .displays = display_options,
        .display_count = displays,
        .gpu = "none",
    };
    struct pvg_device_bench by_hand = {.stepped = true, .clock = bench_clock, .owner = bench};
    struct pvg_ram_span span = {.size = BENCH_RAM_SIZE, .fd = -1};

    for (unsigned i = 0; i < displays; i++) {
        display_options[i] = (struct pvg_display_options){
            .name = "vmapple disp",
            .modes = modes,
            .mode_count = G_N_ELEMENTS(modes),
            .width_mm = 480,
            .height_mm = 270,
            .serial = i + 1,
        };
    }
    bench->now = 1000000;
    bench->ram = mmap(NULL, BENCH_RAM_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(bench->ram != MAP_FAILED);
    bench->ram_gpa = variant == PVG_VARIANT_PCI ? 0 : 0x70000000;
    bench->page_shift = variant == PVG_VARIANT_PCI ? 12 : 14;
    bench->device = pvg_device_create_for_bench(&options, &by_hand, &error);
    assert_string_equal(error.message, "");
    assert_non_null(bench->device);
    span.gpa = bench->ram_gpa;
    span.host = bench->ram;
    assert_true(pvg_ram_add(bench->device, &span, &error));
    pvg_device_start(bench->device);
    return bench;
}

void bench_destroy(struct bench *bench)
{
    pvg_device_destroy(bench->device);
    munmap(bench->ram, BENCH_RAM_SIZE);
    g_free(bench);
}

int bench_setup_pci(void **state)
{
    *state = bench_create(PVG_VARIANT_PCI, 2);
    return 0;
}

int bench_setup_mmio(void **state)
{
    *state = bench_create(PVG_VARIANT_MMIO, 2);
    return 0;
}

int bench_teardown(void **state)
{
    bench_destroy(*state);
    return 0;
}

void bench_run(struct bench *bench)
{
    do {
        pvg_engine_step(&bench->device->engine);
    } while (atomic_load(&bench->device->engine.work) && bench->device->started);
}

void bench_pass(struct bench *bench, int64_t microseconds)
{
    bench->now += microseconds;
    bench_run(bench);
}

uint8_t *bench_at(struct bench *bench, uint64_t gpa)
{
    assert_in_range(gpa, bench->ram_gpa, bench->ram_gpa + BENCH_RAM_SIZE - 1);
    return bench->ram + (gpa - bench->ram_gpa);
}

uint32_t bench_load(struct bench *bench, uint64_t gpa)
{
    uint32_t value;

    memcpy(&value, bench_at(bench, gpa), sizeof(value));
    return GUINT32_FROM_LE(value);
}

void bench_store(struct bench *bench, uint64_t gpa, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    memcpy(bench_at(bench, gpa), &value, sizeof(value));
}

uint32_t bench_read(struct bench *bench, uint64_t offset)
{
    return (uint32_t)pvg_mmio_read(bench->device, PVG_WINDOW_GFX, offset, 4);
}

void bench_write(struct bench *bench, uint64_t offset, uint32_t value)
{
    pvg_mmio_write(bench->device, PVG_WINDOW_GFX, offset, value, 4);
}

uint64_t bench_stat(struct bench *bench, const char *name)
{
    struct pvg_statistic all[512];
    size_t count = pvg_stats(bench->device, all, G_N_ELEMENTS(all));

    for (size_t i = 0; i < MIN(count, G_N_ELEMENTS(all)); i++) {
        if (strcmp(all[i].name, name) == 0) {
            return all[i].value;
        }
    }
    fail_msg("no statistic is called %s", name);
    return 0;
}
