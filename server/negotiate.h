/* SPDX-License-Identifier: MIT */
/* The VERSION exchange. Spec: 90-vfio-user 5. */
#ifndef SERVER_NEGOTIATE_H
#define SERVER_NEGOTIATE_H

#include <stddef.h>
#include <stdint.h>

/* Checks the client's proposal and writes our answer's payload, NUL included, to @reply, which has
 * room for @reply_room bytes; *@reply_size tells how many. 0 or a positive errno. */
int vfio_user_negotiate(const uint8_t *proposal, size_t proposal_size, uint8_t *reply,
                        size_t reply_room, size_t *reply_size);

#endif
