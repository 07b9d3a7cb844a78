/*
 * vmapple: what the firmware hands to macOS' kernel
 *
 * Spec: 81-booting-macos 9, 11 and its vectors B9 and B10; 80-platform 3.2.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "hw/vmapple/boot-args.h"

enum {
    VERSION = 2,
    VIRTUAL_BASE = 0x08,
    PHYSICAL_BASE = 0x10,
    MEMORY_SIZE = 0x18,
    TREE = 0x60,
    TREE_SIZE = 0x68,
    COMMAND_LINE = 0x6c,
    /* revision 3, where the tree's size has 64 bits */
    WIDE_COMMAND_LINE = 0x70,

    NAME_SIZE = 32,
    PROPERTY_HEADER = NAME_SIZE + 4,
    NODE_HEADER = 8,
    MAX_DEPTH = 32,
};

#define PLACEHOLDER (1u << 31) /* in a property's length */

bool vmapple_boot_args_parse(const uint8_t *bytes, VMAppleBootArgs *args)
{
    unsigned revision = lduw_le_p(bytes);
    uint64_t base = ldq_le_p(bytes + PHYSICAL_BASE);
    uint64_t offset = ldq_le_p(bytes + TREE) - ldq_le_p(bytes + VIRTUAL_BASE);
    bool wide;

    if (revision < 1 || revision > 3 || lduw_le_p(bytes + 2) != VERSION) {
        return false;
    }
    /* A tree that is not in the kernel's memory: no sum can wrap after this */
    if (offset >= ldq_le_p(bytes + MEMORY_SIZE) || base > UINT64_MAX - offset) {
        return false;
    }
    args->tree = base + offset;
    /* A 64-bit size leaves zeros where the text would begin. */
    wide = revision >= 3 && ldl_le_p(bytes + COMMAND_LINE) == 0;
    args->tree_size = ldl_le_p(bytes + TREE_SIZE);
    if (args->tree_size < NODE_HEADER || args->tree_size > VMAPPLE_MAX_TREE) {
        return false;
    }
    memcpy(args->command_line,
           bytes + (wide ? WIDE_COMMAND_LINE : COMMAND_LINE),
           sizeof(args->command_line) - 1);
    args->command_line[sizeof(args->command_line) - 1] = '\0';
    return true;
}

typedef struct Walk {
    uint8_t *at;
    size_t left;
    uint64_t hz;
    bool set; /* or only look whether all is as it must be */
    bool cpus; /* that is the name of the node just read */
    int count;
} Walk;

static uint8_t *take(Walk *walk, size_t size)
{
    uint8_t *at = walk->at;

    if (size > walk->left) {
        return NULL;
    }
    walk->at += size;
    walk->left -= size;
    return at;
}

static bool is_frequency(const char *name)
{
    static const char *const names[] = {
        "timebase-frequency", "clock-frequency", "bus-frequency",
        "memory-frequency", "peripheral-frequency", "fixed-frequency",
    };

    for (int i = 0; i < ARRAY_SIZE(names); i++) {
        if (strncmp(name, names[i], NAME_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

static bool walk_property(Walk *walk, bool of_cpu)
{
    const char *name = (const char *)take(walk, PROPERTY_HEADER);
    uint32_t size;
    uint8_t *data;

    if (!name) {
        return false;
    }
    size = ldl_le_p(name + NAME_SIZE) & ~PLACEHOLDER;
    data = take(walk, ROUND_UP((uint64_t)size, 4));
    if (!data) {
        return false;
    }
    if (size == 5 && strncmp(name, "name", NAME_SIZE) == 0) {
        walk->cpus = memcmp(data, "cpus", 5) == 0;
    }
    if (of_cpu && size == 8 && is_frequency(name) &&
        ldq_le_p(data) == VMAPPLE_TREE_HZ) {
        walk->count++;
        if (walk->set) {
            stq_le_p(data, walk->hz);
        }
    }
    return true;
}

/*
 * Counts are the guest's, but each element takes bytes, of which there are
 * few: a loop ends with the tree.
 */
static bool walk_node(Walk *walk, int depth, bool of_cpu)
{
    const uint8_t *header = take(walk, NODE_HEADER);
    uint32_t properties, children;
    bool cpus;

    if (!header || depth > MAX_DEPTH) {
        return false;
    }
    properties = ldl_le_p(header);
    children = ldl_le_p(header + 4);
    walk->cpus = false;
    while (properties--) {
        if (!walk_property(walk, of_cpu)) {
            return false;
        }
    }
    cpus = walk->cpus;
    while (children--) {
        if (!walk_node(walk, depth + 1, cpus)) {
            return false;
        }
    }
    return true;
}

int vmapple_tree_set_frequency(uint8_t *tree, size_t size, uint64_t hz)
{
    Walk look = { .at = tree, .left = size };
    Walk set = { .at = tree, .left = size, .hz = hz, .set = true };

    if (!walk_node(&look, 0, false)) {
        return -1;
    }
    walk_node(&set, 0, false);
    return set.count;
}
