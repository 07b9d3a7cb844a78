/* SPDX-License-Identifier: MIT */
/* A GPU worker for tests: serves the device on descriptor 3 with the GPU that the argument names. */
#include <pvg/pvg.h>

int main(int argc, char **argv)
{
    const struct pvg_gpu_worker_options options = {
        .size = sizeof(options),
        .socket = 3,
        .gpu = argc > 1 ? argv[1] : NULL,
    };

    return pvg_gpu_worker_run(&options, NULL) ? 0 : 1;
}
