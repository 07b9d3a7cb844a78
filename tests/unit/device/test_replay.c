/* SPDX-License-Identifier: MIT */
/* Recorded sessions, played back. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pvg/replay.h>

#include "bench.h"
#include "trace/file.h"
#include "trace/recorder.h"
#include "wire/registers.h"

#include "test.h"

struct fixture {
    char *folder, *path;
    GArray *frames; /* struct pvg_replay_frame */
    GString *words;
};

static int setup(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);

    f->folder = g_dir_make_tmp("pvg-replay-XXXXXX", NULL);
    assert_non_null(f->folder);
    f->path = g_build_filename(f->folder, "session", NULL);
    f->frames = g_array_new(FALSE, FALSE, sizeof(struct pvg_replay_frame));
    f->words = g_string_new(NULL);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    g_unlink(f->path);
    g_rmdir(f->folder);
    g_free(f->folder);
    g_free(f->path);
    g_array_unref(f->frames);
    g_string_free(f->words, TRUE);
    g_free(f);
    return 0;
}

static void take_frame(void *user, const struct pvg_replay_frame *frame)
{
    g_array_append_vals(((struct fixture *)user)->frames, frame, 1);
}

static void take_line(void *user, const char *text)
{
    g_string_append_printf(((struct fixture *)user)->words, "%s\n", text);
}

static bool replay(struct fixture *f, bool partial, struct pvg_replay_result *result,
                   struct pvg_error *error)
{
    const struct pvg_replay_options options = {
        .size = sizeof(options),
        .partial = partial,
        .user = f,
        .frame = take_frame,
        .line = take_line,
    };

    g_array_set_size(f->frames, 0);
    g_string_truncate(f->words, 0);
    *error = (struct pvg_error){0};
    return pvg_replay(f->path, &options, result, error);
}

static void expect_as_recorded(struct fixture *f, struct pvg_replay_result *result)
{
    struct pvg_error error;

    if (!replay(f, false, result, &error)) {
        fail_msg("%s", error.message);
    }
    if (!result->as_recorded) {
        fail_msg("%s", result->divergence);
    }
    assert_int_equal(result->lost, 0);
}

/* A driver comes up, draws, presents on two displays, moves its cursor, is reset in mid-flight,
 * comes up again, and changes memory all the time. Returns how many packets it was. */
static uint64_t record(struct fixture *f, enum pvg_variant variant)
{
    static const struct pvg_mode other = {800, 600, 60000};
    struct bench *b = bench_create_recorded(variant, 2, f->path);
    uint32_t glyph[4] = {0xffffffff, 0xff000000, 0xff000000, 0xffffffff};
    struct kit_surface surface;
    struct kit_task task;
    uint64_t packets;

    bench_bring_up(b);
    kit_surface_create(&b->kit, &surface, 200, 100);
    for (unsigned i = 0; i < 5; i++) {
        kit_surface_fill(&b->kit, &surface, 0xff000000 | i * 0x112233);
        kit_wait(&b->kit, kit_display_channel(&b->kit, 0),
                 kit_present(&b->kit, 0, surface.id, NULL));
        bench_fetch(b, 0);
    }
    kit_task_create(&b->kit, &task, 3);
    for (unsigned i = 0; i < 20; i++) {
        uint64_t at = kit_task_alloc(&b->kit, &task, 0x8000);

        kit_task_free(&b->kit, &task, at, 0x8000, NULL);
    }
    kit_cursor_image(&b->kit, 0, glyph, 2, 2, 0, 0);
    kit_cursor_move(&b->kit, 0, 30, 20, true);
    assert_true(pvg_display_set_modes(b->device, 1, &other, 1, NULL));
    pvg_display_connect(b->device, 1, false);
    bench_pass(b, 50000);
    pvg_display_connect(b->device, 1, true);
    kit_display_start(&b->kit, 1);
    kit_display_wait_online(&b->kit, 1);
    kit_surface_fill(&b->kit, &surface, 0xffabcdef);
    kit_wait(&b->kit, kit_display_channel(&b->kit, 1), kit_present(&b->kit, 1, surface.id, NULL));
    kit_present(&b->kit, 0, surface.id, NULL); /* and nobody waits */
    pvg_device_reset(b->device);
    kit_init(&b->kit, b->kit.machine, b->kit.platform, &b->plain);
    bench_bring_up(b);
    kit_surface_create(&b->kit, &surface, 64, 64);
    kit_surface_fill(&b->kit, &surface, 0xff010203);
    kit_wait(&b->kit, kit_display_channel(&b->kit, 0), kit_present(&b->kit, 0, surface.id, NULL));
    bench_expect_no_failure(b);
    packets = bench_stat(b, "packets");
    bench_destroy(b);
    return packets;
}

