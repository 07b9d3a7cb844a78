/* SPDX-License-Identifier: MIT */
/* X11 key symbols, as VNC and SDL report them, to QEMU's key codes. */
#ifndef SERVER_KEYS_H
#define SERVER_KEYS_H

#include <stdint.h>

/* The QKeyCode name of the key that makes @keysym on a US keyboard, or NULL. A shifted symbol is
 * its key: the client sends the shift itself. */
const char *keys_qcode(uint32_t keysym);

#endif
