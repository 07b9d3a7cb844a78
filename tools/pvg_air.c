/* SPDX-License-Identifier: MIT */
/* pvg-air: looks at shaders, compiles them, runs them. */
#include "pvg_air.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"list", "the functions of shader files, with stages and arguments", command_list},
    {"compile", "functions to SPIR-V, or the reasons why not", command_compile},
    {"run", "a kernel, with buffers from the command line", command_run},
    {"disassemble", "what is in a function, as LLVM IR", command_disassemble},
};

static void usage(FILE *to)
{
    fputs("Usage: pvg-air COMMAND [OPTION...] FILE...\n\n"
          "Reads .metallib, .air, .bc and .ll (opaque pointers).\n\nCommands:\n",
          to);
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        fprintf(to, "  %-12s %s\n", commands[i].name, commands[i].summary);
    }
    fputs("\n\"pvg-air COMMAND --help\" explains a command. pvg-metallib makes libraries.\n", to);
}

bool command_parse(const char *command, const char *parameters, const char *summary,
                   const GOptionEntry *entries, int *argc, char ***argv)
{
    g_autoptr(GOptionContext) context = g_option_context_new(parameters);
    g_autofree char *name = g_strdup_printf("pvg-air %s", command);
    g_autoptr(GError) failure = NULL;

    g_set_prgname(name);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(context, summary);
    if (!g_option_context_parse(context, argc, argv, &failure)) {
        fprintf(stderr, "pvg-air %s: %s\n", command, failure->message);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    if (argc >= 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
        usage(stdout);
        return 0;
    }
    for (size_t i = 0; argc >= 2 && i < G_N_ELEMENTS(commands); i++) {
        if (!strcmp(argv[1], commands[i].name)) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    if (argc >= 2) {
        fprintf(stderr, "pvg-air: there is no command \"%s\"\n", argv[1]);
    }
    usage(stderr);
    return STATUS_UNUSABLE;
}
