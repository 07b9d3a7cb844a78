/* SPDX-License-Identifier: MIT */
/* The bare-metal guest: the steps of a GPU driver, told to the serial port. It is up in a tenth of
 * a second, so tests of whole machines that need no operating system use it.
 */
#include "bare.h"
#include "machine.h"

#include "driver/follow.h"

#include "wire/packets.h"
#include "wire/shared.h"

static struct kit kit;

static void tell_change(unsigned port, uint32_t width, uint32_t height)
{
    say("display ");
    say_number(port);
    say(width ? ": " : ": off");
    if (width) {
        say_number(width);
        say("x");
        say_number(height);
    }
    say("\n");
}

/* Ten times a second: a packet there and back, and the frames that the display has counted since.
 * Shows that device and driver still understand each other, whatever became of the machine. */
static void stay_alive(void)
{
    static struct driver_follower follower;

    driver_follow_from_now(&follower, &kit);
    for (uint64_t i = 0; !kit.failure; i++) {
        be_patient();
        driver_follow(&follower, &kit, tell_change);
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
    machine_init(2048);
    kit_init(&kit, KIT_ARM64, &machine_gpu, NULL);
    for (unsigned i = 0; i < driver_step_count && !kit.failure; i++) {
        be_patient();
        driver_steps[i].run(&kit);
        say_verdict(driver_steps[i].name, kit.failure);
    }
    say("ready: power-key\n");
    stay_alive();
}
