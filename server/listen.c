/* SPDX-License-Identifier: MIT */
/* Makes a listening Unix socket. */
#include "listen.h"

#include <glib.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int listen_at(const char *path, const char *option, struct pvg_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat status;
    mode_t mask;
    int fd;

    if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path)) {
        pvg_error_set(error, "%s %s: a socket's path has at most 107 bytes", option, path);
        return -1;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && stat(path, &status) == 0 && S_ISSOCK(status.st_mode)) {
        int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool lives = connect(probe, (const struct sockaddr *)&address, sizeof(address)) == 0;

        close(probe);
        if (lives) {
            pvg_error_set(error, "%s %s: another server listens there", option, path);
            close(fd);
            return -1;
        }
        unlink(path); /* left behind by a server that was killed */
    }
    mask = umask(0077);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, 1) < 0) {
        pvg_error_set_errno(error, "cannot listen on %s", path);
        close(fd);
        fd = -1;
    }
    umask(mask);
    return fd;
}
