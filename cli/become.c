/* SPDX-License-Identifier: MIT */
#include "become.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"

bool become_qemu(const char *name, GStrv arguments, const char *display, struct pvg_error *error)
{
    g_autofree char *runtime = paths_runtime(name);

    if (g_mkdir_with_parents(runtime, 0700) < 0) {
        pvg_error_set_errno(error, "cannot make %s", runtime);
        return false;
    }
    if (strcmp(display, "vnc") == 0) {
        printf("VNC at the socket %s/vnc.sock\n", runtime);
    }
    fflush(stdout);
    execv(arguments[0], arguments);
    pvg_error_set_errno(error, "cannot run %s", arguments[0]);
    return false;
}
