/* SPDX-License-Identifier: MIT */
/* A machine on paper for the kit: memory, registers that keep what is written, and no device. What
 * a device would do, the test does: it moves heads and stores stamps. */
#ifndef PVG_TESTS_UNIT_KIT_PAPER_H
#define PVG_TESTS_UNIT_KIT_PAPER_H

#include <stdlib.h>
#include <string.h>

#include "kit/kit.h"

#define PAPER_BYTES 0x2000000u

struct paper {
    uint8_t *ram;
    unsigned page_shift;
    uint64_t next;       /* gpa; single pages come from the top down */
    uint64_t next_row;   /* gpa */
    uint32_t gfx[0x400]; /* from offset 0x1000 */
    unsigned doorbells;  /* of child channels */
    unsigned given;      /* pages that came back */
    struct kit kit;
};

static uint32_t paper_read32(void *at, enum kit_window window, uint32_t offset)
{
    return window == KIT_GFX ? ((struct paper *)at)->gfx[(offset - 0x1000) / 4] : 0;
}

static void paper_write32(void *at, enum kit_window window, uint32_t offset, uint32_t value)
{
    struct paper *paper = at;

    if (window == KIT_GFX) {
        paper->gfx[(offset - 0x1000) / 4] = value;
        paper->doorbells += offset == 0x1020;
    }
}

static void paper_write64(void *at, enum kit_window window, uint32_t offset, uint64_t value)
{
}

static uint64_t paper_take_pages(void *at, unsigned count)
{
    struct paper *paper = at;
    uint64_t size = (uint64_t)count << paper->page_shift;

    if (count == 1) {
        paper->next -= 2 * size; /* no two are neighbours */
        return paper->next;
    }
    paper->next_row += size;
    return paper->next_row - size;
}

static void paper_give_pages(void *at, uint64_t gpa, unsigned count)
{
    ((struct paper *)at)->given += count;
}

static void *paper_map(void *at, uint64_t gpa)
{
    return ((struct paper *)at)->ram + gpa;
}

static bool paper_pause(void *at)
{
    return false;
}

static const struct kit_platform paper_platform = {
    .read32 = paper_read32,
    .write32 = paper_write32,
    .write64 = paper_write64,
    .take_pages = paper_take_pages,
    .give_pages = paper_give_pages,
    .map = paper_map,
    .pause = paper_pause,
};

/* A kit with its root FIFO open at gpa 0x100000 and its root page behind it, as kit_start leaves
 * them. */
static struct paper *paper_create(enum kit_machine machine)
{
    struct paper *paper = calloc(1, sizeof(*paper));

    paper->ram = calloc(1, PAPER_BYTES);
    paper->page_shift = machine == KIT_X86 ? 12 : 14;
    paper->next = PAPER_BYTES;
    paper->next_row = 0x100000;
    kit_init(&paper->kit, machine, &paper_platform, paper);
    paper->kit.fifo = paper_take_pages(paper, 0x10000 >> paper->page_shift);
    paper->kit.root_page = paper_take_pages(paper, 2);
    kit_channel_open_root(&paper->kit, paper->kit.fifo + kit_page_size(&paper->kit),
                          0x10000 - kit_page_size(&paper->kit));
    return paper;
}

static void paper_destroy(struct paper *paper)
{
    free(paper->ram);
    free(paper);
}

#endif
