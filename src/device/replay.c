/* SPDX-License-Identifier: MIT */
/* Plays a recorded session: a device whose engine is stepped by the recording, on memory that the
 * recording fills, behind a tape that puts back what the recorder noted.
 *
 * One thread drives. Inside a block (a step) the device asks the tape at each point, and the tape
 * takes the events that belong before it. Packets complete in the recorded order: one that is done
 * early waits for its event, and an event waits for its packet, which a GPU may still be busy with. */
#include <pvg/replay.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/cursor.h"
#include "base/range.h"
#include "device/device.h"
#include "device/modes.h"
#include "device/replay.h"
#include "device/replay_memory.h"
#include "device/replay_words.h"
#include "device/session.h"
#include "trace/file.h"

#define PATIENCE_MS 10000         /* for what a GPU still has to do */
#define PARTS_MAX   0x20000000u   /* bytes of a saved state */
#define AHEAD_MAX   65536         /* events that wait for the end of their block */

struct replay {
    struct pvg_tape tape;
    struct pvg_replay_options options;
    struct pvg_replay_result result;
    struct pvg_trace_reader reader;
    struct pvg_trace_event event; /* the next one */
    bool have;                    /* `event` is there */
    bool failed;
    struct pvg_error *error;

    pthread_t driver;
    struct pvg_device *device;
    struct pvg_replay_memory memory;
    GByteArray *parts;
    int64_t now;

    /* The block that runs. */
    uint64_t point, tagged_at;
    bool in_block;
    GArray *writes;   /* struct pvg_trace_event: accesses that belong to this turn */
    GArray *expected; /* struct pvg_trace_event: packets that are completed in this block */
    GArray *behind;   /* struct pvg_trace_event: for after the block */
    uint64_t values[PVG_TAPE_VALUES];

    /* What other threads bring. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    GArray *early; /* struct pvg_tape_completion: passed while `open`, whose event comes after */
    GArray *done; /* struct pvg_tape_completion: packets whose event has not come */
    bool open;    /* completions pass */
    void *passing; /* this one does */
    GArray *shown[PVG_MAX_DISPLAYS]; /* struct pvg_replay_frame */
};

static void fail(struct replay *r, const char *what)
{
    if (!r->failed) {
        pvg_error_set(r->error, "the recording is damaged: %s", what);
    }
    r->failed = true;
}

PVG_PRINTF(2, 3)
static void diverge(struct replay *r, const char *format, ...)
{
    va_list args;

    if (r->result.divergence[0]) {
        return;
    }
    va_start(args, format);
    g_vsnprintf(r->result.divergence, sizeof(r->result.divergence), format, args);
    va_end(args);
}

/* ---- Events ---- */

/* The next event in r->event, or false: there is none, or nothing is played any more. */
static bool peek(struct replay *r)
{
    if (!r->have && !r->failed) {
        switch (pvg_trace_reader_next(&r->reader, &r->event, r->error)) {
        case PVG_TRACE_EVENT:
            r->have = true;
            break;
        case PVG_TRACE_DAMAGED:
            r->failed = true;
            break;
        case PVG_TRACE_ENDED:
            break;
        }
    }
    return r->have && !r->failed;
}

static bool is_memory(enum pvg_trace_kind kind)
{
    return kind == PVG_TRACE_MEMORY || kind == PVG_TRACE_PAGE || kind == PVG_TRACE_SAME_PAGE ||
           kind == PVG_TRACE_FORGET;
}

static bool is_access(enum pvg_trace_kind kind)
{
    return kind == PVG_TRACE_READ || kind == PVG_TRACE_WRITE;
}

/* Those carry no bytes: copying the struct is enough. */
static void put_off(struct replay *r, GArray *list, const struct pvg_trace_event *event)
{
    if (list->len >= AHEAD_MAX) {
        fail(r, "too much happens within one step");
    } else {
        g_array_append_vals(list, event, 1);
    }
}

static void take_value(struct replay *r, const struct pvg_trace_event *event)
{
    if (event->numbers[0] < PVG_TAPE_VALUES) {
        r->values[event->numbers[0]] = event->numbers[1];
    } else {
        fail(r, "it has a value of an unknown kind");
    }
}

