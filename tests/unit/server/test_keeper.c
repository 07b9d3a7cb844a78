/* SPDX-License-Identifier: MIT */
/* The GPU worker dies, hangs and lies; the guest goes on. The first argument names the worker. */
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "device/device.h"
#include "guest.h"
#include "kit/object.h"
#include "kit/stream.h"
#include "kit/surface.h"
#include "remote/executor.h"
#include "remote/keeper.h"
#include "sigbus.h"
#include "spawn_worker.h"
#include "test.h"
#include "wire/blit_encode.h"

#define KILLS 100
#define SIDE  32

static const char *worker_path;
static const char *worker_gpu;

/* ---- Workers ---- */

static _Atomic pid_t worker;
static atomic_int workers_started;

static bool start_worker(void *starter, int *socket, int *process, struct pvg_error *error)
{
    if (worker) {
        waitpid(worker, NULL, 0); /* the former one: it was killed */
    }
    worker = spawn_gpu_worker(worker_path, worker_gpu, socket, process);
    workers_started++;
    return true;
}

/* ---- Fixture ---- */

struct world {
    struct client *client;
    struct guest *guest;
    struct kit_task task;
    struct kit_buffer buffer;
    struct kit_stream stream;
    struct kit_surface surface;
};

static int set_up(void **state, const char *gpu)
{
    struct world *world = g_new0(struct world, 1);
    struct kit *kit;

    worker_gpu = gpu;
    worker = 0;
    workers_started = 0;
    world->client = client_create_with_worker(start_worker);
    client_negotiate(world->client);
    world->guest = guest_create(world->client);
    kit = &world->guest->kit;
    kit_task_create(kit, &world->task, 1);
    kit_task_bind_objects(kit, &world->task);
    kit_buffer_create(kit, &world->task, &world->buffer, 4096);
    kit_stream_init(kit, &world->stream, &world->task);
    kit_display_start(kit, 0);
    assert_true(kit_display_wait_online(kit, 0));
    kit_surface_create(kit, &world->surface, SIDE, SIDE);
    assert_null(kit->failure);
    *state = world;
    return 0;
}

static int set_up_idle_worker(void **state)
{
    return set_up(state, "none");
}

static int set_up_drawing_worker(void **state)
{
    return set_up(state, NULL);
}

static int tear_down(void **state)
{
    struct world *world = *state;

    client_destroy(world->client);
    guest_destroy(world->guest);
    g_free(world);
    waitpid(worker, NULL, 0);
    return 0;
}

/* ---- What the guest does ---- */

