/* SPDX-License-Identifier: MIT
 * The GPU as its own driver uses it: the guest kit on Linux. Registers come from the machine's
 * windows or a PCI function's BAR, memory from huge pages, and waiting is polling. */
#include "clock.h"
#include "dma.h"
#include "report.h"
#include "tasks.h"
#include "window.h"

#include "kit/kit.h"
#include "kit/object.h"
#include "kit/stream.h"
#include "kit/surface.h"

#include "wire/blit.h"
#include "wire/blit_encode.h"
#include "wire/registers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY    (16u << 20)
#define PATIENCE  10.0 /* seconds for one wait */
#define PORTS     2
#define WIDTH     1024
#define HEIGHT    768
#define ROW_SHARE 8    /* an eighth of the memory is for pages in rows */

struct gpu {
    struct kit kit;
    struct window windows[2]; /* by enum kit_window */
    struct dma memory;
    uint64_t next_row;   /* gpa */
    uint64_t *free_pages; /* gpas */
    unsigned free_count;
};

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
    } else if (gpa + size <= gpu->memory.gpa + MEMORY / ROW_SHARE) {
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

/* A wait is over when the kit does something else than pausing for a while. */
static bool pause_a_little(void *at)
{
    static double first, last;
    double now = clock_now();

    if (now - last > 0.5) {
        first = now;
    }
    last = now;
    clock_sleep(0.001);
    return now - first < PATIENCE;
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
    unsigned count = (MEMORY - MEMORY / ROW_SHARE) >> gpu->kit.page_shift;
    uint64_t first = gpu->memory.gpa + MEMORY / ROW_SHARE;

    /* Pages given back come from rows too. */
    gpu->free_pages = calloc(MEMORY >> gpu->kit.page_shift, sizeof(*gpu->free_pages));
    for (unsigned i = 0; i < count; i++) {
        /* 37 shares no factor with the count, 7/8 of a power of two: each page comes once. */
        gpu->free_pages[gpu->free_count++] =
            first + ((uint64_t)(i * 37 % count) << gpu->kit.page_shift);
    }
    gpu->next_row = gpu->memory.gpa;
}

static bool open_gpu(struct gpu *gpu, struct report *report)
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
    if (!report_expect(report, dma_alloc(&gpu->memory, MEMORY), "no memory for the GPU")) {
        return false;
    }
    kit_init(&gpu->kit, machine, &platform, gpu);
    scatter_pages(gpu);
    return true;
}

/* Whether the kit is content. */
static bool expect_kit(struct gpu *gpu, struct report *report)
{
    return report_expect(report, !gpu->kit.failure, "%s", gpu->kit.failure);
}

/* ---- The steps, each a line of the report. ---- */

static void start(struct gpu *gpu, struct report *report)
{
    if (open_gpu(gpu, report)) {
        kit_start(&gpu->kit);
        expect_kit(gpu, report);
    }
}

/* As many as the device has, up to what we have memory for. */
static unsigned port_count(struct gpu *gpu)
{
    uint32_t ports = read32(gpu, KIT_GFX, PVG_WIRE_GFX_DISPLAY_PORTS);

    return ports < PORTS ? ports : PORTS;
}

static void bring_displays_online(struct gpu *gpu, struct report *report)
{
    for (unsigned port = 0; port < port_count(gpu); port++) {
        kit_display_start(&gpu->kit, port);
        kit_display_wait_online(&gpu->kit, port);
    }
    expect_kit(gpu, report);
}

