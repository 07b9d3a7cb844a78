/* SPDX-License-Identifier: MIT */
/* Guest memory that changes under the device's hands: what was checked is what is used. */
#include <pthread.h>
#include <string.h>

#include "bench.h"
#include "memory/object.h"
#include "wire/registers.h"

#include "test.h"

/* A tape that changes bytes as soon as they were read, and counts how often each was. */
struct watcher {
    struct pvg_tape tape;
    struct bench *bench;
    uint64_t from, to;  /* gpas that are watched */
    bool change;
    unsigned reads;     /* of watched bytes */
    unsigned again;     /* bytes that were read a second time */
    uint64_t first_again;
    uint8_t *seen;      /* by gpa - from */
};

static void watch_read(struct pvg_tape *tape, uint64_t gpa, const void *bytes, size_t size)
{
    struct watcher *watcher = (struct watcher *)tape;

    for (uint64_t at = gpa; at < gpa + size; at++) {
        if (at < watcher->from || at >= watcher->to) {
            continue;
        }
        watcher->reads++;
        if (watcher->seen[at - watcher->from]++) {
            watcher->first_again = watcher->again++ ? watcher->first_again : at;
        }
        if (watcher->change) {
            *bench_at(watcher->bench, at) ^= 0xff;
        }
    }
}

static const struct pvg_tape_impl watcher_impl = {.read = watch_read};

static struct watcher watch(struct bench *b, uint64_t from, uint64_t to, bool change)
{
    return (struct watcher){
        .tape = {&watcher_impl},
        .bench = b,
        .from = from,
        .to = to,
        .change = change,
        .seen = g_malloc0(to - from),
    };
}

static void expect_each_byte_once(struct watcher *watcher)
{
    watcher->bench->device->memory.ram.tape = NULL;
    assert_true(watcher->reads > 0);
    if (watcher->again) {
        fail_msg("%u bytes were read twice, the first at 0x%llx", watcher->again,
                 (unsigned long long)watcher->first_again);
    }
    g_free(watcher->seen);
}

static void every_byte_of_a_packet_is_read_once(void **state)
{
    struct bench *b = *state;
    const uint64_t ring = 1ull << b->page_shift;
    struct watcher watcher;

    bench_bring_up(b);
    watcher = watch(b, b->kit.fifo + ring, b->kit.fifo + ring + 0x8000, false);
    b->device->memory.ram.tape = &watcher.tape;
    for (unsigned i = 0; i < 50; i++) {
        kit_packet(&b->kit, PVG_WIRE_PACKET_NOP);
        kit_wait(&b->kit, 0, kit_send(&b->kit, 0));
    }
    bench_expect_no_failure(b);
    assert_int_equal(watcher.reads, 50 * PVG_WIRE_PACKET_HEADER_SIZE);
    expect_each_byte_once(&watcher);
}

static void a_packet_does_what_it_said_when_it_was_read(void **state)
{
    struct bench *b = *state;
    const uint64_t ring = 1ull << b->page_shift;
    struct kit_surface surface;
    struct watcher watcher;
    struct pvg_frame frame;

    bench_bring_up(b);
    watcher = watch(b, b->kit.fifo + ring, b->kit.fifo + ring + 0x8000, true);
    b->device->memory.ram.tape = &watcher.tape;
    kit_surface_create(&b->kit, &surface, 64, 48);
    kit_surface_fill(&b->kit, &surface, 0xff112233);
    kit_display_start(&b->kit, 1);
    kit_display_wait_online(&b->kit, 1);
    kit_wait(&b->kit, kit_display_channel(&b->kit, 1), kit_present(&b->kit, 1, surface.id, NULL));
    bench_expect_no_failure(b);
    frame = bench_fetch(b, 1);
    assert_int_equal(bench_pixel(&frame, 63, 47), 0x112233);
    assert_int_equal(bench_stat(b, "channels.stopped"), 0);
    expect_each_byte_once(&watcher);
}

