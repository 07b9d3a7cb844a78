/* SPDX-License-Identifier: MIT */
/* The guest memory that the client lent us: one mapping a DMA_MAP. Spec: 90-vfio-user 9.
 *
 * Protocol thread only, but for the SIGBUS guard. Mapped ranges are given to libpvg as RAM spans;
 * ranges without a descriptor (other devices' BARs, firmware flash) are remembered and unreachable. */
#ifndef SERVER_DMA_H
#define SERVER_DMA_H

#include <stdbool.h>
#include <stdint.h>

struct pvg_device;
struct vfio_user_dma;

#define VFIO_USER_MAX_DMA_MAPS 65535

struct vfio_user_dma_range {
    uint64_t address; /* guest physical, whole pages */
    uint64_t size;
    uint64_t offset; /* in the descriptor */
    uint32_t flags;  /* VFIO_USER_DMA_… */
};

/* @device is borrowed and must outlive the table. */
struct vfio_user_dma *vfio_user_dma_create(struct pvg_device *device);

/* Unmaps everything first. */
void vfio_user_dma_destroy(struct vfio_user_dma *dma);

/* Takes @fd (-1: none), failure included. 0, or a positive errno: EINVAL (shape), EEXIST (overlap),
 * ENOSPC (table full), or what mmap said. */
int vfio_user_dma_map(struct vfio_user_dma *dma, const struct vfio_user_dma_range *range, int fd);

/* Ends the map of exactly this range; when it returns nothing of the device touches it. ENOENT when
 * there is none. */
int vfio_user_dma_unmap(struct vfio_user_dma *dma, uint64_t address, uint64_t size);

void vfio_user_dma_unmap_all(struct vfio_user_dma *dma);

/* Bytes that the device can reach. */
uint64_t vfio_user_dma_reachable(const struct vfio_user_dma *dma);

#endif
