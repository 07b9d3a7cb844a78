/* SPDX-License-Identifier: MIT */
/* What comes before the kernel: the disks are looked at, a clock is chosen, the device tree is
 * made. The MMU is off. Spec: 81-booting-macos 2, 11; 80-platform 11, 14. */
#include "model.h"

#include "bare/machine.h"

#define CFG        UINT64_C(0x00400000)
#define NR_CPUS    0x004
#define RAM_SIZE   0x020
#define RAM        UINT64_C(0x70000000)
#define AVP_RTC_ID UINT64_C(0x30240040)

static struct boot_args boot_args;
static uint8_t tree[8192] __attribute__((aligned(16)));
static uint8_t *end = tree;

struct machine machine;

static void put32(uint32_t value)
{
    *(uint32_t *)end = value;
    end += 4;
}

static void put_text(const char *text, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        *end++ = (uint8_t)*text;
        text += *text != '\0';
    }
}

static void node(uint32_t properties, uint32_t children)
{
    put32(properties);
    put32(children);
}

static void property_text(const char *name, const char *text)
{
    unsigned length = 1;

    while (text[length - 1]) {
        length++;
    }
    put_text(name, 32);
    put32(length);
    put_text(text, (length + 3) / 4 * 4);
}

static void property64(const char *name, uint64_t value)
{
    put_text(name, 32);
    put32(8);
    put32((uint32_t)value);
    put32((uint32_t)(value >> 32));
}

static void make_tree(unsigned cpus, const char *clock)
{
    node(2, 2);
    property_text("name", "device-tree");
    property_text("target-type", "VirtualMachine");
    node(1, cpus);
    property_text("name", "cpus");
    for (unsigned i = 0; i < cpus; i++) {
        node(3, 0);
        property_text("name", "cpu");
        property64("timebase-frequency", 24000000);
        property64("clock-frequency", 24000000);
    }
    node(1, 2);
    property_text("name", "arm-io");
    node(1, 0);
    property_text("name", clock);
    node(2, 0);
    property_text("name", "uart");
    property64("clock-frequency", 24000000); /* the UART's own: no CPU's */
}

static bool is_filled(const uint8_t *bytes, const char *text)
{
    for (unsigned i = 0; text[i]; i++) {
        if (bytes[i] != (uint8_t)text[i]) {
            return false;
        }
    }
    return true;
}

/* Aux, then root; root's backup partition table is in its last sector. */
static const char *look_at_disks(void)
{
    static uint8_t sector[512] __attribute__((aligned(64)));

    if (!bdif_transfer(AUX_DISK, false, 0, sector, 1) || !is_filled(sector, "aux")) {
        return "aux is not there: waiting for DFU";
    }
    if (!bdif_transfer(ROOT_DISK, false, bdif_sectors(ROOT_DISK) - 1, sector, 1) ||
        !is_filled(sector, "EFI PART")) {
        return "no backup partition table at the root disk's end";
    }
    return 0;
}

uint64_t firmware_main(void)
{
    bool apples_clock = read32(AVP_RTC_ID) == 0xf001;
    uint32_t cpus = read32(CFG + NR_CPUS);
    const char *failure;

    failure = look_at_disks();
    say_verdict("boot-disks", failure);
    if (failure) {
        return 0;
    }
    make_tree(cpus, apples_clock ? "avp-rtc" : "pl031-rtc");
    say_verdict("clock-node", apples_clock ? 0 : "PL031 only: time jumps");
    boot_args = (struct boot_args){
        .revision = 2,
        .version = 2,
        .virtual_base = UPPER_HALF | RAM,
        .physical_base = RAM,
        .memory_size = read64(CFG + RAM_SIZE),
        .tree = UPPER_HALF | (uint64_t)tree,
        .tree_size = (uint32_t)(end - tree),
        .command_line = "serial=3",
    };
    say("hand-over\n");
    return (uint64_t)&boot_args;
}

/*
 * And the kernel's side of it: only what it takes from the tree
 */

static const uint8_t *skip_node(const uint8_t *at, unsigned depth)
{
    uint32_t properties = ((const uint32_t *)at)[0], children = ((const uint32_t *)at)[1];

    if (depth == 2) {
        machine.timebase = 0;
    }
    for (at += 8; properties--;) {
        uint32_t length = *(const uint32_t *)(at + 32);

        if (depth == 2 && is_filled(at, "timebase-frequency")) {
            machine.timebase = *(const uint32_t *)(at + 36);
        }
        at += 36 + (length + 3) / 4 * 4;
    }
    if (depth == 1 && machine.cpus == 0) {
        machine.cpus = children;
    }
    while (children--) {
        at = skip_node(at, depth + 1);
        if (depth == 1 && machine.timebase) {
            return at; /* cpus/cpu0 says it all */
        }
    }
    return at;
}

bool tree_read(const struct boot_args *args)
{
    const uint8_t *at = (const uint8_t *)(args->tree - args->virtual_base + args->physical_base);
    uint32_t properties = *(const uint32_t *)at;

    machine = (struct machine){0};
    for (at += 8; properties--;) {
        at += 36 + (*(const uint32_t *)(at + 32) + 3) / 4 * 4;
    }
    skip_node(at, 1); /* the first child is "cpus" */
    return machine.cpus > 0 && machine.timebase > 0;
}
