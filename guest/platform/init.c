/* SPDX-License-Identifier: MIT
 * The guest's only program: process 1 of a stock kernel on the machine. It mounts what it reads,
 * loads the modules and does the task that the kernel command line names behind "--". */
#include "modules.h"
#include "options.h"
#include "tasks.h"

#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>

static const struct {
    const char *name;
    void (*run)(void);
} tasks[] = {
    { "check", task_check },
    { "count", task_count },
    { "gpu", task_gpu },
    { "reboot", task_reboot },
    { "wait", task_wait },
};

static void mount_all(void)
{
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sys", "/sys", "sysfs", 0, NULL);
}

int main(int argc, char **argv)
{
    const char *task;

    puts("init"); /* the host measures the time to this line */
    fflush(stdout);
    options_init(argv);
    mount_all();
    modules_load();
    task = option_text("task");
    for (size_t i = 0; task && i < sizeof(tasks) / sizeof(*tasks); i++) {
        if (!strcmp(task, tasks[i].name)) {
            tasks[i].run();
        }
    }
    printf("nothing more to do for task \"%s\"\n", task ? task : "(none)");
    fflush(stdout);
    reboot(RB_POWER_OFF);
    return 0;
}
