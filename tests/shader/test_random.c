/* SPDX-License-Identifier: MIT */
/* Random programs compute on Vulkan what they compute on the CPU.
 *
 * Usage: test-shader-random [PROGRAMS [FIRST_SEED]]
 *        test-shader-random FILE.ll      one kernel of one program, as SHOW=1 prints it
 * A program that differs is named by its seed; "test-shader-random 1 SEED" shows it alone, and with
 * SHOW=1 in the environment prints its IR, for llvm-reduce to make smaller. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "comparison.h"
#include "generate.h"
#include "tap.h"

#define THREADS    64u
#define PER_KERNEL 5u /* programs that share a pipeline: it is the slow part */

static void fill_inputs(uint32_t *words)
{
    static const uint32_t edges[] = {0, 1, 2, 0x7fffffff, 0x80000000, UINT32_MAX, 0xffff, 0x8000};
    g_autoptr(GRand) random = g_rand_new_with_seed(7);

    for (unsigned i = 0; i < GENERATED_INPUT_WORDS; i++) {
        words[i] = i % 3 == 0 ? edges[i / 3 % G_N_ELEMENTS(edges)] : g_rand_int(random);
    }
}

/* Runs @count programs on one side; @out has their results. */
static bool run(struct runner *device, GBytes *bitcode, unsigned count, uint32_t *out,
                struct pvg_error *error)
{
    uint32_t in[GENERATED_INPUT_WORDS];
    struct runner_dispatch dispatch = {.groups = {1, 1, 1}, .local = {THREADS, 1, 1}};

    dispatch.buffers[0] = (struct runner_buffer){.bytes = in, .size = sizeof(in)};
    dispatch.buffers[1] =
        (struct runner_buffer){.bytes = out, .size = 4 * (size_t)THREADS * count};
    fill_inputs(in);
    memset(out, 0xee, dispatch.buffers[1].size);
    return device ? comparison_on_device(device, bitcode, "k", &dispatch, error)
                  : comparison_on_oracle(bitcode, "k", &dispatch, 1, error);
}

/* How many of the @count programs of a kernel differ, or could not be compared. */
static unsigned compare(struct runner *device, GString *text, uint32_t seed, unsigned count)
{
    g_autofree uint32_t *ours = g_new(uint32_t, THREADS * count);
    g_autofree uint32_t *theirs = g_new(uint32_t, THREADS * count);
    struct pvg_error error = {0};
    GBytes *bitcode = comparison_assemble(text->str, &error);
    unsigned faults = 0;

    if (g_getenv("SHOW")) {
        puts(text->str);
    }
    if (!bitcode || !run(NULL, bitcode, count, theirs, &error) ||
        !run(device, bitcode, count, ours, &error)) {
        printf("# seeds %u to %u: %s\n", seed, seed + count - 1, error.message);
        faults = count;
    }
    for (unsigned i = 0; !faults && i < count; i++) {
        for (unsigned t = 0; t < THREADS; t++) {
            if (ours[t * count + i] != theirs[t * count + i]) {
                printf("# seed %u, thread %u: 0x%08x, not 0x%08x\n", seed + i, t,
                       ours[t * count + i], theirs[t * count + i]);
                faults++;
                break;
            }
        }
    }
    if (bitcode) {
        g_bytes_unref(bitcode);
    }
    return faults;
}

static int compare_file(struct runner *device, const char *path)
{
    g_autofree char *bytes = NULL;
    gsize size;
    GString *text;
    unsigned faults;

    if (!g_file_get_contents(path, &bytes, &size, NULL)) {
        fprintf(stderr, "cannot read %s\n", path);
        return 2;
    }
    text = g_string_new(bytes);
    faults = compare(device, text, 0, 1);
    g_string_free(text, TRUE);
    return faults != 0;
}

int main(int argc, char **argv)
{
    unsigned programs = argc > 1 ? strtoul(argv[1], NULL, 0) : 2000, faults = 0;
    uint32_t seed = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
    struct pvg_error error = {0};
    struct runner *device = runner_create(NULL, &error);

    setvbuf(stdout, NULL, _IOLBF, 0); /* what was found is seen when the run is cut short */
    if (!device) {
        return tap_skip_all(error.message);
    }
    if (argc > 1 && g_str_has_suffix(argv[1], ".ll")) {
        int status = compare_file(device, argv[1]);

        runner_destroy(device);
        return status;
    }
    puts("1..1");
    for (unsigned done = 0; done < programs;) {
        unsigned count = MIN(PER_KERNEL, programs - done);

        GString *text = generate_kernel(seed + done, count);

        faults += compare(device, text, seed + done, count);
        g_string_free(text, TRUE);
        done += count;
    }
    printf("%s 1 %u random programs compute on %s what they compute on the CPU\n",
           faults ? "not ok" : "ok", programs, runner_device_name(device));
    runner_destroy(device);
    return faults != 0;
}
