/* SPDX-License-Identifier: MIT
 * Checks of USB keyboard and tablet: what the host types and points at arrives. The host is told
 * when with a line "ready: NAME". */
#include "input.h"

#include "checks.h"
#include "clock.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int find(const char *name)
{
    for (unsigned i = 0; i < 32; i++) {
        char path[32], own[128] = "";
        int input;

        snprintf(path, sizeof(path), "/dev/input/event%u", i);
        input = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (input < 0) {
            continue;
        }
        ioctl(input, EVIOCGNAME(sizeof(own) - 1), own);
        if (strstr(own, name)) {
            return input;
        }
        close(input);
    }
    return -1;
}

int input_open(const char *name, double seconds)
{
    double deadline = clock_now() + seconds;
    int input;

    while ((input = find(name)) < 0 && clock_now() < deadline) {
        clock_sleep(0.05);
    }
    return input;
}

bool input_wait(int input, unsigned type, unsigned code, int value, double seconds)
{
    double deadline = clock_now() + seconds;

    for (double left; (left = deadline - clock_now()) > 0;) {
        struct pollfd ready = { .fd = input, .events = POLLIN };
        struct input_event event;

        if (poll(&ready, 1, left * 1000 + 1) == 1 &&
            read(input, &event, sizeof(event)) == sizeof(event) && event.type == type &&
            event.code == code && event.value == value) {
            return true;
        }
    }
    return false;
}

static int open_and_announce(struct report *report, const char *name)
{
    int input = input_open(name, 20);

    if (report_expect(report, input >= 0, "no input device \"%s\" appeared", name)) {
        printf("ready: %s\n", report->name);
        fflush(stdout);
    }
    return input;
}

void check_keyboard(struct report *report)
{
    static const struct {
        unsigned code;
        const char *name;
    } keys[] = { { KEY_M, "M" }, { KEY_A, "A" }, { KEY_C, "C" } };
    int input = open_and_announce(report, "USB Keyboard");

    for (size_t i = 0; input >= 0 && i < sizeof(keys) / sizeof(*keys); i++) {
        report_expect(report, input_wait(input, EV_KEY, keys[i].code, 1, 10), "no press of %s came",
                      keys[i].name);
        report_expect(report, input_wait(input, EV_KEY, keys[i].code, 0, 10),
                      "no release of %s came", keys[i].name);
    }
    if (input >= 0) {
        close(input);
    }
}

void check_tablet(struct report *report)
{
    int input = open_and_announce(report, "USB Tablet");

    if (input >= 0) {
        report_expect(report, input_wait(input, EV_ABS, ABS_X, 0x1234, 10), "no x of 0x1234 came");
        report_expect(report, input_wait(input, EV_ABS, ABS_Y, 0x5678, 10), "no y of 0x5678 came");
        report_expect(report, input_wait(input, EV_KEY, BTN_LEFT, 1, 10), "no click came");
        close(input);
    }
}
