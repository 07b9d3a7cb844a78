/* SPDX-License-Identifier: MIT
 * Memory that a device can reach: physically contiguous, at a known guest physical address. */
#ifndef GUEST_DMA_H
#define GUEST_DMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dma {
    uint8_t *at; /* NULL: none */
    uint64_t gpa;
    size_t size;
};

/* Allocates @size bytes, zeroed, from 2 MiB huge pages: at most DMA_MAX bytes. */
#define DMA_MAX (512u << 20)
bool dma_alloc(struct dma *dma, size_t size);

void dma_free(struct dma *dma);

/* Makes stores to DMA memory visible before the register write that follows, and the device's
 * stores before the reads that follow a register read. */
static inline void dma_barrier(void)
{
#if defined(__aarch64__)
    __asm__ volatile("dsb sy" ::: "memory");
#else
    __asm__ volatile("mfence" ::: "memory");
#endif
}

#endif