/* An event inside the block. False where it cannot be inside one. */
static void take_inside(struct replay *r, const struct pvg_trace_event *event)
{
    if (is_memory(event->kind)) {
        if (!pvg_replay_memory_apply(&r->memory, event)) {
            fail(r, "it has bytes where there is no guest RAM, or too many");
        }
    } else if (event->kind == PVG_TRACE_VALUE && event->tagged) {
        take_value(r, event);
    } else if (event->kind == PVG_TRACE_COMPLETE && event->tagged) {
        put_off(r, r->expected, event);
    } else if (is_access(event->kind) && event->tagged) {
        put_off(r, r->writes, event);
    } else if (is_access(event->kind) || event->kind == PVG_TRACE_COMPLETE ||
               event->kind == PVG_TRACE_FRAME || event->kind == PVG_TRACE_LOST) {
        put_off(r, r->behind, event);
    } else {
        fail(r, "a step is not ended before something else begins");
    }
}

/* Takes what belongs before @point: all of the block for UINT64_MAX. */
static void take_up_to(struct replay *r, uint64_t point)
{
    while (peek(r) && r->event.kind != PVG_TRACE_END && r->event.kind != PVG_TRACE_CLOSE) {
        if (r->event.tagged) {
            uint64_t at;

            if (!pvg_add(r->tagged_at, r->event.advance, &at)) {
                fail(r, "a step has too many points");
                return;
            }
            if (at > point) {
                return;
            }
            r->tagged_at = at;
        }
        take_inside(r, &r->event);
        r->have = false;
    }
}

static void apply_access(struct replay *r, const struct pvg_trace_event *event)
{
    const uint64_t *n = event->numbers;

    r->result.accesses++;
    pvg_replay_say_event(&r->options, event);
    if (n[0] > PVG_WINDOW_IOSFC || (n[3] != 4 && n[3] != 8)) {
        return; /* the device ignored it too */
    }
    if (event->kind == PVG_TRACE_WRITE) {
        pvg_mmio_write(r->device, (enum pvg_window)n[0], n[1], n[2], (unsigned)n[3]);
    } else {
        (void)pvg_mmio_read(r->device, (enum pvg_window)n[0], n[1], (unsigned)n[3]);
    }
}

static void apply_writes(struct replay *r)
{
    for (guint i = 0; i < r->writes->len; i++) {
        apply_access(r, &g_array_index(r->writes, struct pvg_trace_event, i));
    }
    g_array_set_size(r->writes, 0);
}

/* Whether the caller is the block, and not the GPU's thread beside it. */
static bool is_inside(const struct replay *r)
{
    return r->in_block && pthread_equal(r->driver, pthread_self());
}

/* ---- The tape. Engine's calls come from the driving thread, inside a block. ---- */

static void tape_point(struct pvg_tape *tape)
{
    struct replay *r = (struct replay *)tape;

    if (is_inside(r)) {
        take_up_to(r, ++r->point);
    }
}

static void tape_turn(struct pvg_tape *tape)
{
    struct replay *r = (struct replay *)tape;

    tape_point(tape);
    apply_writes(r);
}

static uint64_t tape_value(struct pvg_tape *tape, enum pvg_tape_value which, uint64_t live)
{
    struct replay *r = (struct replay *)tape;

    if (!is_inside(r)) {
        return live;
    }
    tape_point(tape);
    return r->values[which];
}

static bool matches(const struct pvg_trace_event *event,
                    const struct pvg_tape_completion *completion)
{
    return event->numbers[0] == completion->channel && event->numbers[1] == completion->opcode &&
           event->numbers[2] == completion->stamp;
}

/* Whether the block says that this packet is completed here. */
static bool take_expected(struct replay *r, const struct pvg_tape_completion *completion)
{
    for (guint i = 0; i < r->expected->len; i++) {
        if (matches(&g_array_index(r->expected, struct pvg_trace_event, i), completion)) {
            g_array_remove_index(r->expected, i);
            return true;
        }
    }
    return false;
}

static void count_completion(struct replay *r, const struct pvg_tape_completion *completion)
{
    const uint64_t words[] = {completion->channel, completion->opcode, completion->stamp,
                              completion->why};
    struct pvg_hash hash = {{r->result.completions_hash[0], r->result.completions_hash[1]}};

    hash = pvg_hash_more(hash, words, sizeof(words));
    memcpy(r->result.completions_hash, hash.words, sizeof(hash.words));
    r->result.packets++;
    pvg_replay_say_event(&r->options, &(struct pvg_trace_event){
                                          .kind = PVG_TRACE_COMPLETE,
                                          .numbers = {words[0], words[1], words[2], words[3]}});
}

