/* SPDX-License-Identifier: MIT
 * A device's registers: a window of the machine, mapped through /dev/mem, or a PCI function's BAR,
 * mapped through sysfs. The kernel must run with iomem=relaxed where one of its own drivers holds
 * the same window (the interrupt controller). */
#ifndef GUEST_WINDOW_H
#define GUEST_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct window {
    volatile uint8_t *at; /* NULL: not open */
    size_t size;
};

/* Opens the window of the device-tree node compatible with @compatible: its @index'th reg entry. */
bool window_open_node(struct window *window, const char *compatible, unsigned index);

/* Opens @size bytes at physical address @base, which is page-aligned. */
bool window_open(struct window *window, uint64_t base, size_t size);

/* Opens BAR @bar of the first PCI function with these ids, and enables it. */
bool window_open_pci(struct window *window, uint16_t vendor, uint16_t device, unsigned bar);

void window_close(struct window *window);

static inline uint32_t window_read32(const struct window *window, size_t offset)
{
    return *(volatile uint32_t *)(window->at + offset);
}

static inline uint64_t window_read64(const struct window *window, size_t offset)
{
    return *(volatile uint64_t *)(window->at + offset);
}

static inline void window_write32(const struct window *window, size_t offset, uint32_t value)
{
    *(volatile uint32_t *)(window->at + offset) = value;
}

static inline void window_write64(const struct window *window, size_t offset, uint64_t value)
{
    *(volatile uint64_t *)(window->at + offset) = value;
}

#endif
