/* SPDX-License-Identifier: MIT */
/* /init of the machine in which QEMU runs with KVM: starts what the file /arguments says, word by
 * word, and ends the machine with it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    static char line[4096], *words[128];
    unsigned count = 0;
    FILE *file;

    mount("dev", "/dev", "devtmpfs", 0, NULL);
    mount("proc", "/proc", "proc", 0, NULL);
    puts(access("/dev/kvm", R_OK | W_OK) ? "no KVM" : "KVM");
    fflush(stdout);
    file = fopen("/arguments", "r");
    if (file && fgets(line, sizeof(line), file)) {
        for (char *word = strtok(line, " \n"); word && count < 127; word = strtok(NULL, " \n")) {
            words[count++] = word;
        }
    }
    if (count && fork() == 0) {
        execv(words[0], words);
        perror(words[0]);
        _exit(1);
    }
    wait(NULL);
    sync();
    reboot(RB_POWER_OFF);
    return 1;
}
