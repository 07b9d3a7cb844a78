/* SPDX-License-Identifier: MIT */
/* The eventfds through which the client wants its interrupts. Spec: 90-vfio-user 10.
 *
 * The apple-gfx function has one MSI vector and the error interrupt, which never fires; it has no
 * INTx pin. Configured by the protocol thread, fired from any thread. */
#ifndef SERVER_IRQS_H
#define SERVER_IRQS_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

struct vfio_user_irqs {
    GMutex lock;
    int eventfds[VFIO_USER_IRQ_COUNT]; /* under lock; vector 0 of each index; -1: detached */
};

struct vfio_user_irq_info {
    uint32_t flags;
    uint32_t count;
};

/* The fixed part of SET_IRQS. */
struct vfio_user_irq_set {
    uint32_t flags;
    uint32_t index;
    uint32_t start;
    uint32_t count;
};

void vfio_user_irqs_init(struct vfio_user_irqs *irqs);
void vfio_user_irqs_finish(struct vfio_user_irqs *irqs);

/* What GET_IRQ_INFO answers; @index is below VFIO_USER_IRQ_COUNT. */
struct vfio_user_irq_info vfio_user_irqs_info(uint32_t index);

/* Carries out SET_IRQS. @fds: those that came with it, each replaced by -1 when kept; @bools: the
 * data of DATA_BOOL. 0 or a positive errno. */
int vfio_user_irqs_set(struct vfio_user_irqs *irqs, const struct vfio_user_irq_set *set, int *fds,
                       size_t fd_count, const uint8_t *bools, size_t bool_count);

/* Sends vector 0 of @index; nothing happens while it is detached. */
void vfio_user_irqs_fire(struct vfio_user_irqs *irqs, enum vfio_user_irq index);

/* Detaches all, as when a client leaves. */
void vfio_user_irqs_detach(struct vfio_user_irqs *irqs);

#endif
