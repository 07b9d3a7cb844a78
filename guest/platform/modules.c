/* SPDX-License-Identifier: MIT
 * Kernel modules of the initramfs. */
#include "modules.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void load(const char *name)
{
    char path[300];
    int file;

    snprintf(path, sizeof(path), "/modules/%s", name);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || syscall(SYS_finit_module, file, "", 0)) {
        perror(path);
    }
    if (file >= 0) {
        close(file);
    }
}

void modules_load(void)
{
    struct dirent **entries;
    int count = scandir("/modules", &entries, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.') {
            load(entries[i]->d_name);
        }
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
}