static void session_is_played_back(struct fixture *f, enum pvg_variant variant)
{
    struct pvg_replay_result first, second;
    uint64_t packets = record(f, variant);
    g_autofree struct pvg_replay_frame *frames = NULL;
    g_autofree char *words = NULL;

    expect_as_recorded(f, &first);
    assert_true(first.packets >= packets);
    assert_in_range(first.frames, 7, 8);
    assert_int_equal(f->frames->len, first.frames);
    frames = g_memdup2(f->frames->data, f->frames->len * sizeof(*frames));
    words = g_strdup(f->words->str);
    assert_int_equal(frames[0].width, 200);
    assert_int_equal(frames[first.frames - 1].width, 64);
    assert_int_not_equal(frames[0].hash[0], frames[1].hash[0]);

    expect_as_recorded(f, &second); /* and again the same */
    assert_memory_equal(&first, &second, sizeof(first));
    assert_memory_equal(frames, f->frames->data, f->frames->len * sizeof(*frames));
    assert_string_equal(words, f->words->str);
}

static void a_session_of_an_x86_64_guest_is_played_back(void **state)
{
    session_is_played_back(*state, PVG_VARIANT_PCI);
}

static void a_session_of_an_arm64_guest_is_played_back(void **state)
{
    session_is_played_back(*state, PVG_VARIANT_MMIO);
}

static void what_happened_is_said_in_words(void **state)
{
    struct fixture *f = *state;
    struct pvg_replay_result result;

    record(f, PVG_VARIANT_MMIO);
    expect_as_recorded(f, &result);
    assert_non_null(strstr(f->words->str, "gfx write 0x1000"));
    assert_non_null(strstr(f->words->str, "iosfc write"));
    assert_non_null(strstr(f->words->str, "channel 0: stamp 0x"));
    assert_non_null(strstr(f->words->str, "is complete"));
    assert_non_null(strstr(f->words->str, "display 1 is unplugged"));
    assert_non_null(strstr(f->words->str, "the VM: reset"));
}

/* The firmware's picture is read when the VMM looks, on its thread. */
static void the_firmware_s_pictures_are_played_back(void **state)
{
    struct fixture *f = *state;
    struct bench *b = bench_create_recorded(PVG_VARIANT_MMIO, 1, f->path);
    struct pvg_replay_result result;
    uint64_t at = b->ram_gpa + 0x100000;

    bench_write(b, PVG_WIRE_GFX_EFI_MODE_SELECT, 0);
    bench_write(b, PVG_WIRE_GFX_EFI_FB_STRIDE, 1920 * 4);
    pvg_mmio_write(b->device, PVG_WINDOW_GFX, PVG_WIRE_GFX_EFI_FB_START, at, 8);
    bench_write(b, PVG_WIRE_GFX_EFI_FB_LENGTH, 1920 * 1080 * 4);
    bench_write(b, PVG_WIRE_GFX_EFI_DISPLAY, 1);
    for (unsigned i = 1; i < 4; i++) {
        bench_store(b, at + 64 * i, 0xff00ff00 + i);
        bench_pass(b, 40000);
        bench_fetch(b, 0);
    }
    bench_destroy(b);
    expect_as_recorded(f, &result);
    assert_int_equal(result.frames, 3);
}

