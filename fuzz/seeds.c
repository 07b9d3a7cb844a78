/* SPDX-License-Identifier: MIT */
/* Writes inputs for the fuzzers that come from a driver: the guest kit's own bring-up, saved, and
 * recorded. Usage: seeds FOLDER; each fuzzer's lie in FOLDER/NAME. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

#include "device/session.h"
#include "guest.h"
#include "kit/object.h"
#include "kit/stream.h"
#include "trace/file.h"
#include "wire/blit_encode.h"
#include "wire/packets.h"
#include "wire/registers.h"

static const char *folder;

/* One file: @head, what the fuzzer takes first, and @bytes. */
static void write_seed(const char *fuzzer, const char *name, const void *head, size_t head_size,
                       const void *bytes, size_t size)
{
    g_autofree char *in = g_build_filename(folder, fuzzer, NULL);
    g_autofree char *path = g_build_filename(in, name, NULL);
    g_autoptr(GByteArray) all = g_byte_array_new();

    g_mkdir_with_parents(in, 0755);
    g_byte_array_append(all, head, (guint)head_size);
    g_byte_array_append(all, bytes, (guint)size);
    if (!g_file_set_contents(path, (const char *)all->data, all->len, NULL)) {
        fprintf(stderr, "seeds: cannot write %s\n", path);
        exit(1);
    }
}

/* A device that a driver has brought up and drawn to, saved: fuzz/state.c takes it whole. */
static void write_state(uint8_t variant)
{
    struct guest *guest = guest_get(variant);
    struct kit_surface surface;
    const uint8_t whole = variant | 2;
    void *bytes;
    size_t size;

    guest_boot(guest);
    kit_surface_create(&guest->kit, &surface, 8, 8);
    kit_present(&guest->kit, 0, surface.id, NULL);
    guest_run(guest, 20000);
    pvg_device_stop(guest->device);
    if (pvg_device_save(guest->device, &bytes, &size, NULL)) {
        write_seed("state", variant ? "arm64" : "x86_64", &whole, 1, bytes, size);
        pvg_free(bytes);
    }
    pvg_device_start(guest->device);
}

/* ---- What the driver did, noted as it does it ---- */

/* A tape that keeps packets and streams as they lay in guest memory. */
struct keeper {
    struct pvg_tape tape;
    uint8_t variant;
    GByteArray *packets; /* in the form that fuzz/packets.c takes */
    unsigned streams;
};

static void keep_packet(struct keeper *keeper, unsigned channel, const uint8_t *bytes, size_t size)
{
    struct pvg_cursor cursor = pvg_cursor_over(bytes, size);
    struct pvg_wire_packet_header header;
    uint8_t head[4];

    if (pvg_wire_packet_header_decode(&cursor, &header) == PVG_ACCEPTED && !header.wait_count &&
        cursor.left < 256) {
        head[0] = (uint8_t)channel;
        head[1] = (uint8_t)header.opcode;
        head[2] = (uint8_t)cursor.left;
        head[3] = 4; /* a moment, no waits */
        g_byte_array_append(keeper->packets, head, sizeof(head));
        g_byte_array_append(keeper->packets, cursor.at, (guint)cursor.left);
    }
}

static void keep_command(struct pvg_tape *tape, enum pvg_tape_command what, unsigned channel,
                         const void *bytes, size_t size)
{
    struct keeper *keeper = (struct keeper *)tape;
    const uint8_t as_stream = 0;
    char name[32];

    if (what == PVG_TAPE_PACKET) {
        keep_packet(keeper, channel, bytes, size);
    } else {
        snprintf(name, sizeof(name), "stream-%u-%u", keeper->variant, keeper->streams++);
        write_seed("wire", name, &as_stream, 1, bytes, size);
    }
}

static const struct pvg_tape_impl keeper_impl = {.fetched = keep_command};

