/* SPDX-License-Identifier: MIT */
/* A Vulkan device for a test: the one PVG_TEST_GPU names, else the CPU driver, with the validation
 * layers on. One message of theirs fails the test. */
#ifndef PVG_TESTS_VULKAN_FIXTURE_H
#define PVG_TESTS_VULKAN_FIXTURE_H

#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "vulkan/device.h"

/* Keeps drivers and layers loaded to the end of the process, so that the leak checker can tell their
 * allocations from ours (tests/render/lsan.supp). */
__attribute__((visibility("default"))) int dlclose(void *handle);
int dlclose(void *handle)
{
    return 0;
}

struct vulkan_fixture {
    struct pvg_vk *vk;
    atomic_uint messages; /* warnings and errors of the validation layers */
};

static inline void vulkan_fixture_hear(void *user, enum pvg_vk_severity severity, const char *text)
{
    struct vulkan_fixture *fixture = user;

    if (severity != PVG_VK_INFO) {
        atomic_fetch_add(&fixture->messages, 1);
        fprintf(stderr, "validation: %s\n", text);
    }
}

static inline struct pvg_vk_options vulkan_fixture_options(struct vulkan_fixture *fixture)
{
    const char *gpu = getenv("PVG_TEST_GPU");

    return (struct pvg_vk_options){
        .gpu = gpu ? gpu : "llvmpipe",
        .validate = true,
        .message = vulkan_fixture_hear,
        .user = fixture,
    };
}

static inline int vulkan_fixture_setup(void **state)
{
    struct vulkan_fixture *fixture = g_new0(struct vulkan_fixture, 1);
    struct pvg_vk_options options = vulkan_fixture_options(fixture);
    struct pvg_error error = {0};

    fixture->vk = pvg_vk_create(&options, &error);
    if (!fixture->vk) {
        fprintf(stderr, "no Vulkan device: %s\n", error.message);
        g_free(fixture);
        return -1;
    }
    *state = fixture;
    return 0;
}

static inline int vulkan_fixture_teardown(void **state)
{
    struct vulkan_fixture *fixture = *state;
    unsigned messages;

    pvg_vk_destroy(fixture->vk);
    messages = atomic_load(&fixture->messages);
    g_free(fixture);
    return messages ? -1 : 0;
}

#define vulkan_test(function)                                                                      \
    cmocka_unit_test_setup_teardown(function, vulkan_fixture_setup, vulkan_fixture_teardown)

#endif
