/* SPDX-License-Identifier: MIT */
/* pvg-server's command line. */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pvg/error.h>
#include <pvg/pvg.h>

struct options {
    char *socket_path; /* where clients connect */
    int listen_fd;     /* or a listening socket inherited as this descriptor; -1: none */
    struct pvg_mode modes[PVG_MAX_MODES];
    size_t mode_count;
    unsigned display_count;
    unsigned disconnected; /* bit n: display n is plugged in later, through the control socket */
    char *control_path;    /* NULL: none */
    char *gpu;
    char *trace_file;
    char *rom_path;
    char *qmp_path;
    char *vnc_address; /* NULL: no VNC */
    int vnc_port;      /* of the first display; 0: the first free ones */
    bool window;
    char *screenshot_folder; /* SIGUSR1 stores PNGs here; NULL: nowhere */
    bool express;
    uint32_t class_code;
};

/* Fills @options; false with @error for a wrong command line. --help and --version end the
 * process. */
bool options_parse(struct options *options, int argc, char **argv, struct pvg_error *error);
void options_finish(struct options *options);

#endif
