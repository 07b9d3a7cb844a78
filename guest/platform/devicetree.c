/* SPDX-License-Identifier: MIT
 * The device tree, as /proc/device-tree shows it. */
#include "devicetree.h"

#include "files.h"

#include <dirent.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

#define ROOT "/proc/device-tree"

static bool is_compatible(const char *node, const char *wanted)
{
    char path[300];
    char names[256];
    ssize_t length;

    snprintf(path, sizeof(path), ROOT "/%s/compatible", node);
    length = file_read(path, names, sizeof(names));
    for (ssize_t at = 0; at < length; at += strlen(names + at) + 1) {
        if (!strcmp(names + at, wanted)) {
            return true;
        }
    }
    return false;
}

static bool read_reg(const char *node, unsigned index, struct devicetree_reg *out)
{
    uint64_t cells[16]; /* base, size, base, size, ... big-endian */
    char path[300];
    char bytes[sizeof(cells) + 1];
    ssize_t length;

    snprintf(path, sizeof(path), ROOT "/%s/reg", node);
    length = file_read(path, bytes, sizeof(bytes));
    if (length < (ssize_t)((index + 1) * 16)) {
        return false;
    }
    memcpy(cells, bytes, sizeof(cells));
    out->base = be64toh(cells[2 * index]);
    out->size = be64toh(cells[2 * index + 1]);
    return true;
}

bool devicetree_find_reg(const char *compatible, unsigned index, struct devicetree_reg *out)
{
    DIR *root = opendir(ROOT);
    struct dirent *node;
    bool found = false;

    while (root && !found && (node = readdir(root))) {
        found = is_compatible(node->d_name, compatible) && read_reg(node->d_name, index, out);
    }
    if (root) {
        closedir(root);
    }
    return found;
}
