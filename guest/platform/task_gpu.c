/* SPDX-License-Identifier: MIT */
#include "gpu.h"
#include "tasks.h"

#include "driver/steps.h"

#define MEMORY (16u << 20)

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
}
