/* SPDX-License-Identifier: MIT */
/* A GPU worker for tests: serves the device on descriptor 3 with the GPU that the argument names.
 * SIGUSR1 makes the thread that gets it spin for ever. */
#include <signal.h>

#include <pvg/pvg.h>

static void spin(int signal)
{
    for (volatile bool forever = true; forever;) {
    }
}

int main(int argc, char **argv)
{
    const struct pvg_gpu_worker_options options = {
        .size = sizeof(options),
        .socket = 3,
        .gpu = argc > 1 ? argv[1] : NULL,
    };

    signal(SIGUSR1, spin);
    return pvg_gpu_worker_run(&options, NULL) ? 0 : 1;
}
