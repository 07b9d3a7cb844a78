/* SPDX-License-Identifier: MIT
 * What the guest can be told to do: the option "task". */
#ifndef GUEST_TASKS_H
#define GUEST_TASKS_H

/* "check": all checks, the picture, then the power key. */
void task_check(void);

/* "count": a number a line, ten a second, with the AES engine working beside it on the key it got
 * at the start; for ever. Lets a test see that a guest goes on after a snapshot or a migration. */
void task_count(void);

/* gpu.c. "gpu": uses the GPU as its own driver does, then waits for the power key. */
void task_gpu(void);

/* "wait": waits for the power key, then powers off. */
void task_wait(void);

/* "reboot": says so and reboots. */
void task_reboot(void);

#endif