static uint32_t submit_fill(struct world *world, uint8_t value)
{
    struct kit *kit = &world->guest->kit;
    struct pvg_wire_exec_resource resource = {.object = world->buffer.object,
                                              .validity = {.clear_host = true}};

    kit_segment_begin(&world->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_fill_buffer_encode(
        &world->stream.w,
        &(struct pvg_wire_fill_buffer){
            .buffer = world->buffer.object, .start = 0, .size = 4096, .value = value});
    kit_segment_end(&world->stream);
    return kit_submit(kit, &world->stream, &resource, 1, NULL);
}

static void finish(struct world *world, unsigned channel, uint32_t stamp)
{
    struct kit *kit = &world->guest->kit;

    kit_wait(kit, channel, stamp);
    assert_null(kit->failure);
}

static void fill(struct world *world, uint8_t value)
{
    finish(world, kit_exec_channel(&world->guest->kit), submit_fill(world, value));
}

static void present(struct world *world, uint32_t pixel)
{
    struct kit *kit = &world->guest->kit;

    kit_surface_fill(kit, &world->surface, pixel);
    finish(world, kit_display_channel(kit, 0), kit_present(kit, 0, world->surface.id, NULL));
    kit_interrupt(kit);
}

static void expect_shown(struct world *world, uint32_t pixel)
{
    struct pvg_cursor_state cursor;
    struct pvg_frame frame;

    function_display_fetch(world->client->function, 0, &frame, &cursor);
    assert_int_equal(frame.width, SIDE);
    assert_int_equal(*(const uint32_t *)frame.pixels & 0xffffff, pixel & 0xffffff);
}

/* Whether the buffer holds @value from end to end. */
static bool is_filled(struct world *world, uint8_t value)
{
    uint8_t bytes[4096], wanted[4096];

    memset(wanted, value, sizeof(wanted));
    kit_task_read(&world->guest->kit, &world->task, world->buffer.gva, bytes, sizeof(bytes));
    return memcmp(bytes, wanted, sizeof(bytes)) == 0;
}

static uint64_t statistic(struct world *world, const char *name)
{
    struct pvg_statistic all[256];
    size_t count = pvg_stats(world->client->function->device, all, G_N_ELEMENTS(all));

    for (size_t i = 0; i < MIN(count, G_N_ELEMENTS(all)); i++) {
        if (strcmp(all[i].name, name) == 0) {
            return all[i].value;
        }
    }
    fail_msg("no statistic %s", name);
    return 0;
}

static void await_workers(int count)
{
    for (int i = 0; workers_started < count; i++) {
        assert_true(i < 30000);
        g_usleep(1000);
    }
}

/* ---- Tests ---- */

static void *kill_after(void *data)
{
    g_usleep(GPOINTER_TO_UINT(data));
    kill(worker, SIGKILL);
    return NULL;
}

/* Whatever the moment: each stamp comes, each present shows. */
static void the_worker_dies_a_hundred_times_and_no_stamp_is_lost(void **state)
{
    struct world *world = *state;
    g_autoptr(GRand) random = g_rand_new_with_seed(1);

    for (int round = 0; round < KILLS; round++) {
        gpointer delay = GUINT_TO_POINTER(g_rand_int_range(random, 0, 4000));
        GThread *killer = g_thread_new("killer", kill_after, delay);
        uint32_t stamp = 0;

        for (int i = 0; i < 20; i++) {
            stamp = submit_fill(world, (uint8_t)i);
        }
        present(world, 0xff000000 + round);
        expect_shown(world, 0xff000000 + round);
        kit_wait(&world->guest->kit, kit_exec_channel(&world->guest->kit), stamp);
        assert_null(world->guest->kit.failure);
        g_thread_join(killer);
        await_workers(round + 2);
    }
}

static void what_is_drawn_after_the_workers_death_is_drawn(void **state)
{
    struct world *world = *state;

    fill(world, 0x11);
    assert_true(is_filled(world, 0x11));
    for (int round = 0; round < 3; round++) {
        kill(worker, SIGKILL);
        waitpid(worker, NULL, WNOWAIT);
        await_workers(round + 2);
        fill(world, (uint8_t)(0x20 + round));
        assert_true(is_filled(world, (uint8_t)(0x20 + round)));
    }
}

/* It was told before the death, and nobody tells the next worker but its keeper. */
static void memory_mapped_before_the_death_is_known_after_it(void **state)
{
    struct world *world = *state;
    struct kit *kit = &world->guest->kit;
    struct kit_task other;
    uint64_t gva;

    kit_task_create(kit, &other, 2);
    kit_task_bind_objects(kit, &other);
    gva = kit_task_alloc(kit, &other, 8192);
    kill(worker, SIGKILL);
    await_workers(2);
    world->task = other;
    kit_buffer_create(kit, &world->task, &world->buffer, 4096);
    kit_stream_init(kit, &world->stream, &world->task);
    fill(world, 0x77);
    assert_true(is_filled(world, 0x77));
    assert_int_not_equal(gva, 0);
}

static double seconds_of_reset(struct world *world)
{
    gint64 start = g_get_monotonic_time();

    assert_int_equal(
        client_call(world->client, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0).header.error, 0);
    return (g_get_monotonic_time() - start) / 1e6;
}

static void a_worker_that_hangs_is_replaced_when_the_machine_is_reset(void **state)
{
    struct world *world = *state;

    kill(worker, SIGSTOP);
    submit_fill(world, 0x33);
    assert_true(seconds_of_reset(world) < 4.5);
    await_workers(2);
}

/* ---- The watch. A worker that neither dies nor goes on is replaced, whatever the guest does. ---- */

#define PATIENCE_US 1000000

static void expect_replacement(struct world *world)
{
    struct kit *kit = &world->guest->kit;
    uint32_t stamp = submit_fill(world, 0x44);
    gint64 start = g_get_monotonic_time();

    finish(world, kit_exec_channel(kit), stamp); /* refused as on a GPU that was lost */
    assert_true(g_get_monotonic_time() - start > PATIENCE_US / 2);
    await_workers(2);
    fill(world, 0x45);
    assert_true(is_filled(world, 0x45));
    assert_int_equal(statistic(world, "gpu.worker-hangs"), 1);
}

static void be_impatient(struct world *world)
{
    fill(world, 0x40);
    pvg_executor_remote_set_patience(world->client->function->device->executor, PATIENCE_US);
}

static void a_worker_that_is_stopped_is_replaced(void **state)
{
    be_impatient(*state);
    kill(worker, SIGSTOP);
    expect_replacement(*state);
}

static void a_worker_that_spins_is_replaced(void **state)
{
    be_impatient(*state);
    syscall(SYS_tgkill, worker, worker, SIGUSR1); /* the thread that takes messages */
    expect_replacement(*state);
}

/* Whether @stamp stays away from a worker that was stopped right behind taking its submission. */
static bool stop_while_it_draws(struct world *world, uint32_t *stamp)
{
    struct kit *kit = &world->guest->kit;
    struct pvg_keeper *keeper = pvg_keeper_of(world->client->function->device->executor);
    uint64_t taken = atomic_load(&keeper->page->taken);
    int unheard;

    *stamp = submit_fill(world, 0x46);
    while (atomic_load(&keeper->page->taken) < taken + 2) { /* PREPARE and SUBMIT */
    }
    kill(worker, SIGSTOP);
    waitpid(worker, NULL, WUNTRACED);
    do {
        g_usleep(20000); /* for what it has said */
        assert_int_equal(ioctl(keeper->socket, FIONREAD, &unheard), 0);
    } while (unheard);
    return !kit_done(kit, kit_exec_channel(kit), *stamp);
}

/* Nobody sends it anything more: it is the watch that asks. */
static void a_worker_that_is_stopped_while_it_draws_is_replaced(void **state)
{
    struct world *world = *state;
    unsigned channel = kit_exec_channel(&world->guest->kit);
    uint32_t stamp;

    be_impatient(world);
    while (!stop_while_it_draws(world, &stamp)) {
        kill(worker, SIGCONT);
        finish(world, channel, stamp);
    }
    finish(world, channel, stamp);
    await_workers(2);
    assert_int_equal(statistic(world, "gpu.worker-hangs"), 1);
}

static void a_worker_that_is_only_idle_is_left_alone(void **state)
{
    struct world *world = *state;

    be_impatient(world);
    g_usleep(3 * PATIENCE_US);
    fill(world, 0x47);
    assert_int_equal(workers_started, 1);
    assert_int_equal(statistic(world, "gpu.worker-hangs"), 0);
}

static void a_worker_that_hangs_keeps_no_memory(void **state)
{
    struct world *world = *state;
    const struct {
        uint32_t argsz, flags;
        uint64_t address, size;
    } unmap = {24, 0, GUEST_AT, GUEST_SIZE};
    gint64 start = g_get_monotonic_time();

    kill(worker, SIGSTOP);
    assert_int_equal(
        client_call(world->client, VFIO_USER_DMA_UNMAP, &unmap, sizeof(unmap), NULL, 0)
            .header.error,
        0);
    assert_true(g_get_monotonic_time() - start < 4500000);
    await_workers(2);
}

/* Whoever touches what is gone dies of it: not the keeper. */
static void memory_that_shrinks_costs_the_worker_at_most(void **state)
{
    struct world *world = *state;

    fill(world, 1);
    sigbus_guard_install(); /* cmocka has put its own handlers there */
    assert_int_equal(ftruncate(world->guest->memory_fd, 0), 0);
    for (int i = 0; i < 20; i++) { /* doorbells: the keeper looks into the root FIFO */
        const struct {
            struct vfio_user_header header;
            uint64_t offset;
            uint32_t region, count, value;
        } ring = {{1, VFIO_USER_REGION_WRITE, 36, VFIO_USER_FLAG_NO_REPLY, 0}, 0x1008,
                  VFIO_USER_REGION_BAR0, 4, 0x1000};

        (void)!send(world->client->socket, &ring, 36, MSG_NOSIGNAL);
        g_usleep(10000);
    }
    assert_true(client_is_dropped(world->client));
    assert_int_equal(ftruncate(world->guest->memory_fd, GUEST_SIZE), 0); /* for the tear-down */
}

/* A guest's driver that stops and starts again uses the worker that is there. */
static void a_driver_that_starts_again_is_served(void **state)
{
    struct world *world = *state;
    struct kit *kit = &world->guest->kit;

    fill(world, 0x10);
    kit_stop(kit);
    assert_true(kit_start(kit));
    kit_task_create(kit, &world->task, 1);
    kit_task_bind_objects(kit, &world->task);
    kit_buffer_create(kit, &world->task, &world->buffer, 4096);
    kit_stream_init(kit, &world->stream, &world->task);
    fill(world, 0x12);
    assert_true(is_filled(world, 0x12));
    assert_int_equal(workers_started, 1);
}

/* /bin/true says nothing, and ends. */
static void without_a_worker_the_guest_has_no_gpu_and_a_display(void **state)
{
    struct client *client;

    worker_path = "/bin/true";
    client = client_create_with_worker(start_worker);
    client_negotiate(client);
    client_destroy(client);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_worker_dies_a_hundred_times_and_no_stamp_is_lost,
                                        set_up_idle_worker, tear_down),
        cmocka_unit_test_setup_teardown(what_is_drawn_after_the_workers_death_is_drawn,
                                        set_up_drawing_worker, tear_down),
        cmocka_unit_test_setup_teardown(memory_mapped_before_the_death_is_known_after_it,
                                        set_up_drawing_worker, tear_down),
        cmocka_unit_test_setup_teardown(a_worker_that_hangs_is_replaced_when_the_machine_is_reset,
                                        set_up_idle_worker, tear_down),
        cmocka_unit_test_setup_teardown(a_worker_that_is_stopped_is_replaced,
                                        set_up_drawing_worker, tear_down),
        cmocka_unit_test_setup_teardown(a_worker_that_spins_is_replaced, set_up_drawing_worker,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_worker_that_is_stopped_while_it_draws_is_replaced,
                                        set_up_drawing_worker, tear_down),
        cmocka_unit_test_setup_teardown(a_worker_that_is_only_idle_is_left_alone,
                                        set_up_drawing_worker, tear_down),
        cmocka_unit_test_setup_teardown(a_worker_that_hangs_keeps_no_memory, set_up_idle_worker,
                                        tear_down),
        cmocka_unit_test_setup_teardown(memory_that_shrinks_costs_the_worker_at_most,
                                        set_up_drawing_worker, tear_down),
        cmocka_unit_test_setup_teardown(a_driver_that_starts_again_is_served,
                                        set_up_drawing_worker, tear_down),
        cmocka_unit_test(without_a_worker_the_guest_has_no_gpu_and_a_display),
    };

    worker_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
