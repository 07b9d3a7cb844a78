/* SPDX-License-Identifier: MIT */
/* The orders that the worker of the process tests obeys, in the place of fake_order. */
#ifndef PVG_TESTS_UNIT_SHADER_FAKE_WORKER_H
#define PVG_TESTS_UNIT_SHADER_FAKE_WORKER_H

enum worker_order {
    WORKER_ANSWERS,
    WORKER_CRASHES,
    WORKER_ABORTS,
    WORKER_EXITS,
    WORKER_HANGS,
    WORKER_RECURSES,
    WORKER_EATS_MEMORY,
    WORKER_OPENS_A_FILE,
    WORKER_OPENS_A_SOCKET,
    WORKER_FORKS,
    WORKER_MAPS_CODE,
    WORKER_SHRINKS_THE_MEMORY,
    WORKER_SENDS_NONSENSE,
    WORKER_SENDS_A_LARGE_SIZE,
};

#endif
