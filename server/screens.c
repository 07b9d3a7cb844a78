/* SPDX-License-Identifier: MIT */
/* All displays of the function, shown wherever the user wants them. */
#include "screens.h"

#include <stdatomic.h>
#include <sys/select.h>
#include <unistd.h>

#include "base/attributes.h"
#include "control.h"
#include "picture.h"
#include "qmp.h"
#include "starter.h"
#include "vnc.h"
#include "window.h"

/* A picture that nobody watches is looked at this often, so that who comes finds its size right. */
#define UNWATCHED_PERIOD_US 250000

/* A window's events come through no descriptor. */
#define WINDOW_POLL_MS 10
#define IDLE_POLL_MS   200

struct screen {
    char *name;
    struct picture picture;
    struct vnc *vnc;       /* NULL: none */
    struct window *window; /* NULL: none */
    gint64 looked_at;      /* when the picture was brought up to date */
};

struct screens {
    struct function *function;
    struct qmp *qmp;         /* NULL: none */
    struct control *control; /* NULL: none */
    struct screen screen[PVG_MAX_DISPLAYS];
    unsigned count;
    struct starter *starter;
    bool has_screenshot_folder;
};

static atomic_bool screenshots_wanted; /* set by the signal handler, taken by screens_run */

void screens_ask_for_screenshots(void)
{
    atomic_store(&screenshots_wanted, true);
}

void screens_destroy(struct screens *screens)
{
    if (!screens) {
        return;
    }
    for (unsigned i = 0; i < screens->count; i++) {
        struct screen *screen = &screens->screen[i];

        vnc_destroy(screen->vnc);
        window_destroy(screen->window);
        picture_finish(&screen->picture);
        g_free(screen->name);
    }
    control_destroy(screens->control);
    qmp_destroy(screens->qmp);
    g_free(screens);
}
PVG_DEFINE_AUTO(screens)

static bool is_watched(const struct screen *screen)
{
    return screen->window || (screen->vnc && vnc_is_watched(screen->vnc));
}

/* Comparing and copying a picture costs as much as making it: not for nobody. */
static void refresh(struct screens *screens, unsigned index, bool now_wanted)
{
    struct screen *screen = &screens->screen[index];
    gint64 now = g_get_monotonic_time();
    struct picture_change change;
    struct pvg_cursor_state cursor;
    struct pvg_frame frame;

    function_display_fetch(screens->function, index, &frame, &cursor);
    if (!now_wanted && !is_watched(screen) && now - screen->looked_at < UNWATCHED_PERIOD_US) {
        return;
    }
    screen->looked_at = now;
    change = picture_update(&screen->picture, &frame);
    if (screen->vnc) {
        vnc_show(screen->vnc, &screen->picture, &change);
        vnc_show_cursor(screen->vnc, &cursor);
    }
    if (screen->window) {
        window_show(screen->window, &screen->picture, &change);
        window_show_cursor(screen->window, &cursor);
    }
}

static bool store_screenshot(struct screens *screens, unsigned index, struct pvg_error *error)
{
    int fd = starter_open_screenshot(screens->starter, index, error);
    bool written;

    if (fd < 0) {
        return false;
    }
    written = picture_write_png(&screens->screen[index].picture, fd, error);
    close(fd);
    return written && starter_keep_screenshot(screens->starter, index, error);
}

static void store_screenshots(void *owner)
{
    struct screens *screens = owner;

    for (unsigned i = 0; screens->has_screenshot_folder && i < screens->count; i++) {
        struct pvg_error error = {0};

        refresh(screens, i, true);
        if (screens->screen[i].picture.pixels && !store_screenshot(screens, i, &error)) {
            g_printerr("pvg-server: %s\n", error.message);
        }
    }
}

static bool open_outputs(struct screens *screens, struct screen *screen, unsigned index,
                         const struct options *options, struct pvg_error *error)
{
    screen->name = g_strdup_printf("vmapple display %u", index + 1);
    if (options->vnc_address) {
        int port = options->vnc_port ? options->vnc_port + (int)index : 0;

        screen->vnc = vnc_create(options->vnc_address, port, screen->name, screens->qmp, error);
        if (!screen->vnc) {
            return false;
        }
        g_print("display %u: VNC on %s port %d\n", index + 1, options->vnc_address,
                vnc_port(screen->vnc));
    }
    if (options->window) {
        screen->window = window_create(screen->name, screens->qmp, error);
        return screen->window != NULL;
    }
    return true;
}

struct screens *screens_create(struct function *function, const struct options *options,
                               struct starter *starter, struct pvg_error *error)
{
    PVG_AUTO(screens) screens = g_new0(struct screens, 1);

    screens->function = function;
    screens->starter = starter;
    screens->has_screenshot_folder = options->screenshot_folder != NULL;
    if (screens->has_screenshot_folder &&
        !g_file_test(options->screenshot_folder, G_FILE_TEST_IS_DIR)) {
        pvg_error_set(error, "--screenshots %s: no such folder", options->screenshot_folder);
        return NULL;
    }
    screens->qmp = options->qmp_path ? qmp_create(starter) : NULL;
    for (unsigned i = 0; i < options->display_count; i++) {
        screens->count = i + 1;
        if (!open_outputs(screens, &screens->screen[i], i, options, error)) {
            return NULL;
        }
    }
    if (options->control_path) {
        const struct control_actions actions = {store_screenshots, screens};

        screens->control = control_create(options->control_path, function, &actions, error);
        if (!screens->control) {
            return NULL;
        }
    }
    return g_steal_pointer(&screens);
}

static bool any_window(const struct screens *screens)
{
    return screens->count && screens->screen[0].window;
}

/* Sleeps until there is something to do; true when it is time to end. */
static bool wait_for_work(struct screens *screens, int stop_fd)
{
    int changed_fd = pvg_display_eventfd(screens->function->device);
    int highest = MAX(stop_fd, changed_fd);
    int timeout = any_window(screens) ? WINDOW_POLL_MS : IDLE_POLL_MS;
    struct timeval patience = {.tv_usec = timeout * 1000};
    fd_set wait;

    FD_ZERO(&wait);
    FD_SET(stop_fd, &wait);
    FD_SET(changed_fd, &wait);
    for (unsigned i = 0; i < screens->count; i++) {
        if (screens->screen[i].vnc) {
            vnc_wait(screens->screen[i].vnc, &wait, &highest);
        }
    }
    if (screens->control) {
        control_wait(screens->control, &wait, &highest);
    }
    if (select(highest + 1, &wait, NULL, NULL, &patience) <= 0) {
        return false;
    }
    return FD_ISSET(stop_fd, &wait);
}

void screens_run(struct screens *screens, int stop_fd)
{
    while (!wait_for_work(screens, stop_fd)) {
        for (unsigned i = 0; i < screens->count; i++) {
            refresh(screens, i, false);
            if (screens->screen[i].vnc) {
                vnc_serve(screens->screen[i].vnc);
            }
        }
        if (screens->control) {
            control_serve(screens->control);
        }
        if (atomic_exchange(&screenshots_wanted, false)) {
            store_screenshots(screens);
        }
        if (any_window(screens) && !windows_serve()) {
            return;
        }
    }
}
