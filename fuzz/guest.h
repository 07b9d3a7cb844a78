/* SPDX-License-Identifier: MIT */
/* A device on plain memory with a driver beside it, made once for a variant and reset for each
 * input, and the input as a row of decisions. */
#ifndef PVG_FUZZ_GUEST_H
#define PVG_FUZZ_GUEST_H

#include <stddef.h>
#include <stdint.h>

#include "device/device.h"
#include "kit/kit.h"
#include "kit/surface.h"
#include "plain/plain.h"

#define GUEST_RAM_SIZE 0x4000000ull /* reserved, not resident */

struct guest {
    struct pvg_device *device;
    uint8_t *ram;
    uint64_t ram_gpa;
    unsigned page_shift;
    struct plain plain;
    int64_t now;
    unsigned patience;
    struct kit kit;
};

/* Before the first guest is made: which Vulkan device executes its work, "none" unless this is
 * called. */
void guest_use_gpu(const char *name);

/* The guest of the variant that @choice picks, reset; its memory is zero. */
struct guest *guest_get(uint8_t choice);

/* Brings driver and display up. False when the kit gives up, which is a bug: aborts then. */
void guest_boot(struct guest *guest);

/* Runs the engine for at most a few rounds, @microseconds later. */
void guest_run(struct guest *guest, int64_t microseconds);

/* The rest of an input. What is not there reads as 0. */
struct input {
    const uint8_t *bytes;
    size_t left;
};

uint8_t input_u8(struct input *input);
uint32_t input_u32(struct input *input);
uint64_t input_u64(struct input *input);
/* At most @size bytes; returns how many. */
size_t input_bytes(struct input *input, uint8_t *out, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#endif
