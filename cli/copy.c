/* SPDX-License-Identifier: MIT */
/* Copies disk images. */
#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (64u << 20)

static void show_progress(uint64_t done, uint64_t size)
{
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r%5.1f %% of %.1f GiB", size ? 100.0 * done / size : 100.0,
                size / (double)(1 << 30));
        if (done == size) {
            fputc('\n', stderr);
        }
    }
}

/* Copies [@at, @end) of @in to @out, @skip bytes lower. */
static bool copy_data(int in, int out, off_t at, off_t end, uint64_t skip, uint64_t size)
{
    while (at < end) {
        off_t to = at - skip;
        ssize_t done = copy_file_range(in, &at, out, &to, MIN((size_t)(end - at), PIECE), 0);

        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return false;
        }
        show_progress(at, size);
    }
    return true;
}

static bool copy_extents(int in, int out, uint64_t skip, uint64_t size)
{
    off_t at = skip;

    if (skip == 0 && ioctl(out, FICLONE, in) == 0) {
        return true;
    }
    if (ftruncate(out, size - skip) < 0) {
        return false;
    }
    while ((at = lseek(in, at, SEEK_DATA)) >= 0) {
        off_t hole = lseek(in, at, SEEK_HOLE);

        if (hole < 0 || !copy_data(in, out, at, hole, skip, size)) {
            return false;
        }
        at = hole;
    }
    if (errno != ENXIO) { /* which says: no data after the last hole */
        return false;
    }
    show_progress(size, size);
    return true;
}

bool copy_image(const char *from, uint64_t skip, const char *to, struct pvg_error *error)
{
    int in = open(from, O_RDONLY | O_CLOEXEC), out;
    struct stat status;
    bool copied;

    if (in < 0 || fstat(in, &status) < 0 || (uint64_t)status.st_size < skip) {
        pvg_error_set_errno(error, "cannot read %s", from);
        if (in >= 0) {
            close(in);
        }
        return false;
    }
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    copied = out >= 0 && copy_extents(in, out, skip, status.st_size) && fsync(out) == 0;
    if (!copied) {
        pvg_error_set_errno(error, "cannot copy %s to %s", from, to);
    }
    close(in);
    if (out >= 0) {
        close(out);
        if (!copied) {
            unlink(to);
        }
    }
    return copied;
}
