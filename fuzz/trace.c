/* SPDX-License-Identifier: MIT */
/* Recordings: any bytes as a file, or as the events of a file that is whole, behind a device and RAM
 * so that most events mean something. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device/replay.h"
#include "device/session.h"
#include "guest.h"
#include "trace/file.h"

/* What every recording of a PCI device with two displays begins with. */
static GByteArray *beginning(void)
{
    static GByteArray *bytes;
    struct guest *guest;
    struct pvg_recorder recorder = {.chunk = NULL};

    if (bytes) {
        return bytes;
    }
    bytes = recorder.chunk = g_byte_array_new();
    guest = guest_get(0);
    pthread_mutex_init(&recorder.lock, NULL);
    pvg_access_ring_init(&recorder.accesses);
    guest->device->recorder = &recorder;
    pvg_session_describe(guest->device);
    guest->device->recorder = NULL;
    pvg_access_ring_finish(&recorder.accesses);
    pthread_mutex_destroy(&recorder.lock);
    pvg_trace_encode(bytes, &(struct pvg_trace_event){.kind = PVG_TRACE_RAM_ADD,
                                                      .numbers = {0, GUEST_RAM_SIZE, 0}});
    pvg_trace_encode(bytes, &(struct pvg_trace_event){.kind = PVG_TRACE_START});
    return bytes;
}

static void put(int fd, const void *bytes, size_t size)
{
    if (write(fd, bytes, size) != (ssize_t)size) {
        abort();
    }
}

static void put_events(int fd, const uint8_t *bytes, size_t size)
{
    g_autoptr(GByteArray) events = g_byte_array_new();
    struct pvg_trace_file file;
    char path[32];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    g_byte_array_append(events, beginning()->data, beginning()->len);
    g_byte_array_append(events, bytes, (guint)size);
    if (!pvg_trace_file_create(&file, path, NULL) ||
        !pvg_trace_file_put(&file, events->data, events->len, NULL) ||
        !pvg_trace_file_put(&file, NULL, 0, NULL)) {
        abort();
    }
    pvg_trace_file_finish(&file);
}

static void ignore_line(void *user, const char *text)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct input input = {bytes, size};
    uint8_t choice = input_u8(&input);
    const struct pvg_replay_options options = {
        .size = sizeof(options),
        .gpu = "none",
        .partial = choice & 2,
        .line = choice & 4 ? ignore_line : NULL,
    };
    struct pvg_replay_result result;
    struct pvg_error error = {0};
    int fd = memfd_create("session", MFD_CLOEXEC);

    if (fd < 0) {
        abort();
    }
    if (choice & 1) {
        put(fd, input.bytes, input.left);
    } else {
        put_events(fd, input.bytes, input.left);
    }
    lseek(fd, 0, SEEK_SET);
    if (!pvg_replay_fd(fd, &options, &result, &error) && !error.message[0]) {
        abort(); /* refused without a word */
    }
    return 0;
}