static void a_restored_state_is_part_of_the_session(void **state)
{
    struct fixture *f = *state;
    struct bench *b = bench_create_recorded(PVG_VARIANT_PCI, 1, f->path);
    struct pvg_replay_result result;
    struct kit_surface surface;
    void *bytes;
    size_t size;

    bench_bring_up(b);
    kit_surface_create(&b->kit, &surface, 64, 48);
    pvg_device_stop(b->device);
    assert_true(pvg_device_save(b->device, &bytes, &size, NULL));
    assert_true(pvg_device_restore(b->device, bytes, size, NULL));
    pvg_device_start(b->device);
    pvg_free(bytes);
    kit_surface_fill(&b->kit, &surface, 0xff445566);
    kit_wait(&b->kit, kit_display_channel(&b->kit, 0), kit_present(&b->kit, 0, surface.id, NULL));
    bench_expect_no_failure(b);
    bench_destroy(b);
    expect_as_recorded(f, &result);
    assert_int_equal(result.frames, 1);
}

/* ---- Files that are not what they should be ---- */

static void read_file(struct fixture *f, char **bytes, gsize *size)
{
    assert_true(g_file_get_contents(f->path, bytes, size, NULL));
}

static void write_file(struct fixture *f, const char *bytes, gsize size)
{
    assert_true(g_file_set_contents(f->path, bytes, (gssize)size, NULL));
}

static void expect_refused(struct fixture *f, const char *sentence)
{
    struct pvg_replay_result result;
    struct pvg_error error;

    assert_false(replay(f, false, &result, &error));
    if (!strstr(error.message, sentence)) {
        fail_msg("\"%s\" lacks \"%s\"", error.message, sentence);
    }
    assert_int_equal(f->frames->len, 0); /* refused before anything was played */
}

static void a_recording_that_breaks_off_is_refused_at_every_length(void **state)
{
    struct fixture *f = *state;
    struct pvg_replay_result result;
    struct pvg_error error;
    g_autofree char *bytes = NULL;
    gsize size;

    record(f, PVG_VARIANT_PCI);
    read_file(f, &bytes, &size);
    for (gsize cut = 1; cut < size; cut += cut < 40 ? 1 : size / 50) {
        write_file(f, bytes, size - cut);
        expect_refused(f, size - cut < 12 ? "no recording" : "breaks off");
    }
    write_file(f, bytes, size - 1); /* its end mark alone is not whole */
    assert_true(replay(f, true, &result, &error));
    assert_in_range(result.frames, 7, 8);
}

static void a_damaged_recording_is_refused(void **state)
{
    struct fixture *f = *state;
    g_autofree char *bytes = NULL;
    gsize size;

    record(f, PVG_VARIANT_PCI);
    read_file(f, &bytes, &size);
    for (gsize at = 12 + 8; at < size - 32; at += size / 40) {
        char was = bytes[at];

        bytes[at] = (char)~was;
        write_file(f, bytes, size);
        expect_refused(f, "the recording");
        bytes[at] = was;
    }
    bytes[8] = 99;
    write_file(f, bytes, size);
    expect_refused(f, "has version 99");
    bytes[0] = 'X';
    write_file(f, bytes, size);
    expect_refused(f, "no recording of libpvg");
}

/* A file of whole chunks whose events make no sense. */
static void write_events(struct fixture *f, const struct pvg_trace_event *events, size_t count)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct pvg_trace_file file;

    for (size_t i = 0; i < count; i++) {
        pvg_trace_encode(bytes, &events[i]);
    }
    assert_true(pvg_trace_file_create(&file, f->path, NULL));
    assert_true(pvg_trace_file_put(&file, bytes->data, bytes->len, NULL));
    assert_true(pvg_trace_file_put(&file, NULL, 0, NULL));
    pvg_trace_file_finish(&file);
}

