/* SPDX-License-Identifier: MIT */
/* Where things are: machines, sockets of running ones, programs. All results are the caller's. */
#ifndef CLI_PATHS_H
#define CLI_PATHS_H

/* $VMAPPLE_HOME, or vmapple/ in the XDG data folder: one folder a machine. */
char *paths_machines(void);

/* A running machine's sockets; short enough for a socket's name. */
char *paths_runtime(const char *machine);

/* @emulator ("qemu-system-aarch64"): $VMAPPLE_QEMU/..., the one installed with us, the one of the
 * build tree we run from, or the one on the search path; NULL when there is none. */
char *paths_emulator(const char *emulator);

/* A file that comes with us: the installed one, or the one of the build tree we run from, @built seen
 * from our program's folder; NULL when there is none. */
char *paths_data(const char *file, const char *built);

#endif
