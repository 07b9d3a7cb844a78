/* SPDX-License-Identifier: MIT */
/* A device on a fake host. */
#include "bench.h"

#include <glib.h>
#include <string.h>
#include <sys/mman.h>

#include "test.h"

static void set_interrupt(void *host, enum pvg_interrupt line, bool level)
{
    struct bench *bench = host;

    bench->edges[line] += level && !bench->level[line];
    bench->level[line] = level;
}

static void display_changed(void *host, unsigned display)
{
    struct bench *bench = host;

    bench->changes[display]++;
}

static void log_line(void *host, enum pvg_log_level level, const char *message)
{
    struct bench *bench = host;

    bench->lines++;
    g_strlcpy(bench->last_line, message, sizeof(bench->last_line));
}

static int64_t bench_clock(void *owner)
{
    return ((struct bench *)owner)->now;
}

static const struct pvg_host_ops ops = {
    .size = sizeof(ops),
    .set_interrupt = set_interrupt,
    .display_changed = display_changed,
    .log = log_line,
};

/* ---- The executor ---- */

static struct bench *bench_of(struct pvg_executor *executor)
{
    return executor->setup.log->host; /* the host of everything is the bench */
}

static void executor_destroy(struct pvg_executor *executor)
{
    g_free(executor);
}

static void keep_or_complete(struct bench *bench, struct pvg_work *work)
{
    if (bench->hold && work) {
        g_ptr_array_add(bench->held, work);
    } else {
        pvg_work_complete(work, PVG_ACCEPTED);
    }
}

static void executor_prepare(struct pvg_executor *executor, struct pvg_submission *submission)
{
    bench_of(executor)->prepared++;
    for (uint32_t i = 0; i < submission->resources.count; i++) {
        enum pvg_refusal why;

        pvg_submission_resolve(submission, executor->setup.memory,
                               pvg_wire_exec_resource_at(submission->resources, i).object, &why);
    }
    submission->prepared = g_malloc(1); /* so that a leak shows */
}

static void executor_unprepare(struct pvg_executor *executor, struct pvg_submission *submission)
{
    g_clear_pointer(&submission->prepared, g_free);
}

static void executor_submit(struct pvg_executor *executor, struct pvg_submission *submission)
{
    bench_of(executor)->submissions++;
    bench_of(executor)->last_submission = submission;
    keep_or_complete(bench_of(executor), &submission->work);
}

static void executor_forget(struct pvg_executor *executor, const struct pvg_forget *what,
                            struct pvg_work *work)
{
    bench_of(executor)->forgets++;
    keep_or_complete(bench_of(executor), work);
}

static void executor_synchronize(struct pvg_executor *executor, struct pvg_space space,
                                 struct pvg_wire_u32_array objects, bool discard,
                                 struct pvg_work *work)
{
    keep_or_complete(bench_of(executor), work);
}

static bool executor_present(struct pvg_executor *executor, struct pvg_present *present)
{
    if (!bench_of(executor)->draws) {
        return false;
    }
    memset(present->pixels, 0x77, (size_t)present->stride * present->height);
    keep_or_complete(bench_of(executor), &present->work);
    return true;
}

static void executor_quiesce(struct pvg_executor *executor)
{
    while (bench_of(executor)->held->len) {
        bench_release(bench_of(executor), 0);
    }
}

static const struct pvg_executor_impl executor_impl = {
    .name = "bench",
    .destroy = executor_destroy,
    .prepare = executor_prepare,
    .unprepare = executor_unprepare,
    .submit = executor_submit,
    .forget = executor_forget,
    .synchronize = executor_synchronize,
    .present = executor_present,
    .quiesce = executor_quiesce,
};

static struct pvg_executor *executor_create(const struct pvg_executor_setup *setup)
{
    struct pvg_executor *executor = g_new0(struct pvg_executor, 1);

    pvg_executor_init(executor, &executor_impl, setup);
    return executor;
}

void bench_release(struct bench *bench, unsigned index)
{
    pvg_work_complete(g_ptr_array_remove_index(bench->held, index), PVG_ACCEPTED);
}

/* ---- Where the kit runs. Guest memory from 64 MiB on is its own. ---- */

#define KIT_ROWS_AT  0x4000000ull
#define KIT_PAGES_AT 0x8000000ull
#define KIT_PATIENCE 20000

static bool kit_pause(void *at)
{
    struct bench *bench = at;

    bench_pass(bench, 1000);
    return bench->patience-- > 0;
}

static void init_kit(struct bench *bench, enum pvg_variant variant, const struct pvg_ram_span *ram)
{
    const struct kit_pool_memory memory = {
        .gpa = KIT_ROWS_AT,
        .page_shift = bench->page_shift,
        .row_pages = (unsigned)((KIT_PAGES_AT - KIT_ROWS_AT) >> bench->page_shift),
        .single_pages = 0x4000, /* 64 MiB, or 256 */
        .stride = 4099,
    };

    plain_init(&bench->plain, bench->device, ram, &memory, kit_pause, bench);
    bench->patience = KIT_PATIENCE;
    kit_init(&bench->kit, variant == PVG_VARIANT_PCI ? KIT_X86 : KIT_ARM64, &plain_platform,
             &bench->plain);
}

static const struct pvg_mode modes[] = {{1920, 1080, 60000}, {1280, 1024, 60000}};