/* A task's submission fills a part of a buffer: it completes, and leaves the rest alone. */
static void submit(struct gpu *gpu, struct report *report)
{
    static struct kit_stream stream;
    struct pvg_wire_exec_resource resource = {.validity = {.clear_host = true}};
    struct kit_task task;
    struct kit_buffer buffer;
    uint8_t bytes[0x1000];

    kit_task_create(&gpu->kit, &task, 1);
    kit_task_bind_objects(&gpu->kit, &task);
    kit_buffer_create(&gpu->kit, &task, &buffer, sizeof(bytes));
    kit_stream_init(&gpu->kit, &stream, &task);
    resource.object = buffer.object;
    kit_segment_begin(&stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_fill_buffer_encode(&stream.w, &(struct pvg_wire_fill_buffer){
        .buffer = buffer.object, .start = 0x100, .size = 0x40, .value = 0x5a});
    kit_segment_end(&stream);
    kit_wait(&gpu->kit, kit_exec_channel(&gpu->kit),
             kit_submit(&gpu->kit, &stream, &resource, 1, NULL));
    if (!expect_kit(gpu, report)) {
        return;
    }
    kit_task_read(&gpu->kit, &task, buffer.gva, bytes, sizeof(bytes));
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        report_expect(report, (i >= 0x100 && i < 0x140) || bytes[i] == 0, "byte 0x%x is 0x%x", i,
                      bytes[i]);
    }
}

/* Bands that tell rows, columns and displays apart; the host's test knows them. */
static uint32_t pixel_at(unsigned port, uint32_t x, uint32_t y)
{
    return 0xff000000 | (x & 0xff) << 16 | (y & 0xff) << 8 | (x / 64 + y / 64 + port) % 2 * 0xff;
}

static void present(struct gpu *gpu, unsigned port, const struct kit_surface *surface)
{
    kit_wait(&gpu->kit, kit_display_channel(&gpu->kit, port),
             kit_present(&gpu->kit, port, surface->id, NULL));
    kit_interrupt(&gpu->kit);
}

static void draw(struct gpu *gpu, unsigned port, const struct kit_surface *surface)
{
    static uint32_t row[WIDTH];

    for (uint32_t y = 0; y < HEIGHT && !gpu->kit.failure; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            row[x] = pixel_at(port, x, y);
        }
        kit_surface_write(&gpu->kit, surface, surface->stride * y, row, sizeof(row));
    }
}

/* A second of plain frames on two surfaces in turn, then a picture on each display. */
static void show(struct gpu *gpu, struct report *report)
{
    static struct kit_surface surfaces[2];

    for (unsigned i = 0; i < 2; i++) {
        kit_surface_create(&gpu->kit, &surfaces[i], WIDTH, HEIGHT);
    }
    for (unsigned frame = 0; frame < 60 && !gpu->kit.failure; frame++) {
        kit_surface_fill(&gpu->kit, &surfaces[frame % 2], 0xff000000 | frame * 4);
        present(gpu, 0, &surfaces[frame % 2]);
    }
    for (unsigned port = 0; port < port_count(gpu); port++) {
        draw(gpu, port, &surfaces[port]);
        present(gpu, port, &surfaces[port]);
    }
    expect_kit(gpu, report);
}

static void show_cursor(struct gpu *gpu, struct report *report)
{
    static uint32_t pixels[32 * 32];

    for (unsigned i = 0; i < 32 * 32; i++) {
        pixels[i] = 0xffff8000;
    }
    kit_cursor_image(&gpu->kit, 0, pixels, 32, 32, 4, 5);
    kit_cursor_move(&gpu->kit, 0, WIDTH / 2, HEIGHT / 2, true);
    expect_kit(gpu, report);
}

/* A driver that stops and starts again is served again. */
static void start_again(struct gpu *gpu, struct report *report)
{
    kit_stop(&gpu->kit);
    kit_start(&gpu->kit);
    bring_displays_online(gpu, report);
}

void task_gpu(void)
{
    static const struct {
        const char *name;
        void (*run)(struct gpu *gpu, struct report *report);
    } steps[] = {
        { "gpu-start", start },
        { "gpu-displays", bring_displays_online },
        { "gpu-submit", submit },
        { "gpu-start-again", start_again },
        { "gpu-show", show },
        { "gpu-cursor", show_cursor },
    };
    static struct gpu gpu;

    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        struct report report = { .name = steps[i].name };

        steps[i].run(&gpu, &report);
        report_print(&report);
        if (report.failed) {
            break;
        }
    }
    task_wait();
}
