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
    uint64_t gpa = kit_pool_take(&gpu->pool, count);

    if (gpa) {
        memset(map(at, gpa), 0, (size_t)count << gpu->kit.page_shift);
    }
    return gpa;
}

static void give_pages(void *at, uint64_t gpa, unsigned count)
{
    kit_pool_give(&((struct gpu *)at)->pool, gpa, count);
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

static void make_pool(struct gpu *gpu)
{
    unsigned pages = gpu->memory.size >> gpu->kit.page_shift;
    struct kit_pool_memory memory = {
        .gpa = gpu->memory.gpa,
        .page_shift = gpu->kit.page_shift,
        .row_pages = pages / ROW_SHARE,
        .single_pages = pages - pages / ROW_SHARE, /* 7/8 of a power of two */
        .stride = 37,
    };

    kit_pool_init(&gpu->pool, &memory, calloc(pages, sizeof(uint64_t)));
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
    make_pool(gpu);
    return true;
}

void gpu_close(struct gpu *gpu)
{
    kit_stop(&gpu->kit);
    free(gpu->pool.singles);
    dma_free(&gpu->memory);
    window_close(&gpu->windows[KIT_GFX]);
    window_close(&gpu->windows[KIT_IOSFC]);
    *gpu = (struct gpu){ 0 };
}