/* A stream's pages are the guest's own: they may change the moment after. */
static void a_command_stream_is_read_once(void **state)
{
    struct bench *b = *state;
    static struct kit_stream stream;
    struct kit_task task;
    struct watcher watcher;
    uint8_t wanted[8] = {0};
    uint64_t at;

    bench_bring_up(b);
    kit_task_create(&b->kit, &task, 3);
    kit_task_bind_objects(&b->kit, &task);
    kit_stream_init(&b->kit, &stream, &task);
    kit_segment_begin(&stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    kit_segment_end(&stream);
    at = kit_task_find(&b->kit, &task, stream.gva);
    watcher = watch(b, at, at + 0x1000, true);
    b->device->memory.ram.tape = &watcher.tape;
    b->hold = true;
    kit_submit(&b->kit, &stream, NULL, 0, NULL);
    memcpy(wanted, bench_at(b, at), sizeof(wanted));
    bench_run(b);
    assert_int_equal(b->submissions, 1);
    assert_int_equal(b->last_submission->buffers[0].size, sizeof(wanted));
    assert_memory_equal(b->last_submission->buffers[0].data, wanted, sizeof(wanted));
    assert_memory_not_equal(bench_at(b, at), wanted, sizeof(wanted));
    expect_each_byte_once(&watcher);
    bench_release(b, 0);
}

/* The slot is looked at again once its descriptor was copied: both belong together, or there is no
 * object for now. */
static void a_slot_that_changes_while_it_is_read_is_no_object(void **state)
{
    struct bench *b = *state;
    struct kit_task task;
    struct kit_buffer buffer;
    struct pvg_object object;
    struct pvg_space space;
    struct watcher watcher;
    uint64_t list;

    bench_bring_up(b);
    kit_task_create(&b->kit, &task, 3);
    kit_task_bind_objects(&b->kit, &task);
    kit_buffer_create(&b->kit, &task, &buffer, 0x1000);
    bench_run(b);
    assert_int_equal(pvg_task_space(&b->device->memory, 3, &space), PVG_ACCEPTED);
    assert_int_equal(pvg_object_read(&b->device->memory, space, buffer.object, &object),
                     PVG_ACCEPTED);
    pvg_object_finish(&object);
    list = kit_task_find(&b->kit, &task,
                         (uint64_t)b->device->memory.tasks.all[3].list_page << b->page_shift);
    watcher = watch(b, list, list + (1ull << b->page_shift), true);
    b->device->memory.ram.tape = &watcher.tape;
    assert_int_not_equal(pvg_object_read(&b->device->memory, space, buffer.object, &object),
                         PVG_ACCEPTED);
    assert_true(watcher.again > 0);
    b->device->memory.ram.tape = NULL;
    g_free(watcher.seen);
}

/* ---- A second CPU that writes wherever the device looks ---- */

struct vandal {
    struct bench *bench;
    _Atomic bool stop;
    uint64_t places[8];
    unsigned count;
};

static void *scribble(void *data)
{
    struct vandal *vandal = data;
    uint64_t random = 0x9e3779b97f4a7c15ull;

    while (!atomic_load(&vandal->stop)) {
        _Atomic uint32_t *word;

        random = random * 6364136223846793005ull + 1442695040888963407ull;
        word = (_Atomic uint32_t *)(void *)bench_at(
            vandal->bench, vandal->places[(random >> 33) % vandal->count] + (random >> 40 & 0xffc));
        atomic_store_explicit(word, (uint32_t)(random >> (random & 31)), memory_order_relaxed);
    }
    return NULL;
}

static void a_guest_that_writes_everywhere_at_once_does_no_harm(void **state)
{
    struct bench *b = *state;
    struct vandal vandal = {.bench = b};
    struct kit_surface surface;
    pthread_t thread;

    bench_bring_up(b);
    kit_surface_create(&b->kit, &surface, 64, 64);
    vandal.places[vandal.count++] = b->kit.fifo;
    vandal.places[vandal.count++] = b->kit.fifo + (1ull << b->page_shift);
    vandal.places[vandal.count++] = b->kit.root_page;
    vandal.places[vandal.count++] = b->kit.channels[1].list;
    vandal.places[vandal.count++] = b->kit.displays[0].page;
    vandal.places[vandal.count++] = b->kit.kernel.directory;
    vandal.places[vandal.count++] = b->kit.kernel.root;
    assert_int_equal(pthread_create(&thread, NULL, scribble, &vandal), 0);
    for (unsigned i = 0; i < 3000; i++) {
        bench_write(b, PVG_WIRE_GFX_FIFO_WRITTEN, i * 12);
        bench_write(b, PVG_WIRE_GFX_CHILD_DOORBELL, 1 + i % 5);
        bench_write(b, PVG_WIRE_GFX_DISPLAY_DOORBELL, 0);
        bench_pass(b, 2000);
        if (i % 500 == 499) { /* a driver that starts over meanwhile */
            bench_write(b, PVG_WIRE_GFX_CONTROL_FIFO, 0);
            bench_write(b, PVG_WIRE_GFX_CONTROL_FIFO, 1);
        }
    }
    atomic_store(&vandal.stop, true);
    pthread_join(thread, NULL);
    pvg_device_reset(b->device);
    kit_init(&b->kit, b->kit.machine, b->kit.platform, &b->plain);
    bench_bring_up(b); /* nothing of it stays */
    bench_expect_no_failure(b);
}

#define BOTH(test)                                                                                 \
    {#test " (x86-64)", test, bench_setup_pci, bench_teardown, NULL},                              \
    {                                                                                              \
#test " (arm64)", test, bench_setup_mmio, bench_teardown, NULL                             \
    }

int main(void)
{
    static const struct CMUnitTest tests[] = {
        BOTH(every_byte_of_a_packet_is_read_once),
        BOTH(a_packet_does_what_it_said_when_it_was_read),
        BOTH(a_command_stream_is_read_once),
        BOTH(a_slot_that_changes_while_it_is_read_is_no_object),
        BOTH(a_guest_that_writes_everywhere_at_once_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
