/* SPDX-License-Identifier: MIT */
/* What bare-metal guests know of the machine: its serial port, its counter, its GPU, and memory to
 * give to that. Spec: 80-platform 1.
 */
#include "machine.h"

#include "kit/pool.h"

#define UART     UINT64_C(0x20010000)
#define GFX      UINT64_C(0x30200000)
#define IOSFC    UINT64_C(0x30210000)
#define MEMORY   UINT64_C(0x72000000) /* pages in rows, then single ones */
#define PAGE     UINT64_C(0x4000)
#define PAGE_SHIFT 14
#define PATIENCE 60u /* seconds: hosts may be slow, and busy */

static struct kit_pool pool;
static uint64_t singles[2 * MACHINE_MOST_PAGES];

/* What the compiler takes for granted. */
void *memset(void *at, int value, __SIZE_TYPE__ size);
void *memcpy(void *restrict to, const void *restrict from, __SIZE_TYPE__ size);
int strcmp(const char *a, const char *b);

void *memset(void *at, int value, __SIZE_TYPE__ size)
{
    for (volatile uint8_t *p = at; size--; p++) {
        *p = (uint8_t)value;
    }
    return at;
}

void *memcpy(void *restrict to, const void *restrict from, __SIZE_TYPE__ size)
{
    volatile uint8_t *p = to;

    for (const uint8_t *q = from; size--;) {
        *p++ = *q++;
    }
    return to;
}

int strcmp(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++) {
    }
    return (unsigned char)*a - (unsigned char)*b;
}

void say(const char *text)
{
    while (*text) {
        *(volatile uint32_t *)UART = (uint8_t)*text++;
    }
}

uint64_t ticks(void)
{
    uint64_t now;

    __asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(now)::"memory");
    return now;
}

uint64_t ticks_per_second(void)
{
    uint64_t frequency;

    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    return frequency;
}

static uint64_t window(enum kit_window window)
{
    return window == KIT_GFX ? GFX : IOSFC;
}

static uint32_t read32(void *at, enum kit_window which, uint32_t offset)
{
    uint32_t value = *(volatile uint32_t *)(window(which) + offset);

    __asm__ volatile("dsb sy" ::: "memory");
    return value;
}

static void write32(void *at, enum kit_window which, uint32_t offset, uint32_t value)
{
    __asm__ volatile("dsb sy" ::: "memory");
    *(volatile uint32_t *)(window(which) + offset) = value;
}

static void write64(void *at, enum kit_window which, uint32_t offset, uint64_t value)
{
    __asm__ volatile("dsb sy" ::: "memory");
    *(volatile uint64_t *)(window(which) + offset) = value;
}

static uint64_t take_pages(void *at, unsigned count)
{
    uint64_t gpa = kit_pool_take(&pool, count);

    for (uint64_t *word = (uint64_t *)gpa; gpa && word < (uint64_t *)(gpa + count * PAGE); word++) {
        *(volatile uint64_t *)word = 0;
    }
    return gpa;
}

static void give_pages(void *at, uint64_t gpa, unsigned count)
{
    kit_pool_give(&pool, gpa, count);
}

static void *map(void *at, uint64_t gpa)
{
    return (void *)gpa;
}

static uint64_t deadline;

void be_patient(void)
{
    deadline = ticks() + PATIENCE * ticks_per_second();
}

bool is_patient(void)
{
    return ticks() < deadline;
}

static bool pause_a_little(void *at)
{
    for (uint64_t until = ticks() + ticks_per_second() / 1000; ticks() < until;) {
        __asm__ volatile("yield");
    }
    return is_patient();
}

const struct kit_platform machine_gpu = {
    .read32 = read32,
    .write32 = write32,
    .write64 = write64,
    .take_pages = take_pages,
    .give_pages = give_pages,
    .map = map,
    .pause = pause_a_little,
};

void say_number(uint64_t number)
{
    char digits[21], *at = digits + sizeof(digits) - 1;

    *at = '\0';
    do {
        *--at = (char)('0' + number % 10);
    } while (number /= 10);
    say(at);
}

void say_verdict(const char *name, const char *failure)
{
    say(name);
    say(failure ? ": FAILED " : ": ok");
    say(failure ? failure : "");
    say("\n");
}

void machine_init(unsigned pages)
{
    struct kit_pool_memory memory = {
        .gpa = MEMORY,
        .page_shift = PAGE_SHIFT,
        .row_pages = pages / 4,
        .single_pages = pages,
        .stride = 1237,
    };

    kit_pool_init(&pool, &memory, singles);
}
