/* SPDX-License-Identifier: MIT
 * Small files of /proc and /sys, read whole. */
#include "files.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

ssize_t file_read(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t got = -1;

    out[0] = '\0';
    if (fd < 0) {
        return -1;
    }
    while (length < size - 1 && (got = read(fd, out + length, size - 1 - length)) > 0) {
        length += got;
    }
    out[length] = '\0';
    close(fd);
    return got < 0 ? -1 : (ssize_t)length;
}

bool file_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t done = -1;

    if (fd >= 0) {
        done = write(fd, text, strlen(text));
        close(fd);
    }
    return done == (ssize_t)strlen(text);
}
