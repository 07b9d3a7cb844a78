/* SPDX-License-Identifier: MIT */
/* The scene of guest/demo, drawn by a program that speaks Vulkan directly: the same meshes, images
 * and numbers, shaders of its own, everything bound beforehand that can be. */
#ifndef PVG_BENCH_GPU_NATIVE_DEMO_H
#define PVG_BENCH_GPU_NATIVE_DEMO_H

#include <stdint.h>

#include "vulkan/device.h"

struct native_demo;

struct native_demo *native_demo_start(struct pvg_vk *vk, uint32_t width, uint32_t height);
void native_demo_end(struct native_demo *demo);

/* Submits the next picture and has it copied to host memory; returns when the one before that is
 * there. */
void native_demo_picture(struct native_demo *demo, float seconds, float step, const char *text);

/* The newest picture, rows tight, BGRA; waits for it. */
const uint8_t *native_demo_pixels(struct native_demo *demo);

#endif