static void a_recording_that_asks_for_the_impossible_is_refused(void **state)
{
    struct fixture *f = *state;
    struct pvg_trace_event events[2] = {{.kind = PVG_TRACE_CONFIG}};
    struct pvg_replay_result result;
    struct pvg_error error;
    g_autofree uint8_t *config = NULL;
    struct pvg_trace_reader reader;
    static const struct {
        enum pvg_trace_kind kind;
        uint64_t numbers[3];
    } impossible[] = {
        {PVG_TRACE_RAM_ADD, {0, UINT64_MAX & ~0xfffull, 0}},
        {PVG_TRACE_RAM_ADD, {0, 0, 0}},
        {PVG_TRACE_RAM_ADD, {0x123, 0x1000, 0}},
        {PVG_TRACE_SAME_PAGE, {0x5000, 1, 0}}, /* no RAM there */
        {PVG_TRACE_CONNECT, {7, 1}},
        {PVG_TRACE_FRAME, {9, 1, 1}},
        {PVG_TRACE_CONFIG, {0}}, /* again, and empty */
        {PVG_TRACE_END, {0}},
    };

    bench_destroy(bench_create_recorded(PVG_VARIANT_PCI, 1, f->path));
    assert_true(pvg_trace_reader_init(&reader, open(f->path, O_RDONLY | O_CLOEXEC), false, NULL));
    assert_int_equal(pvg_trace_reader_next(&reader, &events[0], NULL), PVG_TRACE_EVENT);
    assert_int_equal(events[0].kind, PVG_TRACE_CONFIG);
    config = g_memdup2(events[0].bytes, events[0].size);
    events[0].bytes = config;
    pvg_trace_reader_finish(&reader);
    for (size_t i = 0; i < G_N_ELEMENTS(impossible); i++) {
        events[1] = (struct pvg_trace_event){.kind = impossible[i].kind};
        memcpy(events[1].numbers, impossible[i].numbers, sizeof(impossible[i].numbers));
        write_events(f, events, 2);
        assert_false(replay(f, false, &result, &error));
        assert_true(error.message[0]);
    }
    write_events(f, (struct pvg_trace_event[]){events[0], {.kind = PVG_TRACE_START},
                                               {.kind = PVG_TRACE_RESTORE}}, 3);
    assert_false(replay(f, false, &result, &error)); /* into a device that runs */
    write_events(f, &events[1], 1); /* without its device */
    assert_false(replay(f, false, &result, &error));
    for (size_t cut = 0; cut < events[0].size; cut += 3) {
        struct pvg_trace_event shorter = events[0];

        shorter.size = cut;
        write_events(f, &shorter, 1);
        assert_false(replay(f, false, &result, &error));
    }
}

static void a_recording_of_the_wrong_session_says_where_it_went_another_way(void **state)
{
    struct fixture *f = *state;
    struct pvg_trace_event events[2] = {{.kind = PVG_TRACE_CONFIG}};
    struct pvg_replay_result result;
    struct pvg_trace_reader reader;
    struct pvg_error error;
    g_autofree uint8_t *config = NULL;

    bench_destroy(bench_create_recorded(PVG_VARIANT_PCI, 1, f->path));
    assert_true(pvg_trace_reader_init(&reader, open(f->path, O_RDONLY | O_CLOEXEC), false, NULL));
    assert_int_equal(pvg_trace_reader_next(&reader, &events[0], NULL), PVG_TRACE_EVENT);
    config = g_memdup2(events[0].bytes, events[0].size);
    events[0].bytes = config;
    pvg_trace_reader_finish(&reader);
    events[1] = (struct pvg_trace_event){.kind = PVG_TRACE_COMPLETE, .numbers = {3, 4, 0x55, 0}};
    write_events(f, events, 2);
    assert_true(replay(f, false, &result, &error));
    assert_false(result.as_recorded);
    assert_non_null(strstr(result.divergence, "0x55"));
}

static void a_full_recording_ends_and_the_device_goes_on(void **state)
{
    struct fixture *f = *state;
    struct pvg_replay_result result;
    struct pvg_error error;
    struct kit_surface surface;
    struct bench *b = bench_create_recorded(PVG_VARIANT_PCI, 1, f->path);

    b->device->recorder->limit = 0x400000;
    bench_bring_up(b);
    kit_surface_create(&b->kit, &surface, 512, 512);
    for (unsigned i = 0; i < 20; i++) {
        uint8_t noise[4096];

        for (unsigned at = 0; at < 512 * 512 * 4; at += sizeof(noise)) {
            for (unsigned n = 0; n < sizeof(noise); n++) {
                noise[n] = (uint8_t)g_random_int();
            }
            kit_surface_write(&b->kit, &surface, at, noise, sizeof(noise));
        }
        kit_wait(&b->kit, kit_display_channel(&b->kit, 0),
                 kit_present(&b->kit, 0, surface.id, NULL));
        bench_fetch(b, 0);
    }
    bench_expect_no_failure(b);
    assert_int_equal(bench_stat(b, "displays.0.presents"), 20);
    bench_destroy(b);
    assert_true(replay(f, false, &result, &error)); /* whole up to there */
    assert_in_range(result.frames, 1, 19);
}

