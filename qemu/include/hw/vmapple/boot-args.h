/*
 * vmapple: what the firmware hands to macOS' kernel
 *
 * Boot arguments and Apple's device tree. Pure; both are the guest's bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_BOOT_ARGS_H
#define HW_VMAPPLE_BOOT_ARGS_H

enum {
    VMAPPLE_BOOT_ARGS_SIZE = 0x70 + 1024, /* the longest revision */
    VMAPPLE_MAX_TREE = 2 * 1024 * 1024,
};

typedef struct VMAppleBootArgs {
    uint64_t tree; /* guest-physical */
    uint64_t tree_size;
    char command_line[1024];
} VMAppleBootArgs;

/*
 * Reads the boot arguments in @bytes, VMAPPLE_BOOT_ARGS_SIZE of them. False:
 * they are not boot arguments.
 */
bool vmapple_boot_args_parse(const uint8_t *bytes, VMAppleBootArgs *args);

/*
 * Sets the frequencies of the CPUs in the device tree @tree of @size bytes to
 * @hz where they are VMAPPLE_TREE_HZ. Returns how many it set; -1, and nothing
 * is changed, when this is no device tree.
 */
int vmapple_tree_set_frequency(uint8_t *tree, size_t size, uint64_t hz);

#define VMAPPLE_TREE_HZ UINT64_C(24000000)

#endif
