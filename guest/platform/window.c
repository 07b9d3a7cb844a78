/* SPDX-License-Identifier: MIT
 * A device's registers, mapped through /dev/mem. */
#include "window.h"

#include "devicetree.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

void window_close(struct window *window)
{
    if (window->at) {
        munmap((void *)window->at, window->size);
    }
    *window = (struct window){ 0 };
}

bool window_open(struct window *window, uint64_t base, size_t size)
{
    int fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
    void *at = MAP_FAILED;

    *window = (struct window){ 0 };
    if (fd >= 0) {
        at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, base);
        close(fd);
    }
    if (at == MAP_FAILED) {
        return false;
    }
    *window = (struct window){ .at = at, .size = size };
    return true;
}

bool window_open_node(struct window *window, const char *compatible, unsigned index)
{
    struct devicetree_reg reg;

    *window = (struct window){ 0 };
    return devicetree_find_reg(compatible, index, &reg) &&
           window_open(window, reg.base, reg.size);
}
