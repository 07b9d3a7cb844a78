/* SPDX-License-Identifier: MIT */
/* The bare-metal guest: the steps of a GPU driver, told to the serial port. It is up in a tenth of
 * a second, so tests of whole machines that need no operating system use it. Spec: 80-platform 1.
 */
#include "bare.h"

#include "driver/steps.h"

#include "wire/packets.h"
#include "wire/shared.h"

#define UART     UINT64_C(0x20010000)
#define GFX      UINT64_C(0x30200000)
#define IOSFC    UINT64_C(0x30210000)
#define ROWS     UINT64_C(0x72000000) /* memory given out in rows */
#define PAGES    UINT64_C(0x72800000) /* single pages */
#define PAGE     UINT64_C(0x4000)
#define COUNT    2048u /* single pages; a power of two */
#define PATIENCE 10u   /* seconds */

static struct kit kit;
static uint64_t next_row = ROWS;
static uint64_t free_pages[2 * COUNT];
static unsigned free_count;

/* What the compiler takes for granted. */
void *memset(void *at, int value, __SIZE_TYPE__ size);
void *memcpy(void *restrict to, const void *restrict from, __SIZE_TYPE__ size);

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

static void say(const char *text)
{
    while (*text) {
        *(volatile uint32_t *)UART = (uint8_t)*text++;
    }
}

static uint64_t ticks(void)
{
    uint64_t now;

    __asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(now)::"memory");
    return now;
}

static uint64_t ticks_per_second(void)
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
    uint64_t gpa = next_row;

    if (count == 1 && free_count > 0) {
        gpa = free_pages[--free_count];
    } else if (gpa + count * PAGE <= PAGES) {
        next_row += count * PAGE;
    } else {
        return 0;
    }
    for (uint64_t *word = (uint64_t *)gpa; word < (uint64_t *)(gpa + count * PAGE); word++) {
        *(volatile uint64_t *)word = 0;
    }
    return gpa;
}

static void give_pages(void *at, uint64_t gpa, unsigned count)
{
    for (; count--; gpa += PAGE) {
        free_pages[free_count++] = gpa;
    }
}

static void *map(void *at, uint64_t gpa)
{
    return (void *)gpa;
}

static uint64_t deadline;

static bool pause_a_little(void *at)
{
    for (uint64_t until = ticks() + ticks_per_second() / 1000; ticks() < until;) {
        __asm__ volatile("yield");
    }
    return ticks() < deadline;
}

static const struct kit_platform platform = {
    .read32 = read32,
    .write32 = write32,
    .write64 = write64,
    .take_pages = take_pages,
    .give_pages = give_pages,
    .map = map,
    .pause = pause_a_little,
};

static void say_number(uint64_t number)
{
    char digits[21], *at = digits + sizeof(digits) - 1;

    *at = '\0';
    do {
        *--at = (char)('0' + number % 10);
    } while (number /= 10);
    say(at);
}

/* Ten times a second: a packet there and back, and the frames that the display has counted since.
 * Shows that device and driver still understand each other, whatever became of the machine. */
static void stay_alive(void)
{
    for (uint64_t i = 0; !kit.failure; i++) {
        deadline = ticks() + PATIENCE * ticks_per_second();
        for (uint64_t until = ticks() + ticks_per_second() / 10; ticks() < until;) {
            kit_interrupt(&kit);
            kit_display_enable(&kit, 0, PVG_WIRE_DISPLAY_EVENT_VERTICAL_BLANK | KIT_BASIC_EVENTS);
        }
        kit_packet(&kit, PVG_WIRE_PACKET_NOP);
        kit_wait(&kit, kit_exec_channel(&kit), kit_send(&kit, kit_exec_channel(&kit)));
        say("alive ");
        say_number(i);
        say(kit.displays[0].blanks > 0 ? " ticking\n" : " silent\n");
        kit.displays[0].blanks = 0;
    }
    say("alive: FAILED ");
    say(kit.failure);
    say("\n");
}

void bare_main(void)
{
    bare_mmu_on();
    say("init\n");
    for (unsigned i = 0; i < COUNT; i++) {
        /* An odd stride visits all of a power of two, neighbours far apart. */
        free_pages[free_count++] = PAGES + (i * 1237 & (COUNT - 1)) * PAGE;
    }
    kit_init(&kit, KIT_ARM64, &platform, NULL);
    for (unsigned i = 0; i < driver_step_count && !kit.failure; i++) {
        deadline = ticks() + PATIENCE * ticks_per_second();
        driver_steps[i].run(&kit);
        say(driver_steps[i].name);
        say(kit.failure ? ": FAILED " : ": ok");
        say(kit.failure ? kit.failure : "");
        say("\n");
    }
    say("ready: power-key\n");
    stay_alive();
}
