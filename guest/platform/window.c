/* SPDX-License-Identifier: MIT
 * A device's registers, mapped through /dev/mem or sysfs. */
#include "window.h"

#include "devicetree.h"
#include "files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void window_close(struct window *window)
{
    if (window->at) {
        munmap((void *)window->at, window->size);
    }
    *window = (struct window){ 0 };
}

/* Maps @size bytes of @path at @offset; all of it when @size is 0. */
static bool map_file(struct window *window, const char *path, uint64_t offset, size_t size)
{
    int fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
    void *at = MAP_FAILED;
    struct stat stat;

    *window = (struct window){ 0 };
    if (fd >= 0) {
        if (!size && !fstat(fd, &stat)) {
            size = stat.st_size;
        }
        at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
        close(fd);
    }
    if (at == MAP_FAILED) {
        return false;
    }
    *window = (struct window){ .at = at, .size = size };
    return true;
}

bool window_open(struct window *window, uint64_t base, size_t size)
{
    return map_file(window, "/dev/mem", base, size);
}

bool window_open_node(struct window *window, const char *compatible, unsigned index)
{
    struct devicetree_reg reg;

    *window = (struct window){ 0 };
    return devicetree_find_reg(compatible, index, &reg) &&
           window_open(window, reg.base, reg.size);
}

#define PCI_FOLDER "/sys/bus/pci/devices"

static unsigned long pci_id(const char *function, const char *which)
{
    char path[300], text[16];

    snprintf(path, sizeof(path), PCI_FOLDER "/%s/%s", function, which);
    return file_read(path, text, sizeof(text)) > 0 ? strtoul(text, NULL, 16) : 0;
}

static bool open_bar(struct window *window, const char *function, unsigned bar)
{
    char path[300];

    snprintf(path, sizeof(path), PCI_FOLDER "/%s/enable", function);
    if (!file_write(path, "1")) {
        return false;
    }
    snprintf(path, sizeof(path), PCI_FOLDER "/%s/resource%u", function, bar);
    return map_file(window, path, 0, 0);
}

bool window_open_pci(struct window *window, uint16_t vendor, uint16_t device, unsigned bar)
{
    DIR *functions = opendir(PCI_FOLDER);
    struct dirent *function;
    bool done = false;

    *window = (struct window){ 0 };
    while (functions && !done && (function = readdir(functions))) {
        done = pci_id(function->d_name, "vendor") == vendor &&
               pci_id(function->d_name, "device") == device &&
               open_bar(window, function->d_name, bar);
    }
    if (functions) {
        closedir(functions);
    }
    return done;
}
