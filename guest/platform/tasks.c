/* SPDX-License-Identifier: MIT
 * What the guest can be told to do. */
#include "tasks.h"

#include "checks.h"
#include "clock.h"
#include "engine.h"
#include "input.h"

#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#if defined(__aarch64__)
#define POWER_KEY "gpio-keys"
#else
#define POWER_KEY "Power Button" /* of ACPI */
#endif

static void say(const char *line)
{
    puts(line);
    fflush(stdout);
}

void task_wait(void)
{
    struct report report = { .name = "power-key" };
    int input = input_open(POWER_KEY, 10);

    if (report_expect(&report, input >= 0, "no input device \"" POWER_KEY "\" appeared")) {
        say("ready: power-key");
        while (!input_wait(input, EV_KEY, KEY_POWER, 1, 60)) {
        }
        report_expect(&report, input_wait(input, EV_KEY, KEY_POWER, 0, 10), "no release came");
        close(input);
    }
    report_print(&report);
    sync();
    reboot(RB_POWER_OFF);
}

void task_hold(void)
{
    int input = input_open("USB Keyboard", 20);

    if (input >= 0) {
        say("ready: hold");
        input_wait(input, EV_KEY, KEY_ENTER, 0, 30);
        close(input);
    }
}

void task_reboot(void)
{
    say("rebooting");
    sync();
    reboot(RB_AUTOBOOT);
}

void task_check(void)
{
    unsigned failed = checks_run(), count;

    checks_reports(&count);
    printf("report: %u ok, %u failed\n", count - failed, failed);
    fflush(stdout);
}

void task_count(void)
{
    static const uint8_t key[16] = "counting on you";
    const struct engine_key schedule = { .bits = 128, .encrypt = true, .bytes = key };
    struct report report = { .name = "count" };
    struct engine engine;
    struct dma memory;
    uint8_t first[16];

    if (!report_expect(&report, engine_open(&engine) && dma_alloc(&memory, 4096),
                       "no AES engine")) {
        report_print(&report);
        return;
    }
    engine_set_key(&engine, &schedule); /* once: it must survive whatever happens to the machine */
    for (unsigned long i = 0; !report.failed; i++) {
        engine_run(&engine, 0, 0, memory.gpa, memory.gpa + 64, 16);
        report_expect(&report, engine_flag(&engine, (uint8_t)i), "no flag at %lu", i);
        report_expect(&report, engine_take_status(&engine) == ENGINE_IRQ_FLAG, "an error at %lu",
                      i);
        if (i == 0) {
            memcpy(first, memory.at + 64, sizeof(first));
        }
        report_expect(&report, !memcmp(first, memory.at + 64, sizeof(first)),
                      "other ciphertext at %lu", i);
        printf("count %lu\n", i);
        fflush(stdout);
        clock_sleep(0.1);
    }
    report_print(&report);
}
