/* SPDX-License-Identifier: MIT */
/* The eventfds through which the client wants its interrupts. */
#include "irqs.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

static const struct vfio_user_irq_info infos[VFIO_USER_IRQ_COUNT] = {
    [VFIO_USER_IRQ_MSI] = {.flags = VFIO_USER_IRQ_EVENTFD | VFIO_USER_IRQ_NO_RESIZE, .count = 1},
    /* Never fired; without it QEMU warns that error recovery is missing. */
    [VFIO_USER_IRQ_ERR] = {.flags = VFIO_USER_IRQ_EVENTFD, .count = 1},
};

static void replace(int *slot, int fd)
{
    if (*slot >= 0) {
        close(*slot);
    }
    *slot = fd;
}

void vfio_user_irqs_init(struct vfio_user_irqs *irqs)
{
    g_mutex_init(&irqs->lock);
    for (size_t i = 0; i < VFIO_USER_IRQ_COUNT; i++) {
        irqs->eventfds[i] = -1;
    }
}

void vfio_user_irqs_finish(struct vfio_user_irqs *irqs)
{
    vfio_user_irqs_detach(irqs);
    g_mutex_clear(&irqs->lock);
}

struct vfio_user_irq_info vfio_user_irqs_info(uint32_t index)
{
    g_assert(index < VFIO_USER_IRQ_COUNT);
    return infos[index];
}

static void fire_locked(struct vfio_user_irqs *irqs, uint32_t index)
{
    static const uint64_t one = 1;

    /* A full counter loses nothing: the client has an interrupt pending as it is. */
    if (irqs->eventfds[index] >= 0 &&
        write(irqs->eventfds[index], &one, sizeof(one)) < 0 && errno != EAGAIN) {
        replace(&irqs->eventfds[index], -1);
    }
}

static bool one_bit_of(uint32_t flags, uint32_t mask)
{
    uint32_t bits = flags & mask;

    return bits && !(bits & (bits - 1));
}

static int check(const struct vfio_user_irq_set *set, size_t fd_count, size_t bool_count)
{
    const uint32_t known = VFIO_USER_SET_DATA_MASK | VFIO_USER_SET_ACTION_MASK;
    uint32_t data = set->flags & VFIO_USER_SET_DATA_MASK;

    if (set->flags & ~known || !one_bit_of(set->flags, VFIO_USER_SET_DATA_MASK) ||
        !one_bit_of(set->flags, VFIO_USER_SET_ACTION_MASK) || set->index >= VFIO_USER_IRQ_COUNT) {
        return EINVAL;
    }
    if (set->count == 0) {
        bool disables = set->flags == (VFIO_USER_SET_DATA_NONE | VFIO_USER_SET_TRIGGER);

        return disables && set->start == 0 && fd_count == 0 ? 0 : EINVAL;
    }
    if (set->start >= infos[set->index].count ||
        set->count > infos[set->index].count - set->start) {
        return EINVAL;
    }
    /* No index of ours can be masked: that is for INTx. */
    if (!(set->flags & VFIO_USER_SET_TRIGGER)) {
        return EINVAL;
    }
    if (fd_count && (data != VFIO_USER_SET_DATA_EVENTFD || fd_count != set->count)) {
        return EINVAL;
    }
    if (data == VFIO_USER_SET_DATA_BOOL && bool_count < set->count) {
        return EINVAL;
    }
    return 0;
}

int vfio_user_irqs_set(struct vfio_user_irqs *irqs, const struct vfio_user_irq_set *set, int *fds,
                       size_t fd_count, const uint8_t *bools, size_t bool_count)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&irqs->lock);
    int error = check(set, fd_count, bool_count);

    if (error) {
        return error;
    }
    if (set->count == 0) {
        replace(&irqs->eventfds[set->index], -1);
    } else if (set->flags & VFIO_USER_SET_DATA_EVENTFD) {
        replace(&irqs->eventfds[set->index], fd_count ? fds[0] : -1);
        if (fd_count) {
            fds[0] = -1;
        }
    } else if (set->flags & VFIO_USER_SET_DATA_NONE || bools[0]) {
        fire_locked(irqs, set->index);
    }
    return 0;
}

void vfio_user_irqs_fire(struct vfio_user_irqs *irqs, enum vfio_user_irq index)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&irqs->lock);

    fire_locked(irqs, index);
}

void vfio_user_irqs_detach(struct vfio_user_irqs *irqs)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&irqs->lock);

    for (size_t i = 0; i < VFIO_USER_IRQ_COUNT; i++) {
        replace(&irqs->eventfds[i], -1);
    }
}
