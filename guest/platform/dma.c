/* SPDX-License-Identifier: MIT
 * Memory that a device can reach. A pool of huge pages is asked of the kernel, the page map tells
 * where each lies, and a run of neighbours is mapped in physical order. */
#include "dma.h"

#include "files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_HUGE_2MB
#define MFD_HUGE_2MB (21u << 26)
#endif

#define PAGE_SIZE_2M ((size_t)2 << 20)
#define MAX_PAGES (DMA_MAX / PAGE_SIZE_2M * 3 / 2)
#define POOL "/sys/kernel/mm/hugepages/hugepages-2048kB"
#define POOL_FILE POOL "/nr_hugepages"

struct page {
    uint64_t gpa;
    off_t offset; /* in the pool's file */
};

static uint64_t gpa_of(const void *at)
{
    uint64_t entry = 0;
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    off_t offset = (uintptr_t)at / sysconf(_SC_PAGESIZE) * sizeof(entry);

    if (fd >= 0) {
        if (pread(fd, &entry, sizeof(entry), offset) != sizeof(entry) || !(entry >> 63)) {
            entry = 0;
        }
        close(fd);
    }
    return (entry & (((uint64_t)1 << 55) - 1)) * sysconf(_SC_PAGESIZE);
}

static int by_gpa(const void *a, const void *b)
{
    const struct page *left = a, *right = b;

    return (left->gpa > right->gpa) - (left->gpa < right->gpa);
}

/* Fills @pages with those of the pool's file, @size of them, in physical order; how many there
 * are. */
static size_t pool_pages(int pool, struct page *pages, size_t size)
{
    size_t count = 0;
    char *at;

    if (ftruncate(pool, size * PAGE_SIZE_2M)) {
        return 0;
    }
    at = mmap(NULL, size * PAGE_SIZE_2M, PROT_READ | PROT_WRITE, MAP_SHARED, pool, 0);
    if (at == MAP_FAILED) {
        return 0;
    }
    for (size_t i = 0; i < size; i++) {
        *(volatile char *)(at + i * PAGE_SIZE_2M) = 0; /* touched: present */
        pages[count].gpa = gpa_of(at + i * PAGE_SIZE_2M);
        pages[count].offset = i * PAGE_SIZE_2M;
        count += pages[count].gpa != 0;
    }
    munmap(at, size * PAGE_SIZE_2M);
    qsort(pages, count, sizeof(*pages), by_gpa);
    return count;
}

/* The index of the first of @length neighbours; @count when there is no such run. */
static size_t find_run(const struct page *pages, size_t count, size_t length)
{
    size_t first = 0;

    for (size_t i = 0; i < count; i++) {
        if (i && pages[i].gpa != pages[i - 1].gpa + PAGE_SIZE_2M) {
            first = i;
        }
        if (i - first + 1 == length) {
            return first;
        }
    }
    return count;
}

static bool map_run(struct dma *dma, int pool, const struct page *run, size_t length)
{
    size_t size = length * PAGE_SIZE_2M;
    /* Room for alignment to a huge page, which a mapping at a fixed address needs. */
    char *room = mmap(NULL, size + PAGE_SIZE_2M, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *at = (char *)(((uintptr_t)room + PAGE_SIZE_2M - 1) & ~(PAGE_SIZE_2M - 1));

    if (room == MAP_FAILED) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (mmap(at + i * PAGE_SIZE_2M, PAGE_SIZE_2M, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_FIXED, pool, run[i].offset) == MAP_FAILED) {
            return false;
        }
    }
    *dma = (struct dma){ .at = (uint8_t *)at, .gpa = run[0].gpa, .size = size };
    return true;
}

void dma_free(struct dma *dma)
{
    if (dma->at) {
        munmap(dma->at, dma->size); /* the pool's file goes with its last mapping */
    }
    *dma = (struct dma){ 0 };
}

static long pool_number(const char *file)
{
    char text[24];

    return file_read(file, text, sizeof(text)) > 0 ? strtol(text, NULL, 10) : 0;
}

/* Has the kernel keep @count huge pages that nobody uses; how many there are, at most @count. */
static size_t grow_pool(size_t count)
{
    long idle = pool_number(POOL "/free_hugepages");
    char text[24];

    if (idle < (long)count) {
        snprintf(text, sizeof(text), "%ld", pool_number(POOL_FILE) + (long)count - idle);
        file_write(POOL_FILE, text);
        idle = pool_number(POOL "/free_hugepages");
    }
    return (size_t)idle < count ? (size_t)idle : count;
}

/* Looks for @length neighbours among @count pages. */
static bool alloc_among(struct dma *dma, size_t length, size_t count)
{
    static struct page pages[MAX_PAGES];
    bool done = false;
    size_t first;
    int pool;

    count = grow_pool(count);
    pool = memfd_create("dma", MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB);
    if (pool < 0) {
        return false;
    }
    count = pool_pages(pool, pages, count);
    first = find_run(pages, count, length);
    if (first < count) {
        done = map_run(dma, pool, pages + first, length);
    }
    close(pool);
    return done;
}

bool dma_alloc(struct dma *dma, size_t size)
{
    size_t length = (size + PAGE_SIZE_2M - 1) / PAGE_SIZE_2M;
    size_t count = length + length / 2 + 1;
    bool done = false;

    *dma = (struct dma){ 0 };
    /* Neighbours are the rule early after boot; later more pages are looked at, as far as there are
     * any. */
    for (; !done && count <= 4 * length + 4 && count <= MAX_PAGES; count *= 2) {
        done = alloc_among(dma, length, count);
    }
    return done;
}
