/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "gpu.h"
#include "options.h"
#include "tasks.h"

#include "driver/follow.h"

#include <stdio.h>
#include <unistd.h>

#define MEMORY (24u << 20)

static void tell_change(unsigned port, uint32_t width, uint32_t height)
{
    if (width) {
        printf("display %u: %ux%u\n", port, width, height);
    } else {
        printf("display %u: off\n", port);
    }
    fflush(stdout);
}

/* Beside what comes behind the task */
static void follow(struct gpu *gpu)
{
    static struct driver_follower follower;

    driver_follow_from_now(&follower, &gpu->kit);
    if (fork() == 0) {
        return;
    }
    while (!gpu->kit.failure) {
        gpu_be_patient(gpu);
        kit_interrupt(&gpu->kit);
        driver_follow(&follower, &gpu->kit, tell_change);
        clock_sleep(0.02);
    }
    printf("follow: FAILED %s\n", gpu->kit.failure);
}

void task_gpu(void)
{
    static struct gpu gpu;
    struct report report = { .name = "gpu-open" };
    bool going = gpu_open(&gpu, MEMORY, &report);

    report_print(&report);
    for (unsigned i = 0; going && i < driver_step_count; i++) {
        report = (struct report){ .name = driver_steps[i].name };
        gpu_be_patient(&gpu);
        driver_steps[i].run(&gpu.kit);
        going = report_expect(&report, !gpu.kit.failure, "%s", gpu.kit.failure);
        report_print(&report);
    }
    if (going && option_number("follow", 0)) {
        follow(&gpu);
    }
}