static struct bench *create(enum pvg_variant variant, unsigned displays, const char *trace)
{
    struct bench *bench = g_new0(struct bench, 1);
    struct pvg_display_options display_options[PVG_MAX_DISPLAYS];
    struct pvg_error error = {0};
    struct pvg_device_options options = {
        .size = sizeof(options),
        .variant = variant,
        .ops = &ops,
        .host = bench,
        .displays = display_options,
        .display_count = displays,
        .gpu = "none",
        .trace_file = trace,
    };
    struct pvg_device_bench by_hand = {
        .stepped = true,
        .clock = bench_clock,
        .owner = bench,
        .executor = trace ? NULL : executor_create, /* a player has none of ours */
    };
    struct pvg_ram_span span = {.size = BENCH_RAM_SIZE, .fd = -1};

    for (unsigned i = 0; i < displays; i++) {
        display_options[i] = (struct pvg_display_options){
            .name = "vmapple disp",
            .modes = modes,
            .mode_count = G_N_ELEMENTS(modes),
            .width_mm = 480,
            .height_mm = 270,
            .serial = i + 1,
        };
    }
    bench->held = g_ptr_array_new();
    bench->now = 1000000;
    bench->ram = mmap(NULL, BENCH_RAM_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(bench->ram != MAP_FAILED);
    bench->ram_gpa = variant == PVG_VARIANT_PCI ? 0 : 0x70000000;
    bench->page_shift = plain_page_shift(variant);
    bench->device = pvg_device_create_for_bench(&options, &by_hand, &error);
    assert_string_equal(error.message, "");
    assert_non_null(bench->device);
    span.gpa = bench->ram_gpa;
    span.host = bench->ram;
    assert_true(pvg_ram_add(bench->device, &span, &error));
    pvg_device_start(bench->device);
    init_kit(bench, variant, &span);
    return bench;
}

struct bench *bench_create(enum pvg_variant variant, unsigned displays)
{
    return create(variant, displays, NULL);
}

struct bench *bench_create_recorded(enum pvg_variant variant, unsigned displays, const char *path)
{
    return create(variant, displays, path);
}

void bench_destroy(struct bench *bench)
{
    pvg_device_destroy(bench->device);
    g_ptr_array_unref(bench->held);
    munmap(bench->ram, BENCH_RAM_SIZE);
    plain_finish(&bench->plain);
    g_free(bench);
}

int bench_setup_pci(void **state)
{
    *state = bench_create(PVG_VARIANT_PCI, 2);
    return 0;
}

int bench_setup_mmio(void **state)
{
    *state = bench_create(PVG_VARIANT_MMIO, 2);
    return 0;
}

int bench_teardown(void **state)
{
    bench_destroy(*state);
    return 0;
}

void bench_run(struct bench *bench)
{
    do {
        pvg_engine_step(&bench->device->engine);
    } while (atomic_load(&bench->device->engine.work) && bench->device->started);
}

void bench_pass(struct bench *bench, int64_t microseconds)
{
    bench->now += microseconds;
    bench_run(bench);
}

uint8_t *bench_at(struct bench *bench, uint64_t gpa)
{
    return plain_at(&bench->plain, gpa);
}

uint32_t bench_load(struct bench *bench, uint64_t gpa)
{
    uint32_t value;

    memcpy(&value, bench_at(bench, gpa), sizeof(value));
    return GUINT32_FROM_LE(value);
}

void bench_store(struct bench *bench, uint64_t gpa, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    memcpy(bench_at(bench, gpa), &value, sizeof(value));
}

uint32_t bench_read(struct bench *bench, uint64_t offset)
{
    return (uint32_t)pvg_mmio_read(bench->device, PVG_WINDOW_GFX, offset, 4);
}

void bench_write(struct bench *bench, uint64_t offset, uint32_t value)
{
    pvg_mmio_write(bench->device, PVG_WINDOW_GFX, offset, value, 4);
}

void bench_expect_no_failure(struct bench *bench)
{
    assert_string_equal(bench->kit.failure ? bench->kit.failure : "", "");
}

void bench_bring_up(struct bench *bench)
{
    kit_start(&bench->kit);
    kit_display_start(&bench->kit, 0);
    kit_display_wait_online(&bench->kit, 0);
    bench_expect_no_failure(bench);
}

uint64_t bench_stat(struct bench *bench, const char *name)
{
    struct pvg_statistic all[512];
    size_t count = pvg_stats(bench->device, all, G_N_ELEMENTS(all));

    for (size_t i = 0; i < MIN(count, G_N_ELEMENTS(all)); i++) {
        if (strcmp(all[i].name, name) == 0) {
            return all[i].value;
        }
    }
    fail_msg("no statistic is called %s", name);
    return 0;
}

struct pvg_frame bench_fetch(struct bench *bench, unsigned display)
{
    struct pvg_cursor_state cursor;
    struct pvg_frame frame;

    pvg_display_fetch(bench->device, display, &frame, &cursor);
    return frame;
}

struct pvg_cursor_state bench_cursor(struct bench *bench, unsigned display)
{
    struct pvg_cursor_state cursor;
    struct pvg_frame frame;

    pvg_display_fetch(bench->device, display, &frame, &cursor);
    return cursor;
}

uint32_t bench_pixel(const struct pvg_frame *frame, uint32_t x, uint32_t y)
{
    uint32_t value;

    assert_true(x < frame->width && y < frame->height);
    memcpy(&value, (const uint8_t *)frame->pixels + (size_t)frame->stride * y + 4 * (size_t)x, 4);
    return GUINT32_FROM_LE(value) & 0xffffff;
}
