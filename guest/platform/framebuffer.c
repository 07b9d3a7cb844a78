/* SPDX-License-Identifier: MIT
 * The GPU's firmware framebuffer: picks the first mode, gives the GPU a piece of guest RAM to show,
 * and paints the test picture there. Spec: 10 sections 4 and 14. */
#include "checks.h"
#include "dma.h"
#include "picture.h"
#include "window.h"

enum {
    REG_VERSION = 0x1034,
    REG_ENABLE = 0x1200,
    REG_MODE_COUNT = 0x1204,
    REG_MODE_SELECT = 0x1208,
    REG_MODE_SIZE = 0x120c,
    REG_START = 0x1210,
    REG_LENGTH = 0x1214,
    REG_DEPTH = 0x1218,
    REG_MODE = 0x121c,
    REG_STRIDE_ALIGN = 0x1224,
    REG_STRIDE = 0x1228,
};

/* The same registers on both: a window of the vmapple machine, or a BAR on a PCI machine. */
static bool open_gpu(struct window *gpu)
{
    return window_open_node(gpu, "vmapple,apple-gfx", 0) || window_open_pci(gpu, 0x106b, 0xeeee, 0);
}

/* The first mode the GPU offers, with rows as far apart as it wants them. */
static bool pick_mode(const struct window *gpu, struct report *report, struct canvas *canvas)
{
    uint32_t size, align;

    if (!report_expect(report, window_read32(gpu, REG_MODE_COUNT) > 0, "the GPU has no modes")) {
        return false;
    }
    window_write32(gpu, REG_MODE_SELECT, 0);
    size = window_read32(gpu, REG_MODE_SIZE);
    align = window_read32(gpu, REG_STRIDE_ALIGN);
    canvas->width = size >> 16;
    canvas->height = size & 0xffff;
    if (!report_expect(report, canvas->width && canvas->height, "mode 0 is 0x%08x", size) ||
        !report_expect(report, align && !(align & (align - 1)), "stride alignment is %u", align)) {
        return false;
    }
    canvas->stride = ((size_t)canvas->width * 4 + align - 1) & ~((size_t)align - 1);
    return true;
}

static void announce(const struct window *gpu, const struct dma *memory,
                     const struct canvas *canvas)
{
    window_write64(gpu, REG_START, memory->gpa); /* all 64 bits at once */
    window_write32(gpu, REG_LENGTH, canvas->stride * canvas->height);
    window_write32(gpu, REG_DEPTH, 32);
    window_write32(gpu, REG_MODE, (uint32_t)canvas->height << 16 | canvas->width);
    window_write32(gpu, REG_STRIDE, canvas->stride);
    window_write32(gpu, REG_ENABLE, 1);
}

void check_framebuffer(struct report *report)
{
    static struct dma memory; /* shown for as long as the machine runs */
    struct window gpu = { 0 };
    struct canvas canvas;

    if (report_expect(report, open_gpu(&gpu), "no apple-gfx in the device tree or on PCI") &&
        pick_mode(&gpu, report, &canvas) &&
        report_expect(report, dma_alloc(&memory, canvas.stride * canvas.height),
                      "no memory for a framebuffer of %zu bytes",
                      canvas.stride * canvas.height)) {
        window_write32(&gpu, REG_VERSION, 4);
        report_expect(report, window_read32(&gpu, REG_VERSION) == 4,
                      "proposed version 4, got 0x%x", window_read32(&gpu, REG_VERSION));
        canvas.at = memory.at;
        picture_paint(&canvas, "painted by a guest through the paravirtual GPU's firmware framebuffer");
        dma_barrier();
        announce(&gpu, &memory, &canvas);
        report_expect(report, window_read64(&gpu, REG_START) == memory.gpa,
                      "the framebuffer's address reads back as 0x%llx",
                      (unsigned long long)window_read64(&gpu, REG_START));
    }
    window_close(&gpu);
}
