/* SPDX-License-Identifier: MIT
 * "gpu-bench": registers, doorbells and presents, measured. */
#include "clock.h"
#include "gpu.h"
#include "tasks.h"

#include "kit/surface.h"
#include "wire/registers.h"

#include <stdio.h>
#include <stdlib.h>

#define MEMORY (64u << 20)
#define SAMPLES 2000

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static void tell(const char *name, double value)
{
    printf("bench %s %.9g\n", name, value);
    fflush(stdout);
}

static void tell_percentiles(const char *name, double samples[SAMPLES])
{
    char line[64];

    qsort(samples, SAMPLES, sizeof(*samples), by_value);
    snprintf(line, sizeof(line), "%s_p50_us", name);
    tell(line, samples[SAMPLES / 2] * 1e6);
    snprintf(line, sizeof(line), "%s_p99_us", name);
    tell(line, samples[SAMPLES * 99 / 100] * 1e6);
}

/* The version register: it is read without effect. */
static void measure_reads(struct gpu *gpu)
{
    static double samples[SAMPLES];

    for (unsigned i = 0; i < SAMPLES; i++) {
        double start = clock_now();

        (void)window_read32(&gpu->windows[KIT_GFX], PVG_WIRE_GFX_VERSION);
        samples[i] = clock_now() - start;
    }
    tell_percentiles("register_read", samples);
}

/* A channel that has nothing new. A pause between the rings: it is the store that counts here, not
 * how many fit into a queue. */
static void measure_doorbells(struct gpu *gpu)
{
    static double samples[SAMPLES];

    for (unsigned i = 0; i < SAMPLES; i++) {
        double start = clock_now();

        window_write32(&gpu->windows[KIT_GFX], PVG_WIRE_GFX_CHILD_DOORBELL, 1);
        samples[i] = clock_now() - start;
        while (clock_now() < start + 100e-6) {
        }
    }
    tell_percentiles("doorbell", samples);
}

/* Pictures a second; @filled: the guest's CPU draws each. */
static void measure_presents(struct gpu *gpu, const char *name, uint32_t width, uint32_t height,
                             bool filled)
{
    static struct kit_surface surface;
    struct kit *kit = &gpu->kit;
    unsigned frames = 0;
    double start;

    kit_surface_create(kit, &surface, width, height);
    kit_surface_fill(kit, &surface, 0xff336699);
    start = clock_now();
    while (!kit->failure && clock_now() < start + 3) {
        if (filled) {
            kit_surface_fill(kit, &surface, 0xff000000 | frames);
        }
        kit_wait(kit, kit_display_channel(kit, 0), kit_present(kit, 0, surface.id, NULL));
        kit_interrupt(kit);
        frames++;
    }
    tell(name, frames / (clock_now() - start));
    kit_surface_destroy(kit, &surface);
}

void task_gpu_bench(void)
{
    static struct gpu gpu;
    struct report report = { .name = "gpu-bench" };

    if (gpu_open(&gpu, MEMORY, &report)) {
        gpu.impatient = true;
        gpu_be_patient(&gpu);
        kit_start(&gpu.kit);
        kit_display_start(&gpu.kit, 0);
        kit_display_wait_online(&gpu.kit, 0);
        measure_reads(&gpu);
        measure_doorbells(&gpu);
        measure_presents(&gpu, "presents_4k_per_s", 3840, 2160, false);
        measure_presents(&gpu, "frames_per_s", 1024, 768, true);
        report_expect(&report, !gpu.kit.failure, "%s", gpu.kit.failure);
    }
    report_print(&report);
}
