/* SPDX-License-Identifier: MIT */
/* The device's state as a stream, for clients that migrate. Spec: 90-vfio-user 17.
 *
 * A stream is: magic, version, size of the configuration image, the image, libpvg's state. It comes
 * from elsewhere and is not trusted. Protocol thread. */
#ifndef SERVER_MIGRATION_H
#define SERVER_MIGRATION_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "function.h"
#include "protocol.h"

struct vfio_user_migration {
    struct function *function;
    enum vfio_user_mig_state state;
    GByteArray *stream; /* saved (STOP_COPY) or received (RESUMING) bytes; NULL otherwise */
    size_t at;          /* STOP_COPY: how much of it was read */
};

void vfio_user_migration_init(struct vfio_user_migration *migration, struct function *function);
void vfio_user_migration_finish(struct vfio_user_migration *migration);

/* Reset brings the machine back to RUNNING, from ERROR too. */
void vfio_user_migration_reset(struct vfio_user_migration *migration);

/* 0 or a positive errno: EINVAL for a transition that does not exist; what fails on the way leaves
 * the state ERROR. */
int vfio_user_migration_set_state(struct vfio_user_migration *migration,
                                  enum vfio_user_mig_state wanted);

/* The next at most @size bytes of the saved state; @got is 0 at the end. EINVAL unless STOP_COPY. */
int vfio_user_migration_read(struct vfio_user_migration *migration, void *bytes, size_t size,
                             size_t *got);

/* Appends to the state to resume from. EINVAL unless RESUMING, ENOSPC when it grows absurd. */
int vfio_user_migration_write(struct vfio_user_migration *migration, const void *bytes,
                              size_t size);

#endif
