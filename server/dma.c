/* SPDX-License-Identifier: MIT */
/* The guest memory that the client lent us: one mapping a DMA_MAP. */
#include "dma.h"

#include <errno.h>
#include <glib.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <pvg/pvg.h>

#include "protocol.h"
#include "sigbus.h"

#define ROUND_UP(n, unit) (((n) + (unit)-1) / (unit) * (unit))

struct vfio_user_dma {
    struct pvg_device *device;
    GTree *maps; /* struct dma_map by its address */
    uint64_t reachable;
};

struct dma_map {
    struct vfio_user_dma_range range;
    int fd;          /* -1: remembered only */
    void *base;      /* of the mapping, which may begin before the range (huge pages) */
    size_t length;   /* of the mapping */
};

static gint compare_addresses(gconstpointer a, gconstpointer b, gpointer unused)
{
    const uint64_t *left = a, *right = b;

    return *left < *right ? -1 : *left > *right;
}

static void dma_map_destroy(gpointer data)
{
    struct dma_map *map = data;

    if (map->base) {
        sigbus_guard_remove(map->base);
        munmap(map->base, map->length);
    }
    if (map->fd >= 0) {
        close(map->fd);
    }
    g_free(map);
}

void vfio_user_dma_destroy(struct vfio_user_dma *dma)
{
    if (!dma) {
        return;
    }
    vfio_user_dma_unmap_all(dma);
    g_tree_destroy(dma->maps);
    g_free(dma);
}

struct vfio_user_dma *vfio_user_dma_create(struct pvg_device *device)
{
    struct vfio_user_dma *dma = g_new0(struct vfio_user_dma, 1);

    dma->device = device;
    dma->maps = g_tree_new_full(compare_addresses, NULL, NULL, dma_map_destroy);
    return dma;
}

static bool overlaps(struct vfio_user_dma *dma, const struct vfio_user_dma_range *range)
{
    uint64_t last = range->address + range->size - 1;
    GTreeNode *after = g_tree_upper_bound(dma->maps, &range->address);
    GTreeNode *before = after ? g_tree_node_previous(after) : g_tree_node_last(dma->maps);
    const struct dma_map *map;

    if (after) {
        map = g_tree_node_value(after);
        if (map->range.address <= last) {
            return true;
        }
    }
    if (before) {
        map = g_tree_node_value(before);
        if (map->range.address + map->range.size - 1 >= range->address) {
            return true;
        }
    }
    return false;
}

static int check_shape(const struct vfio_user_dma_range *range)
{
    uint64_t page = sysconf(_SC_PAGESIZE);
    uint64_t end;

    if (range->size == 0 || (range->address | range->size | range->offset) & (page - 1) ||
        !(range->flags & VFIO_USER_DMA_READABLE) ||
        range->flags & ~(VFIO_USER_DMA_READABLE | VFIO_USER_DMA_WRITABLE) ||
        __builtin_add_overflow(range->address, range->size - 1, &end) ||
        __builtin_add_overflow(range->offset, range->size, &end)) {
        return EINVAL;
    }
    return 0;
}

/* Huge-page files are mapped in their own page size. */
static uint64_t mapping_granularity(int fd)
{
    struct statfs file_system;

    if (fstatfs(fd, &file_system) == 0 && file_system.f_type == HUGETLBFS_MAGIC) {
        return file_system.f_bsize;
    }
    return sysconf(_SC_PAGESIZE);
}

/* A client could name a device or a file that ends early; only memory that is there is mapped. */
static int check_file(const struct vfio_user_dma_range *range, int fd)
{
    struct stat status;

    if (fstat(fd, &status) < 0) {
        return errno;
    }
    if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size < range->offset + range->size) {
        return EINVAL;
    }
    return 0;
}

static int map_file(struct dma_map *map)
{
    uint64_t granularity = mapping_granularity(map->fd);
    uint64_t start = map->range.offset & ~(granularity - 1);
    uint64_t length = ROUND_UP(map->range.offset + map->range.size - start, granularity);
    bool writable = map->range.flags & VFIO_USER_DMA_WRITABLE;
    void *base = mmap(NULL, length, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, map->fd,
                      start);

    if (base == MAP_FAILED) {
        return errno;
    }
    if (!sigbus_guard_add(base, length)) {
        munmap(base, length);
        return ENOSPC;
    }
    map->base = base;
    map->length = length;
    return 0;
}

static int give_to_device(struct vfio_user_dma *dma, struct dma_map *map)
{
    size_t lead = map->range.offset % mapping_granularity(map->fd);
    const struct pvg_ram_span span = {
        .gpa = map->range.address,
        .size = map->range.size,
        .host = (uint8_t *)map->base + lead,
        .fd = map->fd,
        .fd_offset = map->range.offset,
        .read_only = !(map->range.flags & VFIO_USER_DMA_WRITABLE),
    };

    return pvg_ram_add(dma->device, &span, NULL) ? 0 : EINVAL;
}

static int map_checked(struct vfio_user_dma *dma, struct dma_map *map)
{
    int error = check_shape(&map->range);

    if (error) {
        return error;
    }
    if (overlaps(dma, &map->range)) {
        return EEXIST;
    }
    if (g_tree_nnodes(dma->maps) >= VFIO_USER_MAX_DMA_MAPS) {
        return ENOSPC;
    }
    if (map->fd < 0) {
        return 0;
    }
    error = check_file(&map->range, map->fd);
    error = error ? error : map_file(map);
    return error ? error : give_to_device(dma, map);
}

int vfio_user_dma_map(struct vfio_user_dma *dma, const struct vfio_user_dma_range *range, int fd)
{
    struct dma_map *map = g_new0(struct dma_map, 1);
    int error;

    map->range = *range;
    map->fd = fd;
    error = map_checked(dma, map);
    if (error) {
        dma_map_destroy(map);
        return error;
    }
    g_tree_insert(dma->maps, &map->range.address, map);
    dma->reachable += map->base ? map->range.size : 0;
    return 0;
}

int vfio_user_dma_unmap(struct vfio_user_dma *dma, uint64_t address, uint64_t size)
{
    const struct dma_map *map = g_tree_lookup(dma->maps, &address);

    if (!map || map->range.size != size) {
        return ENOENT;
    }
    if (map->base) {
        pvg_ram_remove(dma->device, address, size);
        dma->reachable -= size;
    }
    g_tree_remove(dma->maps, &address);
    return 0;
}

void vfio_user_dma_unmap_all(struct vfio_user_dma *dma)
{
    for (GTreeNode *node; (node = g_tree_node_first(dma->maps));) {
        const struct dma_map *map = g_tree_node_value(node);

        vfio_user_dma_unmap(dma, map->range.address, map->range.size);
    }
}

uint64_t vfio_user_dma_reachable(const struct vfio_user_dma *dma)
{
    return dma->reachable;
}