static bool tape_completed(struct pvg_tape *tape, const struct pvg_tape_completion *completion)
{
    struct replay *r = (struct replay *)tape;
    bool here = is_inside(r), pass;

    tape_point(tape);
    pthread_mutex_lock(&r->lock);
    pass = r->open || r->passing == completion->work || (here && take_expected(r, completion));
    if (pass) {
        count_completion(r, completion);
        if (r->open) {
            g_array_append_vals(r->early, completion, 1);
        }
    } else {
        g_array_append_vals(r->done, completion, 1);
        pthread_cond_broadcast(&r->changed);
    }
    pthread_mutex_unlock(&r->lock);
    return pass;
}

static void tape_fetched(struct pvg_tape *tape, enum pvg_tape_command what, unsigned channel,
                         const void *bytes, size_t size)
{
    pvg_replay_say_command(&((struct replay *)tape)->options, what, channel, bytes, size);
}

static void tape_shown(struct pvg_tape *tape, const struct pvg_tape_picture *picture)
{
    struct replay *r = (struct replay *)tape;
    struct pvg_hash hash = pvg_tape_picture_hash(picture);
    struct pvg_replay_frame frame = {
        .display = picture->display,
        .width = picture->width,
        .height = picture->height,
        .hash = {hash.words[0], hash.words[1]},
    };

    pthread_mutex_lock(&r->lock);
    g_array_append_val(r->shown[picture->display], frame);
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

/* Not read and wrote: the memory is the player's own. Nor catch_up: done at the turn before. */
static const struct pvg_tape_impl replay_impl = {
    .point = tape_point,
    .turn = tape_turn,
    .value = tape_value,
    .completed = tape_completed,
    .fetched = tape_fetched,
    .shown = tape_shown,
};

/* ---- Waiting for a GPU ---- */

static bool may_wait(const struct replay *r)
{
    return strcmp(r->device->executor->impl->name, "null") != 0;
}

/* Waits a little for another thread, with the lock held, and lets the executor go on with what it
 * had parked. False when patience is at its end, or nobody can come. */
static bool wait_a_little(struct replay *r, unsigned *waited_ms)
{
    struct timespec until;

    if (!may_wait(r) || *waited_ms >= PATIENCE_MS) {
        return false;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 5000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&r->changed, &r->lock, &until);
    *waited_ms += 5;
    if (atomic_fetch_and(&r->device->engine.work, ~PVG_WORK_EXECUTOR) & PVG_WORK_EXECUTOR) {
        pthread_mutex_unlock(&r->lock);
        pvg_executor_resume(r->device->executor);
        pthread_mutex_lock(&r->lock);
    }
    return true;
}

/* Completes a packet that waits. The lock is held on entry and on return. */
static void pass(struct replay *r, guint index)
{
    struct pvg_tape_completion completion = g_array_index(r->done, struct pvg_tape_completion, index);
    struct pvg_work *work = completion.work;

    g_array_remove_index(r->done, index);
    r->passing = work;
    pthread_mutex_unlock(&r->lock);
    work->completed(work, completion.why);
    pthread_mutex_lock(&r->lock);
    r->passing = NULL;
}

/* The VMM's calls completed it. */
static bool was_early(struct replay *r, const struct pvg_trace_event *event)
{
    for (guint i = 0; i < r->early->len; i++) {
        if (matches(event, &g_array_index(r->early, struct pvg_tape_completion, i))) {
            g_array_remove_index(r->early, i);
            return true;
        }
    }
    return false;
}

static bool pass_matching(struct replay *r, const struct pvg_trace_event *event)
{
    for (guint i = 0; i < r->done->len; i++) {
        const struct pvg_tape_completion *completion =
            &g_array_index(r->done, struct pvg_tape_completion, i);

        if (matches(event, completion)) {
            if (completion->why != event->numbers[3]) {
                diverge(r, "channel %u, stamp 0x%x: the verdict was %llu and is %u",
                        completion->channel, completion->stamp,
                        (unsigned long long)event->numbers[3], completion->why);
            }
            pass(r, i);
            return true;
        }
    }
    return false;
}

static void complete_as_recorded(struct replay *r, const struct pvg_trace_event *event)
{
    unsigned waited = 0;
    bool done;

    pthread_mutex_lock(&r->lock);
    done = was_early(r, event);
    while (!done && !(done = pass_matching(r, event)) && wait_a_little(r, &waited)) {
    }
    pthread_mutex_unlock(&r->lock);
    if (!done) {
        diverge(r, "channel %llu: the packet with stamp 0x%llx did not complete",
                (unsigned long long)event->numbers[0], (unsigned long long)event->numbers[2]);
    }
}

static void frame_as_recorded(struct replay *r, const struct pvg_trace_event *event)
{
    const uint64_t *n = event->numbers;
    struct pvg_replay_frame frame;
    unsigned waited = 0;
    GArray *shown;

    if (n[0] >= r->device->display_count) {
        fail(r, "a picture is of a display that is not there");
        return;
    }
    shown = r->shown[n[0]];
    pthread_mutex_lock(&r->lock);
    while (!shown->len && wait_a_little(r, &waited)) {
    }
    if (!shown->len) {
        pthread_mutex_unlock(&r->lock);
        diverge(r, "display %llu: picture %llu did not come", (unsigned long long)n[0],
                (unsigned long long)r->result.frames);
        return;
    }
    frame = g_array_index(shown, struct pvg_replay_frame, 0);
    g_array_remove_index(shown, 0);
    pthread_mutex_unlock(&r->lock);
    frame.as_recorded = frame.width == n[1] && frame.height == n[2] && frame.hash[0] == n[3] &&
                        frame.hash[1] == n[4];
    if (!frame.as_recorded) {
        diverge(r, "display %llu: picture %llu is another one", (unsigned long long)n[0],
                (unsigned long long)r->result.frames);
    }
    r->result.frames++;
    if (r->options.frame) {
        r->options.frame(r->options.user, &frame);
    }
}

/* ---- Blocks ---- */

static void apply_behind(struct replay *r, const struct pvg_trace_event *event)
{
    if (is_access(event->kind)) {
        apply_access(r, event);
    } else if (event->kind == PVG_TRACE_COMPLETE) {
        complete_as_recorded(r, event);
    } else if (event->kind == PVG_TRACE_FRAME) {
        frame_as_recorded(r, event);
    } else {
        r->result.lost += event->numbers[0];
        pvg_replay_say_event(&r->options, event);
    }
}

static void begin_block(struct replay *r)
{
    r->point = r->tagged_at = 0;
    r->in_block = true;
    r->have = false; /* the event that opened it */
}

/* What the device did not come to, because it went another way, is made up for. */
static void end_block(struct replay *r)
{
    take_up_to(r, UINT64_MAX);
    r->in_block = false;
    apply_writes(r);
    for (guint i = 0; i < r->expected->len && !r->failed; i++) {
        complete_as_recorded(r, &g_array_index(r->expected, struct pvg_trace_event, i));
    }
    g_array_set_size(r->expected, 0);
    for (guint i = 0; i < r->behind->len && !r->failed; i++) {
        apply_behind(r, &g_array_index(r->behind, struct pvg_trace_event, i));
    }
    g_array_set_size(r->behind, 0);
    if (peek(r) && r->event.kind == PVG_TRACE_END) {
        r->have = false;
    }
}

/* The VMM's calls wait until all is complete, so nothing is held back around them. */
static void open_gate(struct replay *r)
{
    pthread_mutex_lock(&r->lock);
    while (r->done->len) {
        pass(r, 0);
    }
    r->open = true;
    pthread_mutex_unlock(&r->lock);
}

static void close_gate(struct replay *r)
{
    pthread_mutex_lock(&r->lock);
    r->open = false;
    pthread_mutex_unlock(&r->lock);
}

static void step(struct replay *r)
{
    uint64_t work = r->event.numbers[0];

    r->now = (int64_t)MIN(r->event.numbers[1], INT64_MAX / 2);
    r->result.steps++;
    begin_block(r);
    r->device->engine.step(r->device->engine.owner, work, r->now);
    end_block(r);
}

static void fetch(struct replay *r)
{
    r->now = (int64_t)MIN(r->event.numbers[1], INT64_MAX / 2);
    begin_block(r);
    (void)pvg_firmware_show(r->device);
    end_block(r);
}

static void restore(struct replay *r)
{
    struct pvg_error reason = {0};

    begin_block(r);
    open_gate(r);
    if (!pvg_device_restore(r->device, r->parts->data, r->parts->len, &reason)) {
        diverge(r, "a saved state is refused: %s", reason.message);
    }
    close_gate(r);
    g_byte_array_set_size(r->parts, 0);
    end_block(r);
}

/* ---- The VMM's calls ---- */

static bool create(struct replay *r);

static void set_modes(struct replay *r, const struct pvg_trace_event *event)
{
    struct pvg_cursor from = pvg_cursor_over(event->bytes, event->size);
    struct pvg_mode modes[PVG_MAX_MODES];
    size_t count;

    if (event->numbers[0] >= r->device->display_count ||
        pvg_session_decode_modes(&from, modes, &count) != PVG_ACCEPTED ||
        !pvg_display_set_modes(r->device, (unsigned)event->numbers[0], modes, count, NULL)) {
        fail(r, "a display gets modes that are not possible");
    }
}

static void add_ram(struct replay *r, const struct pvg_trace_event *event)
{
    const uint64_t *n = event->numbers;

    if (!pvg_replay_memory_add(&r->memory, r->device, n[0], n[1], n[2], r->error)) {
        r->failed = true;
    }
}

static void cut_ram(struct replay *r, const struct pvg_trace_event *event)
{
    pvg_ram_remove(r->device, event->numbers[0], event->numbers[1]);
    take_inside(r, &(struct pvg_trace_event){.kind = PVG_TRACE_FORGET});
}

static void take_part(struct replay *r, const struct pvg_trace_event *event)
{
    if (r->parts->len > PARTS_MAX) {
        fail(r, "a saved state is too large");
    } else {
        g_byte_array_append(r->parts, event->bytes, (guint)event->size);
    }
}

static void control(struct replay *r, const struct pvg_trace_event *event)
{
    open_gate(r);
    pvg_replay_say_event(&r->options, event);
    switch ((int)event->kind) {
    case PVG_TRACE_RAM_ADD:
        add_ram(r, event);
        break;
    case PVG_TRACE_RAM_CUT:
        cut_ram(r, event);
        break;
    case PVG_TRACE_START:
        pvg_device_start(r->device);
        break;
    case PVG_TRACE_STOP:
        pvg_device_stop(r->device);
        break;
    case PVG_TRACE_RESET:
        pvg_device_reset(r->device);
        break;
    case PVG_TRACE_PART:
        take_part(r, event);
        break;
    case PVG_TRACE_CONNECT:
        if (event->numbers[0] >= r->device->display_count) {
            fail(r, "a display is plugged in that is not there");
        } else {
            pvg_display_connect(r->device, (unsigned)event->numbers[0], event->numbers[1]);
        }
        break;
    case PVG_TRACE_MODES:
        set_modes(r, event);
        break;
    default:
        fail(r, "an event is out of place");
    }
    close_gate(r);
}

/* ---- The whole ---- */

/* Whether the session goes on. */
static bool play_one(struct replay *r)
{
    switch (r->event.kind) {
    case PVG_TRACE_CLOSE:
        return false;
    case PVG_TRACE_STEP:
        step(r);
        return true;
    case PVG_TRACE_FETCH:
        fetch(r);
        return true;
    case PVG_TRACE_RESTORE:
        if (r->device->started) {
            fail(r, "a state is restored while the device runs");
        } else {
            restore(r);
        }
        return true;
    case PVG_TRACE_READ:
    case PVG_TRACE_WRITE:
    case PVG_TRACE_COMPLETE:
    case PVG_TRACE_FRAME:
    case PVG_TRACE_LOST:
        apply_behind(r, &r->event);
        break;
    case PVG_TRACE_MEMORY:
    case PVG_TRACE_PAGE:
    case PVG_TRACE_SAME_PAGE:
    case PVG_TRACE_FORGET:
        take_inside(r, &r->event);
        break;
    default:
        control(r, &r->event);
    }
    r->have = false;
    return true;
}

static void play(struct replay *r)
{
    if (!peek(r) || r->event.kind != PVG_TRACE_CONFIG) {
        fail(r, "it does not begin with its device");
        return;
    }
    if (!create(r)) {
        r->failed = true;
        return;
    }
    r->have = false;
    while (peek(r) && play_one(r)) {
    }
    if (!r->failed && r->have && r->event.kind == PVG_TRACE_CLOSE &&
        r->event.numbers[0] != r->result.packets) {
        diverge(r, "%llu packets were completed instead of %llu",
                (unsigned long long)r->result.packets, (unsigned long long)r->event.numbers[0]);
    }
}

/* ---- Life ---- */

static void no_interrupt(void *host, enum pvg_interrupt line, bool level)
{
}

static void pass_log(void *host, enum pvg_log_level level, const char *message)
{
    struct replay *r = host;

    if (r->options.log) {
        r->options.log(r->options.user, level, message);
    }
}

static int64_t replay_clock(void *owner)
{
    return ((struct replay *)owner)->now;
}

static const struct pvg_host_ops replay_ops = {
    .size = sizeof(replay_ops),
    .set_interrupt = no_interrupt,
    .log = pass_log,
};

static bool create(struct replay *r)
{
    struct pvg_cursor from = pvg_cursor_over(r->event.bytes, r->event.size);
    g_autofree struct pvg_session *session = g_new0(struct pvg_session, 1);
    struct pvg_device_options options = {
        .size = sizeof(options),
        .ops = &replay_ops,
        .host = r,
        .displays = session->displays,
    };
    const struct pvg_device_bench bench = {
        .stepped = true, .clock = replay_clock, .owner = r, .tape = &r->tape};

    if (pvg_session_decode(&from, session) != PVG_ACCEPTED) {
        fail(r, "its device is not described in full");
        return false;
    }
    options.variant = session->variant;
    options.display_count = session->display_count;
    options.gpu = session->executes ? r->options.gpu : "none";
    r->device = pvg_device_create_for_bench(&options, &bench, r->error);
    return r->device;
}

static void finish(struct replay *r)
{
    if (r->device) {
        open_gate(r);
        pvg_device_destroy(r->device);
    }
    pvg_replay_memory_finish(&r->memory);
    pvg_trace_reader_finish(&r->reader);
    g_byte_array_unref(r->parts);
    g_array_unref(r->writes);
    g_array_unref(r->expected);
    g_array_unref(r->behind);
    g_array_unref(r->done);
    g_array_unref(r->early);
    for (unsigned i = 0; i < PVG_MAX_DISPLAYS; i++) {
        g_array_unref(r->shown[i]);
    }
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
}

static void init(struct replay *r, const struct pvg_replay_options *options,
                 struct pvg_error *error)
{
    *r = (struct replay){.tape.impl = &replay_impl, .options = *options, .error = error,
                         .driver = pthread_self()};
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    r->parts = g_byte_array_new();
    r->writes = g_array_new(FALSE, FALSE, sizeof(struct pvg_trace_event));
    r->expected = g_array_new(FALSE, FALSE, sizeof(struct pvg_trace_event));
    r->behind = g_array_new(FALSE, FALSE, sizeof(struct pvg_trace_event));
    r->done = g_array_new(FALSE, FALSE, sizeof(struct pvg_tape_completion));
    r->early = g_array_new(FALSE, FALSE, sizeof(struct pvg_tape_completion));
    for (unsigned i = 0; i < PVG_MAX_DISPLAYS; i++) {
        r->shown[i] = g_array_new(FALSE, FALSE, sizeof(struct pvg_replay_frame));
    }
    r->reader.fd = -1;
}

bool pvg_replay_fd(int fd, const struct pvg_replay_options *options,
                   struct pvg_replay_result *result, struct pvg_error *error)
{
    struct pvg_error unheard = {0};
    struct replay r;
    bool done;

    init(&r, options, error ? error : &unheard);
    done = pvg_trace_reader_init(&r.reader, fd, options->partial, r.error) &&
           pvg_replay_memory_init(&r.memory, r.error);
    if (done) {
        play(&r);
        done = !r.failed;
    }
    finish(&r);
    r.result.as_recorded = done && !r.result.divergence[0];
    *result = r.result;
    return done;
}

bool pvg_replay(const char *path, const struct pvg_replay_options *options,
                struct pvg_replay_result *result, struct pvg_error *error)
{
    int fd;

    if (options->size < sizeof(*options)) {
        pvg_error_set(error, "cannot replay: the options are incomplete (set their size member)");
        return false;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        pvg_error_set_errno(error, "cannot open the recording \"%s\"", path);
        return false;
    }
    return pvg_replay_fd(fd, options, result, error);
}
