/* SPDX-License-Identifier: MIT */
/* What the guest kit needs of where it runs: a unit test over plain memory, a bare machine, a Linux
 * program. Freestanding, as the whole kit is: C and the compiler's builtins, no library but memcpy
 * and memset. */
#ifndef KIT_PLATFORM_H
#define KIT_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

enum kit_window {
    KIT_GFX,   /* BAR 0, or the first MMIO region */
    KIT_IOSFC, /* the second MMIO region, arm64 only */
};

struct kit_platform {
    uint32_t (*read32)(void *at, enum kit_window window, uint32_t offset);
    void (*write32)(void *at, enum kit_window window, uint32_t offset, uint32_t value);
    void (*write64)(void *at, enum kit_window window, uint32_t offset, uint64_t value);

    /* The guest physical address of @count zeroed pages in a row; 0: there are none left. Single
     * pages should come in no particular order, so that nothing depends on their neighbours. */
    uint64_t (*take_pages)(void *at, unsigned count);
    void (*give_pages)(void *at, uint64_t gpa, unsigned count);

    /* Where the CPU reaches @gpa; good up to the end of its page. */
    void *(*map)(void *at, uint64_t gpa);

    /* Called again and again while the kit waits for the device; false: give up. */
    bool (*pause)(void *at);
};

#endif
