/* SPDX-License-Identifier: MIT */
/* The kernel: its steps in their order, each told by name. On a machine with the serial number
 * "wait" it waits for the power key before each, so that a test can do something in between. */
#include "model.h"

#include "bare/machine.h"

#include "driver/steps.h"

#define CFG_SERIAL UINT64_C(0x00400380)
#define POWER_KEY  UINT64_C(0x20060020) /* PL061: the data register, through the mask of pin 3 */

void kernel_main(const struct boot_args *args);

static const struct {
    const char *name;
    step_function *run;
} steps[] = {
    {"pac-keys", keys_are_given},
    {"ids", ids_are_as_on_apples_hypervisor},
    {"mmu", pages_are_of_16_kib},
    {"pac-sign", pointers_are_signed},
    {"gic", gic_takes_the_odd_stores},
    {"timer", timer_comes_as_fiq},
    {"clock", clock_has_the_trees_rate},
    {"smp", cpus_start},
    {"pac-cpus", cpus_agree_on_signatures},
    {"pac-threads", threads_keep_their_signatures},
    {"pac-users", users_share_the_kernels_signatures},
    {"services", services_are_what_discovery_says},
    {"wild-calls", wild_calls_do_no_harm},
    {"aes", every_aes_slot_ends_with_its_flag},
    {"keystore", volumes_are_unlocked},
    {"nvram", nvram_is_read_and_written},
    {"virtio-blk", virtio_disk_keeps_its_order},
    {"pvpanic", pvpanic_is_read_by_bytes},
};

static bool told_to_wait(void)
{
    return read32(CFG_SERIAL) == ('w' | 'a' << 8 | 'i' << 16 | 't' << 24);
}

static void wait_for_key(void)
{
    while (read32(POWER_KEY) == 0) {
        __asm__ volatile("yield");
    }
    while (read32(POWER_KEY) != 0) {
        __asm__ volatile("yield");
    }
}

void kernel_main(const struct boot_args *args)
{
    static struct kit kit;
    bool waits;

    say_verdict("device-tree", tree_read(args) ? 0 : "not readable");
    mmu_on();
    pac_on();
    gic_start(0);
    machine_init(2048);
    waits = told_to_wait();
    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (waits) {
            wait_for_key();
        }
        say_verdict(steps[i].name, steps[i].run());
    }
    kit_init(&kit, KIT_ARM64, &machine_gpu, 0);
    for (unsigned i = 0; i < driver_step_count; i++) {
        if (waits) {
            wait_for_key();
        }
        be_patient();
        driver_steps[i].run(&kit);
        say_verdict(driver_steps[i].name, kit.failure);
    }
    /* What was signed at the start must still be good at the end. */
    say_verdict("pac-cpus", cpus_agree_on_signatures());
    say("ready: power-key\n");
}
