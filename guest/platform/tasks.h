/* SPDX-License-Identifier: MIT
 * What the guest can be told to do: the option "task" lists what, in order; "wait" comes behind
 * it. */
#ifndef GUEST_TASKS_H
#define GUEST_TASKS_H

/* "check": all checks, with the picture. */
void task_check(void);

/* "count": a number a line, ten a second, with the AES engine working beside it on the key it got
 * at the start; for ever. Lets a test see that a guest goes on after a snapshot or a migration. */
void task_count(void);

/* task_demo.c. "demo": draws a 3D scene through the GPU, as many pictures as the option "frames"
 * says; without it, for ever, beside what comes behind it. */
void task_demo(void);

/* task_gpu.c. "gpu": uses the GPU as its own driver does; with the option "follow" it goes on to draw
 * anew whenever a display changes, for ever, beside what comes behind it. */
void task_gpu(void);

/* task_gpu_bench.c. "gpu-bench": measures registers, doorbells and presents, a line each. */
void task_gpu_bench(void);

/* "wait": waits for the power key, then powers off. */
void task_wait(void);

/* "hold": says so, and goes on when the host presses return, or half a minute later; in between it
 * can look at the display. */
void task_hold(void);

/* "reboot": says so and reboots. */
void task_reboot(void);

#endif
