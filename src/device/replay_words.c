/* SPDX-License-Identifier: MIT */
#include "device/replay_words.h"

#include <glib.h>

#include "base/attributes.h"
#include "device/packet.h"
#include "wire/packets.h"
#include "wire/print.h"
#include "wire/walk.h"

PVG_PRINTF(2, 3)
static void say(const struct pvg_replay_options *options, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    g_vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    options->line(options->user, text);
}

static void say_access(const struct pvg_replay_options *options,
                       const struct pvg_trace_event *event)
{
    const uint64_t *n = event->numbers;

    say(options, "%s %s 0x%llx %s 0x%llx", n[0] == PVG_WINDOW_IOSFC ? "iosfc" : "gfx",
        event->kind == PVG_TRACE_READ ? "read" : "write", (unsigned long long)n[1],
        event->kind == PVG_TRACE_READ ? "->" : "<-", (unsigned long long)n[2]);
}

void pvg_replay_say_event(const struct pvg_replay_options *options,
                          const struct pvg_trace_event *event)
{
    const unsigned long long a = event->numbers[0], b = event->numbers[1], c = event->numbers[2];

    if (!options->line) {
        return;
    }
    switch ((int)event->kind) {
    case PVG_TRACE_READ:
    case PVG_TRACE_WRITE:
        say_access(options, event);
        break;
    case PVG_TRACE_COMPLETE:
        say(options, "channel %llu: %s is complete, stamp 0x%llx%s%s", a,
            pvg_packet_name((uint16_t)b), c, event->numbers[3] ? ", refused: " : "",
            event->numbers[3] ? pvg_refusal_words((enum pvg_refusal)event->numbers[3]) : "");
        break;
    case PVG_TRACE_RAM_ADD:
        say(options, "the VM adds RAM at 0x%llx, 0x%llx bytes", a, b);
        break;
    case PVG_TRACE_RAM_CUT:
        say(options, "the VM removes RAM at 0x%llx, 0x%llx bytes", a, b);
        break;
    case PVG_TRACE_CONNECT:
        say(options, "display %llu is %s", a, b ? "plugged in" : "unplugged");
        break;
    case PVG_TRACE_MODES:
        say(options, "display %llu gets other modes", a);
        break;
    case PVG_TRACE_LOST:
        say(options, "%llu register accesses were not recorded", a);
        break;
    case PVG_TRACE_START:
    case PVG_TRACE_STOP:
    case PVG_TRACE_RESET:
    case PVG_TRACE_RESTORE:
        say(options, "the VM: %s", pvg_trace_kind_name(event->kind));
        break;
    default: /* nothing that a person asks for */
        break;
    }
}

static void say_packet(const struct pvg_replay_options *options, unsigned channel,
                       struct pvg_cursor packet)
{
    struct pvg_wire_packet_header header;
    g_autoptr(GString) waits = g_string_new(NULL);
    char text[768];

    if (pvg_wire_packet_header_decode(&packet, &header) != PVG_ACCEPTED) {
        return;
    }
    for (unsigned i = 0; i < header.wait_count; i++) {
        struct pvg_wire_packet_wait wait;

        if (pvg_wire_packet_wait_decode(&packet, &wait) != PVG_ACCEPTED) {
            return;
        }
        if (i < 4) {
            g_string_append_printf(waits, "%s%u:0x%x", i ? "," : " after ", wait.slot, wait.value);
        }
    }
    pvg_wire_print(text, sizeof(text), PVG_WIRE_SPACE_PACKET, header.opcode, packet.at,
                   packet.left);
    say(options, "channel %u: stamp 0x%x%s: %s", channel, header.stamp, waits->str, text);
}

/* The space of a segment's records, or COUNT. */
static enum pvg_wire_space space_of(uint32_t segment)
{
    switch (segment) {
    case PVG_WIRE_SEGMENT_TYPE_RENDER:
        return PVG_WIRE_SPACE_RENDER;
    case PVG_WIRE_SEGMENT_TYPE_COMPUTE:
        return PVG_WIRE_SPACE_COMPUTE;
    case PVG_WIRE_SEGMENT_TYPE_BLIT:
        return PVG_WIRE_SPACE_BLIT;
    case PVG_WIRE_SEGMENT_TYPE_EVENT:
        return PVG_WIRE_SPACE_EVENT;
    case PVG_WIRE_SEGMENT_TYPE_INFO:
        return PVG_WIRE_SPACE_INFO;
    default:
        return PVG_WIRE_SPACE_COUNT;
    }
}

static void say_stream(const struct pvg_replay_options *options, struct pvg_cursor stream)
{
    struct pvg_wire_segment segment;
    struct pvg_wire_record record;
    char text[768];

    while (pvg_wire_take_segment(&stream, &segment)) {
        enum pvg_wire_space space = space_of(segment.type);

        say(options, "  segment %s",
            space < PVG_WIRE_SPACE_COUNT ? pvg_wire_spaces[space].name : "(other)");
        while (space < PVG_WIRE_SPACE_COUNT && pvg_wire_take_record(&segment.records, &record)) {
            pvg_wire_print(text, sizeof(text), space, record.opcode, record.payload.at,
                           record.payload.left);
            say(options, "    %s", text);
        }
    }
}

void pvg_replay_say_command(const struct pvg_replay_options *options, enum pvg_tape_command what,
                            unsigned channel, const void *bytes, size_t size)
{
    if (options->line && what == PVG_TAPE_PACKET) {
        say_packet(options, channel, pvg_cursor_over(bytes, size));
    } else if (options->line) {
        say_stream(options, pvg_cursor_over(bytes, size));
    }
}