/* ---- A disk that is slower than the guest ---- */

#define PACKET_BYTES 0x100000

static void *read_much(void *data)
{
    struct pvg_recorder *recorder = data;
    struct pvg_tape *tape = pvg_recorder_tape(recorder);
    g_autofree uint64_t *noise = g_malloc(PACKET_BYTES);
    uint64_t word = 1;

    pvg_recorder_begin(recorder, &(struct pvg_trace_event){.kind = PVG_TRACE_STEP});
    for (unsigned packet = 0; packet < 2 * PVG_RECORDER_QUEUED_MAX / PACKET_BYTES; packet++) {
        pvg_tape_value(tape, PVG_TAPE_WAITS, true);
        for (unsigned i = 0; i < PACKET_BYTES / sizeof(word); i++) {
            noise[i] = word *= 0x5851f42d4c957f2dull;
        }
        pvg_tape_read(tape, 0, noise, PACKET_BYTES);
    }
    pvg_recorder_end(recorder);
    return NULL;
}

static size_t queued(struct pvg_recorder *recorder)
{
    size_t bytes;

    pthread_mutex_lock(&recorder->lock);
    bytes = recorder->queued;
    pthread_mutex_unlock(&recorder->lock);
    return bytes;
}

struct drain {
    int fd;
    _Atomic bool done;
};

static void *drain(void *data)
{
    struct drain *drain = data;
    char bytes[65536];

    while (!atomic_load(&drain->done)) {
        struct pollfd readable = {.fd = drain->fd, .events = POLLIN};

        if (poll(&readable, 1, 10) > 0) {
            (void)!read(drain->fd, bytes, sizeof(bytes));
        }
    }
    return NULL;
}

static void a_step_that_reads_much_waits_for_the_disk_between_packets(void **state)
{
    static const struct pvg_log log;
    struct fixture *f = *state;
    struct drain pipe = {0};
    struct pvg_recorder *recorder;
    pthread_t engine, drainer;

    assert_int_equal(mkfifo(f->path, 0600), 0);
    pipe.fd = open(f->path, O_RDWR | O_CLOEXEC); /* a disk that takes next to nothing */
    recorder = pvg_recorder_create(f->path, 0, &log, NULL);
    assert_non_null(recorder);
    assert_int_equal(pthread_create(&engine, NULL, read_much, recorder), 0);
    for (unsigned i = 0; i < 60000 && queued(recorder) <= PVG_RECORDER_QUEUED_MAX; i++) {
        g_usleep(1000);
    }
    g_usleep(200000);
    assert_in_range(queued(recorder), PVG_RECORDER_QUEUED_MAX + 1,
                    PVG_RECORDER_QUEUED_MAX + 2 * PACKET_BYTES);
    assert_int_equal(pthread_create(&drainer, NULL, drain, &pipe), 0);
    pthread_join(engine, NULL);
    pvg_recorder_destroy(recorder);
    atomic_store(&pipe.done, true);
    pthread_join(drainer, NULL);
    close(pipe.fd);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_session_of_an_x86_64_guest_is_played_back),
        TEST(a_session_of_an_arm64_guest_is_played_back),
        TEST(what_happened_is_said_in_words),
        TEST(the_firmware_s_pictures_are_played_back),
        TEST(a_restored_state_is_part_of_the_session),
        TEST(a_recording_that_breaks_off_is_refused_at_every_length),
        TEST(a_damaged_recording_is_refused),
        TEST(a_recording_that_asks_for_the_impossible_is_refused),
        TEST(a_recording_of_the_wrong_session_says_where_it_went_another_way),
        TEST(a_full_recording_ends_and_the_device_goes_on),
        TEST(a_step_that_reads_much_waits_for_the_disk_between_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
