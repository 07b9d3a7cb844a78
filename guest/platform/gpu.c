/* SPDX-License-Identifier: MIT
 * The GPU as its own driver uses it: the guest kit on Linux. */
#include "gpu.h"

#include "clock.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE  60.0 /* seconds: hosts may be slow, and busy */
#define ROW_SHARE 8    /* an eighth of the memory is for pages in rows */

static uint32_t read32(void *at, enum kit_window window, uint32_t offset)
{
    uint32_t value = window_read32(&((struct gpu *)at)->windows[window], offset);

    dma_barrier();
    return value;
}

static void write32(void *at, enum kit_window window, uint32_t offset, uint32_t value)
{
    dma_barrier();
    window_write32(&((struct gpu *)at)->windows[window], offset, value);
}

static void write64(void *at, enum kit_window window, uint32_t offset, uint64_t value)
{
    dma_barrier();
    window_write64(&((struct gpu *)at)->windows[window], offset, value);
}

static void *map(void *at, uint64_t gpa)
{
    struct gpu *gpu = at;

    return gpu->memory.at + (gpa - gpu->memory.gpa);
}

static uint64_t take_pages(void *at, unsigned count)
{
    struct gpu *gpu = at;
    size_t size = (size_t)count << gpu->kit.page_shift;
    uint64_t gpa = gpu->next_row;

    if (count == 1 && gpu->free_count > 0) {
        gpa = gpu->free_pages[--gpu->free_count];
    } else if (gpa + size <= gpu->memory.gpa + gpu->memory.size / ROW_SHARE) {
        gpu->next_row += size;
    } else {
        return 0;
    }
    memset(map(at, gpa), 0, size);
    return gpa;
}

static void give_pages(void *at, uint64_t gpa, unsigned count)
{
    struct gpu *gpu = at;

    while (count--) {
        gpu->free_pages[gpu->free_count++] = gpa;
        gpa += 1u << gpu->kit.page_shift;
    }
}

void gpu_be_patient(struct gpu *gpu)
{
    gpu->deadline = clock_now() + PATIENCE;
}

static bool pause_a_little(void *at)
{
    const struct gpu *gpu = at;

    if (!gpu->impatient) {
        clock_sleep(0.0002);
    }
    return clock_now() < gpu->deadline;
}

static const struct kit_platform platform = {
    .read32 = read32,
    .write32 = write32,
    .write64 = write64,
    .take_pages = take_pages,
    .give_pages = give_pages,
    .map = map,
    .pause = pause_a_little,
};

/* Single pages lie far apart, so that nothing can depend on their neighbours. */
static void scatter_pages(struct gpu *gpu)
{
    unsigned count = (gpu->memory.size - gpu->memory.size / ROW_SHARE) >> gpu->kit.page_shift;
    uint64_t first = gpu->memory.gpa + gpu->memory.size / ROW_SHARE;

    /* Pages given back come from rows too. */
    gpu->free_pages = calloc(gpu->memory.size >> gpu->kit.page_shift, sizeof(*gpu->free_pages));
    for (unsigned i = 0; i < count; i++) {
        /* 37 shares no factor with the count, 7/8 of a power of two: each page comes once. */
        gpu->free_pages[gpu->free_count++] =
            first + ((uint64_t)(i * 37 % count) << gpu->kit.page_shift);
    }
    gpu->next_row = gpu->memory.gpa;
}

bool gpu_open(struct gpu *gpu, size_t memory, struct report *report)
{
    enum kit_machine machine = KIT_X86;

    if (window_open_node(&gpu->windows[KIT_GFX], "vmapple,apple-gfx", 0)) {
        machine = KIT_ARM64;
        if (!report_expect(report, window_open_node(&gpu->windows[KIT_IOSFC],
                                                    "vmapple,apple-gfx", 1),
                           "the GPU has no iosfc window")) {
            return false;
        }
    } else if (!report_expect(report, window_open_pci(&gpu->windows[KIT_GFX], 0x106b, 0xeeee, 0),
                              "no apple-gfx in the device tree or on PCI")) {
        return false;
    }
    if (!report_expect(report, dma_alloc(&gpu->memory, memory), "no memory for the GPU")) {
        return false;
    }
    gpu_be_patient(gpu);
    kit_init(&gpu->kit, machine, &platform, gpu);
    scatter_pages(gpu);
    return true;
}

void gpu_close(struct gpu *gpu)
{
    kit_stop(&gpu->kit);
    free(gpu->free_pages);
    dma_free(&gpu->memory);
    window_close(&gpu->windows[KIT_GFX]);
    window_close(&gpu->windows[KIT_IOSFC]);
    *gpu = (struct gpu){ 0 };
}