/* A task, a buffer filled by a stream, presents and a cursor. */
static void work(struct guest *guest)
{
    static struct kit_stream stream;
    static const uint32_t glyph[4] = {0xffffffff, 0xff000000, 0xff000000, 0xffffffff};
    struct kit_surface surface;
    struct kit_buffer buffer;
    struct kit_task task;

    kit_task_create(&guest->kit, &task, 1);
    kit_task_bind_objects(&guest->kit, &task);
    kit_buffer_create(&guest->kit, &task, &buffer, 0x1000);
    kit_stream_init(&guest->kit, &stream, &task);
    kit_segment_begin(&stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_fill_buffer_encode(
        &stream.w, &(struct pvg_wire_fill_buffer){.buffer = buffer.object, .size = 64, .value = 1});
    kit_segment_end(&stream);
    kit_submit(&guest->kit, &stream, NULL, 0, NULL);
    kit_surface_create(&guest->kit, &surface, 32, 32);
    for (unsigned i = 0; i < 3; i++) {
        kit_present(&guest->kit, 0, surface.id, NULL);
        guest_run(guest, 17000);
    }
    kit_cursor_image(&guest->kit, 0, glyph, 2, 2, 0, 0);
    kit_surface_destroy(&guest->kit, &surface);
    guest_run(guest, 17000);
}

static void write_commands(uint8_t variant)
{
    struct guest *guest = guest_get(variant);
    struct keeper keeper = {{&keeper_impl}, variant, g_byte_array_new(), 0};

    guest_boot(guest);
    guest->patience = 1000;
    guest->device->memory.ram.tape = &keeper.tape;
    work(guest);
    guest->device->memory.ram.tape = NULL;
    write_seed("packets", variant ? "arm64" : "x86_64", &variant, 1, keeper.packets->data,
               keeper.packets->len);
    g_byte_array_unref(keeper.packets);
}

/* ---- A recorded session ---- */

static void put_u32(GByteArray *out, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    g_byte_array_append(out, (const uint8_t *)&value, sizeof(value));
}

/* An access in the form that fuzz/registers.c takes. */
static void put_access(GByteArray *out, const struct pvg_trace_event *event)
{
    const bool write = event->kind == PVG_TRACE_WRITE;
    uint8_t what = (uint8_t)((event->numbers[0] & 1) | (event->numbers[3] == 8 ? 2 : 0) |
                             (write ? 5 << 2 : 0));

    g_byte_array_append(out, &what, 1);
    put_u32(out, (uint32_t)event->numbers[1] & 0x3ff);
    if (write) {
        put_u32(out, (uint32_t)event->numbers[2]);
        put_u32(out, (uint32_t)(event->numbers[2] >> 32));
    }
}

static void put_step(GByteArray *out)
{
    static const uint8_t step[] = {1 << 2, 0, 0, 0, 0, 2};

    g_byte_array_append(out, step, sizeof(step));
}

/* The events for fuzz/trace.c, which has a PCI device and its RAM already; the accesses among them
 * for fuzz/registers.c. */
static void write_events(uint8_t variant, const char *path)
{
    g_autoptr(GByteArray) events = g_byte_array_new(), accesses = g_byte_array_new();
    const uint8_t as_events = 0;
    struct pvg_trace_reader reader;
    struct pvg_trace_event event;

    if (!pvg_trace_reader_init(&reader, open(path, O_RDONLY | O_CLOEXEC), false, NULL)) {
        exit(1);
    }
    while (pvg_trace_reader_next(&reader, &event, NULL) == PVG_TRACE_EVENT) {
        if (event.kind == PVG_TRACE_READ || event.kind == PVG_TRACE_WRITE) {
            put_access(accesses, &event);
        } else if (event.kind == PVG_TRACE_STEP) {
            put_step(accesses);
        }
        if (event.kind != PVG_TRACE_CONFIG) {
            pvg_trace_encode(events, &event);
        }
    }
    pvg_trace_reader_finish(&reader);
    write_seed("registers", variant ? "arm64" : "x86_64", &variant, 1, accesses->data,
               accesses->len);
    if (!variant) {
        write_seed("trace", "x86_64", &as_events, 1, events->data, events->len);
    }
}

static void write_trace(uint8_t variant)
{
    g_autofree char *path = g_build_filename(folder, "session", NULL);
    struct guest *guest = guest_get(variant);
    static const struct pvg_log log;

    guest->device->recorder = pvg_recorder_create(path, 0, &log, NULL);
    if (!guest->device->recorder) {
        exit(1);
    }
    guest->device->memory.ram.tape = pvg_recorder_tape(guest->device->recorder);
    pvg_session_describe(guest->device);
    guest_boot(guest);
    guest->patience = 1000;
    work(guest);
    guest->device->memory.ram.tape = NULL;
    pvg_recorder_destroy(guest->device->recorder);
    guest->device->recorder = NULL;
    write_events(variant, path);
    unlink(path);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    g_mkdir_with_parents(folder, 0755);
    for (uint8_t variant = 0; variant < 2; variant++) {
        write_state(variant);
        write_commands(variant);
        write_trace(variant);
    }
    puts(folder); /* the build wants a file */
    return 0;
}
