/* SPDX-License-Identifier: MIT */
/* A guest that does, in order, what Apple's boot chain and kernel ask of the machine. It stands for
 * macOS in tests: what it needs and does is what spec 80 and 81 say macOS does, and where the
 * machine falls short it fails as macOS is reported to. */
#ifndef XNU_MODEL_H
#define XNU_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_CPUS 32
#define STACK    0x4000 /* of a secondary; start.S knows */

/* The kernel's view of memory: all of it, in the upper half */
#define UPPER_HALF UINT64_C(0xfffffff000000000)

struct boot_args {
    uint16_t revision, version;
    uint32_t padding;
    uint64_t virtual_base, physical_base, memory_size, top_of_kernel;
    uint64_t video[6];
    uint64_t machine_type, tree;
    uint32_t tree_size;
    char command_line[608];
};

/* What the kernel took from its device tree */
extern struct machine {
    unsigned cpus;
    uint64_t timebase; /* ticks a second, as the tree says */
} machine;

/* A step: NULL when it is done, or what went wrong. */
typedef const char *step_function(void);

/* firmware.c */
uint64_t firmware_main(void);
bool tree_read(const struct boot_args *args);

/* disk.c: bdif. A page is a disk; true: @count sectors are there. */
enum { ROOT_DISK = 0x00000, AUX_DISK = 0x10000 };
bool bdif_transfer(uint32_t disk, bool write, uint64_t sector, void *buffer, uint32_t count);
uint64_t bdif_sectors(uint32_t disk);
step_function nvram_is_read_and_written;

/* cpu.c */
void mmu_on(void);
step_function ids_are_as_on_apples_hypervisor;
step_function pages_are_of_16_kib;

/* pac.c */
uint64_t hypercall(uint64_t function, uint64_t x1, uint64_t x2, uint64_t results[4]);
void pac_on(void);
uint64_t sign(uint64_t pointer);         /* with the data key A, and a fixed modifier */
uint64_t authenticate(uint64_t pointer); /* the other way; faults are counted */
void take_default_keys(void);
step_function keys_are_given;
step_function pointers_are_signed;
step_function threads_keep_their_signatures;
step_function users_share_the_kernels_signatures;
step_function wild_calls_do_no_harm;

/* interrupts.c */
struct frame {
    uint64_t x[31], elr, spsr;
};
void gic_start(unsigned cpu);
void gic_route(unsigned intid);
bool interrupts_wait(volatile unsigned *count, unsigned until); /* a second at most */
extern volatile unsigned timer_ticks[MAX_CPUS], device_interrupts;
extern volatile uint64_t authentication_faults;
unsigned this_cpu(void);
void send_ipi(unsigned cpu);
step_function gic_takes_the_odd_stores;
step_function timer_comes_as_fiq;
step_function clock_has_the_trees_rate;

/* smp.c */
step_function cpus_start;
step_function cpus_agree_on_signatures;
step_function services_are_what_discovery_says;
void secondary_main(unsigned cpu);
void handle_ipi(unsigned cpu);

/* aes.c, virtio.c */
step_function every_aes_slot_ends_with_its_flag;
step_function volumes_are_unlocked;
step_function virtio_disk_keeps_its_order;
step_function pvpanic_is_read_by_bytes;

/* start.S */
struct el0_result {
    uint64_t x0, esr;
};
struct el0_result run_at_el0(uint64_t code, uint64_t x0, uint64_t x1);
void switch_stack(uint64_t *from, uint64_t to);
void begin_thread(void);
void call_signed(void (*work)(void));
void secondary_start(void);
void read_ids(uint64_t ids[7][8]);
void user_sign(void);
void user_authenticate(void);
extern char secondary_stacks[MAX_CPUS][STACK];

static inline uint32_t read32(uint64_t at)
{
    uint32_t value = *(volatile uint32_t *)at;

    __asm__ volatile("dsb sy" ::: "memory");
    return value;
}

static inline void write32(uint64_t at, uint32_t value)
{
    __asm__ volatile("dsb sy" ::: "memory");
    *(volatile uint32_t *)at = value;
}

static inline void write64(uint64_t at, uint64_t value)
{
    __asm__ volatile("dsb sy" ::: "memory");
    *(volatile uint64_t *)at = value;
}

static inline uint64_t read64(uint64_t at)
{
    uint64_t value = *(volatile uint64_t *)at;

    __asm__ volatile("dsb sy" ::: "memory");
    return value;
}

#define read_register(name)                                                                        \
    ({                                                                                             \
        uint64_t value_;                                                                           \
        __asm__ volatile("mrs %0, " name : "=r"(value_)::"memory");                                \
        value_;                                                                                    \
    })
#define write_register(name, value)                                                                \
    __asm__ volatile("msr " name ", %0\nisb" ::"r"((uint64_t)(value)) : "memory")

#endif
