/* SPDX-License-Identifier: MIT
 * The demo on Linux: shows guest/demo's scene, and tells how fast it came. */
#include "clock.h"
#include "files.h"
#include "gpu.h"
#include "options.h"
#include "tasks.h"

#include "demo/show.h"

#include <stdio.h>
#include <unistd.h>

#define MEMORY_BESIDE_PICTURES (12u << 20)

static struct demo_code read_code(const char *path, char *into, size_t size)
{
    long length = file_read(path, into, size);

    return length > 0 ? (struct demo_code){ into, (uint32_t)length } : (struct demo_code){ 0 };
}

static struct gpu gpu;

static bool start(struct show *show, struct report *report)
{
    static char code[2][1 << 16];
    struct scene_apple apple = {
        read_code("/apple/vertex.metallib", code[0], sizeof(code[0])),
        read_code("/apple/fragment.metallib", code[1], sizeof(code[1])),
    };
    uint32_t width = (uint32_t)option_number("width", 1280);
    uint32_t height = (uint32_t)option_number("height", 800);

    if (!gpu_open(&gpu, MEMORY_BESIDE_PICTURES + (SCENE_FRAMES + 2) * width * height * 5, report)) {
        return false;
    }
    show_start(show, &gpu.kit, clock_now, width, height, &apple);
    return report_expect(report, !gpu.kit.failure, "%s", gpu.kit.failure);
}

void task_demo(void)
{
    static struct show show;
    struct report report = { .name = "demo" };
    uint64_t pictures = option_number("frames", 0);
    struct text summary = { .length = 0 };

    if (start(&show, &report)) {
        if (!pictures && fork() == 0) {
            return; /* to what comes behind the demo, while it goes on here */
        }
        while (!show.kit->failure && (!pictures || show.pictures < pictures)) {
            gpu_be_patient(&gpu);
            /* As many as were asked for look the same in every run; else the clock turns it. */
            show_picture(&show, pictures ? (float)show.pictures / 60
                                         : (float)(clock_now() - show.started));
            if (show.pictures == 1) {
                puts("demo-first-frame");
                fflush(stdout);
            }
        }
        report_expect(&report, !show.kit->failure, "%s", show.kit->failure);
        show_summary(&show, &summary);
        printf("demo-frames: %s\n", summary.bytes);
    }
    report_print(&report);
}
