/* SPDX-License-Identifier: MIT */
/* pvg-replay: plays a recorded session without a virtual machine. */
#include <locale.h>
#include <stdio.h>

#include <glib.h>
#include <pvg/replay.h>

static const char summary[] =
    "Plays a session that was recorded with trace-file (QEMU), --trace (vmapple run, pvg-server)\n"
    "or pvg_device_options.trace_file, and prints the hash of each picture that came out.\n"
    "\n"
    "Example:\n"
    "  vmapple run mac --trace session.pvg; pvg-replay --print session.pvg | less\n"
    "\n"
    "Exit status: 0 when the session went as recorded, 1 when it cannot be played, 2 when it went\n"
    "another way.";

struct options {
    gboolean print, partial, quiet;
    char *gpu;
    char **files;
};

static void print_frame(void *user, const struct pvg_replay_frame *frame)
{
    const struct options *options = user;

    if (!options->quiet) {
        printf("display %u: %ux%u %016llx%016llx%s\n", frame->display, frame->width, frame->height,
               (unsigned long long)frame->hash[0], (unsigned long long)frame->hash[1],
               frame->as_recorded ? "" : " (recorded: another picture)");
    }
}

static void print_line(void *user, const char *text)
{
    puts(text);
}

static void print_log(void *user, enum pvg_log_level level, const char *message)
{
    fprintf(stderr, "%s\n", message);
}

static int replay(struct options *options)
{
    const struct pvg_replay_options how = {
        .size = sizeof(how),
        .gpu = options->gpu,
        .partial = options->partial,
        .user = options,
        .frame = print_frame,
        .line = options->print ? print_line : NULL,
        .log = print_log,
    };
    struct pvg_replay_result result;
    struct pvg_error error = {0};

    if (!pvg_replay(options->files[0], &how, &result, &error)) {
        fflush(stdout);
        fprintf(stderr, "pvg-replay: %s: %s\n", options->files[0], error.message);
        return 1;
    }
    printf("%llu steps, %llu register accesses, %llu packets, %llu pictures\n",
           (unsigned long long)result.steps, (unsigned long long)result.accesses,
           (unsigned long long)result.packets, (unsigned long long)result.frames);
    if (result.lost) {
        printf("%llu register accesses were not recorded\n", (unsigned long long)result.lost);
    }
    printf("packets %016llx%016llx\n", (unsigned long long)result.completions_hash[0],
           (unsigned long long)result.completions_hash[1]);
    printf(result.as_recorded ? "as recorded\n" : "not as recorded: %s\n", result.divergence);
    return result.as_recorded ? 0 : 2;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    const GOptionEntry entries[] = {
        {"gpu", 0, 0, G_OPTION_ARG_STRING, &options.gpu,
         "Vulkan device: index, UUID, part of its name, or none", "GPU"},
        {"partial", 0, 0, G_OPTION_ARG_NONE, &options.partial,
         "play what is there of a recording that breaks off", NULL},
        {"print", 0, 0, G_OPTION_ARG_NONE, &options.print,
         "say every access, packet and command in words", NULL},
        {"quiet", 0, 0, G_OPTION_ARG_NONE, &options.quiet, "say only how it went", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.files, NULL, "FILE"},
        {0},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- play a recorded session");
    g_autoptr(GError) failure = NULL;
    int status = 1;

    setlocale(LC_ALL, "");
    g_option_context_set_summary(context, summary);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &failure)) {
        fprintf(stderr, "pvg-replay: %s\n", failure->message);
    } else if (!options.files || options.files[1]) {
        fprintf(stderr, "pvg-replay: one recording, please; --help tells more\n");
    } else {
        status = replay(&options);
    }
    g_strfreev(options.files);
    g_free(options.gpu);
    return status;
}
