/* SPDX-License-Identifier: MIT
 * The guest's only program: process 1 of a stock kernel on the machine. It mounts what it reads,
 * loads the modules and does the tasks that the kernel command line lists behind "--". */
#include "modules.h"
#include "options.h"
#include "tasks.h"

#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

static const struct {
    const char *name;
    void (*run)(void);
} tasks[] = {
    { "check", task_check },
    { "count", task_count },
    { "demo", task_demo },
    { "gpu", task_gpu },
    { "gpu-bench", task_gpu_bench },
    { "hold", task_hold },
    { "reboot", task_reboot },
};

static void mount_all(void)
{
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sys", "/sys", "sysfs", 0, NULL);
}

static void run(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof(tasks) / sizeof(*tasks); i++) {
        if (strlen(tasks[i].name) == length && !memcmp(tasks[i].name, name, length)) {
            tasks[i].run();
            return;
        }
    }
    printf("there is no task \"%.*s\"\n", (int)length, name);
}

int main(int argc, char **argv)
{
    const char *list;

    puts("init"); /* the host measures the time to this line */
    fflush(stdout);
    options_init(argv);
    mount_all();
    modules_load();
    list = option_text("task");
    while (list && *list) {
        size_t length = strcspn(list, ",");

        run(list, length);
        list += length + (list[length] == ',');
    }
    task_wait();
    return 0;
}
