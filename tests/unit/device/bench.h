/* SPDX-License-Identifier: MIT */
/* The one fake: the real library on a fake host. Plain memory as guest RAM, recorded interrupts, an
 * engine stepped by hand on a clock of ours. It is spoken to through the guest kit. */
#ifndef PVG_TESTS_UNIT_DEVICE_BENCH_H
#define PVG_TESTS_UNIT_DEVICE_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <pvg/pvg.h>

#include "device/device.h"
#include "kit/kit.h"
#include "kit/object.h"
#include "kit/stream.h"
#include "kit/surface.h"
#include "plain/plain.h"

#define BENCH_RAM_SIZE 0x20000000ull /* reserved, not resident */

struct bench {
    struct pvg_device *device;
    uint8_t *ram;     /* BENCH_RAM_SIZE bytes */
    uint64_t ram_gpa; /* 0 on PCI, 0x70000000 on MMIO */
    unsigned page_shift;
    int64_t now; /* microseconds */

    bool level[2];       /* of the lines */
    unsigned edges[2];   /* rising ones */
    unsigned changes[8]; /* calls of display_changed */
    unsigned lines;      /* of the log */
    char last_line[512];

    struct kit kit;     /* initialised, not started */
    struct plain plain; /* where it runs */
    unsigned patience;  /* how often the kit may still wait */

    /* The executor: what it is given it keeps while `hold` is set. */
    bool hold;
    GPtrArray *held; /* struct pvg_work */
    unsigned submissions, prepared, forgets;
    struct pvg_submission *last_submission; /* good while it is held */
    bool draws;                             /* answers presents itself, with bytes 0x77 */
};

struct bench *bench_create(enum pvg_variant variant, unsigned displays);
/* The same on the null executor, recorded to @path. */
struct bench *bench_create_recorded(enum pvg_variant variant, unsigned displays, const char *path);
void bench_destroy(struct bench *bench);

/* For cmocka: a started device, PCI or MMIO, with two displays. */
int bench_setup_pci(void **state);
int bench_setup_mmio(void **state);
int bench_teardown(void **state);

/* Lets the engine run until nothing is marked any more. */
void bench_run(struct bench *bench);
/* Moves the clock and runs. */
void bench_pass(struct bench *bench, int64_t microseconds);

/* The bytes of guest RAM at @gpa. */
uint8_t *bench_at(struct bench *bench, uint64_t gpa);
uint32_t bench_load(struct bench *bench, uint64_t gpa);
void bench_store(struct bench *bench, uint64_t gpa, uint32_t value);

uint32_t bench_read(struct bench *bench, uint64_t offset);
void bench_write(struct bench *bench, uint64_t offset, uint32_t value);

/* Brings the device up through the kit, and its first display with it; the test fails when that
 * does. */
void bench_bring_up(struct bench *bench);

/* Fails the test when the kit noted that something went wrong. */
void bench_expect_no_failure(struct bench *bench);

/* Completes the held work @index; it leaves the list. */
void bench_release(struct bench *bench, unsigned index);

/* The newest picture and cursor. */
struct pvg_frame bench_fetch(struct bench *bench, unsigned display);
struct pvg_cursor_state bench_cursor(struct bench *bench, unsigned display);
/* 0xRRGGBB */
uint32_t bench_pixel(const struct pvg_frame *frame, uint32_t x, uint32_t y);

/* The statistic @name; fails the test when there is none. */
uint64_t bench_stat(struct bench *bench, const char *name);

#endif
