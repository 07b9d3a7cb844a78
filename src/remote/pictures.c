/* SPDX-License-Identifier: MIT */
/* Presents of what the worker draws. */
#include "remote/pictures.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "remote/asked.h"
#include "remote/line.h"

#define TAKE_LIMIT_US 500000 /* to look whether it holds a surface; a display is waiting */

static void picture_finish(struct pvg_keeper_picture *picture)
{
    if (picture->pixels) {
        munmap(picture->pixels, picture->size);
        close(picture->fd);
    }
    *picture = (struct pvg_keeper_picture){0};
}

/* Sealed, so that the worker cannot take the bytes away while they are copied. */
static bool picture_init(struct pvg_keeper_picture *picture, size_t size)
{
    int fd = memfd_create("pvg-picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    void *pixels = MAP_FAILED;

    if (fd >= 0 && ftruncate(fd, (off_t)size) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
        pixels = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    }
    if (pixels == MAP_FAILED) {
        close(fd);
        return false;
    }
    *picture = (struct pvg_keeper_picture){.fd = fd, .pixels = pixels, .size = size};
    return true;
}

/* One that is not in use: of that size if there is one, else made anew. NULL: no memory. */
static struct pvg_keeper_picture *take_picture_locked(struct pvg_keeper *keeper, size_t size)
{
    struct pvg_keeper_picture *found = NULL;

    for (unsigned i = 0; i < PVG_MAX_DISPLAYS; i++) {
        struct pvg_keeper_picture *picture = &keeper->pictures[i];

        if (!picture->busy && (!found || picture->size == size)) {
            found = picture;
        }
    }
    if (!found) {
        return NULL;
    }
    if (found->size != size) {
        picture_finish(found);
        if (!picture_init(found, size)) {
            return NULL;
        }
    }
    found->busy = true;
    return found;
}

static void send_present_locked(struct pvg_keeper *keeper, uint64_t id,
                                const struct pvg_present *present,
                                struct pvg_keeper_picture *picture)
{
    bool known = picture->known;
    PVG_MESSAGE(payload);

    pvg_save_u32(&payload, present->surface.id);
    pvg_save_u32(&payload, present->surface.space.task);
    pvg_save_u32(&payload, present->width);
    pvg_save_u32(&payload, present->height);
    pvg_save_u32(&payload, present->stride);
    pvg_save_u32(&payload, (uint32_t)(picture - keeper->pictures));
    pvg_save_u64(&payload, picture->size);
    picture->known = true;
    pvg_keeper_send_locked(keeper, PVG_LINK_PRESENT, id, &payload, known ? -1 : picture->fd);
}

/* Asks for @present; 0 when there is nobody to ask. */
static uint64_t ask_present_locked(struct pvg_keeper *keeper, struct pvg_present *present,
                                   struct pvg_keeper_picture **out)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&keeper->lock);
    struct pvg_keeper_picture *picture;
    struct pvg_asked *asked;

    if (!atomic_load(&keeper->up) || !keeper->last_turn) {
        return 0; /* there is, or was, nothing drawn */
    }
    picture = take_picture_locked(keeper, (size_t)present->stride * present->height);
    if (!picture) {
        return 0;
    }
    asked = pvg_asked_add_locked(keeper, &present->work);
    asked->present = present;
    asked->picture = *out = picture;
    keeper->present_id = asked->id;
    keeper->present_answered = keeper->present_taken = false;
    return asked->id;
}

/* The worker is through with a picture that nobody waits for. */
static void end_present_locked(struct pvg_keeper *keeper, struct pvg_asked *asked)
{
    asked->picture->busy = false;
    g_hash_table_remove(keeper->asked, &asked->id);
    g_free(asked);
}

static bool await_taken(struct pvg_keeper *keeper, uint64_t id)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&keeper->lock);
    int64_t end = g_get_monotonic_time() + TAKE_LIMIT_US;
    struct pvg_asked *asked;

    while (!keeper->present_answered && g_cond_wait_until(&keeper->changed, &keeper->lock, end)) {
    }
    keeper->present_id = 0;
    if (keeper->present_taken) {
        return true;
    }
    asked = g_hash_table_lookup(keeper->asked, &id);
    if (keeper->present_answered) {
        end_present_locked(keeper, asked);
    } else { /* it may still draw there */
        asked->work = NULL;
        asked->present = NULL;
    }
    return false;
}

bool pvg_pictures_present(struct pvg_executor *executor, struct pvg_present *present)
{
    struct pvg_keeper *keeper = pvg_keeper_of(executor);
    struct pvg_keeper_picture *picture;
    uint64_t id;

    g_mutex_lock(&keeper->send_lock);
    id = ask_present_locked(keeper, present, &picture);
    if (id) {
        send_present_locked(keeper, id, present, picture);
    }
    g_mutex_unlock(&keeper->send_lock);
    if (!id) {
        return false;
    }
    return await_taken(keeper, id);
}

void pvg_pictures_hear_taken_locked(struct pvg_keeper *keeper, uint64_t id, bool taken)
{
    struct pvg_asked *asked;

    if (id && id == keeper->present_id && !keeper->present_answered) {
        keeper->present_answered = true;
        keeper->present_taken = taken;
        g_cond_broadcast(&keeper->changed);
        return;
    }
    asked = g_hash_table_lookup(keeper->asked, &id);
    if (asked && asked->picture && !asked->present && !taken) {
        end_present_locked(keeper, asked);
    }
}

void pvg_pictures_take(struct pvg_keeper *keeper, struct pvg_asked *asked,
                       const struct pvg_link_done *done)
{
    struct pvg_present *present = asked->present;

    if (present && done->why == PVG_ACCEPTED) {
        memcpy(present->pixels, asked->picture->pixels, (size_t)present->stride * present->height);
        present->format =
            done->answer[0] == PVG_PIXELS_BGR10X2 ? PVG_PIXELS_BGR10X2 : PVG_PIXELS_BGRX8888;
    }
    g_mutex_lock(&keeper->lock);
    asked->picture->busy = false;
    g_mutex_unlock(&keeper->lock);
}

void pvg_pictures_forget_worker_locked(struct pvg_keeper *keeper)
{
    pvg_pictures_hear_taken_locked(keeper, keeper->present_id, false);
    for (unsigned i = 0; i < PVG_MAX_DISPLAYS; i++) {
        keeper->pictures[i].known = keeper->pictures[i].busy = false;
    }
}

void pvg_pictures_finish(struct pvg_keeper *keeper)
{
    for (unsigned i = 0; i < PVG_MAX_DISPLAYS; i++) {
        picture_finish(&keeper->pictures[i]);
    }
}
