/* SPDX-License-Identifier: MIT */
/* vmapple: makes, runs and looks after macOS (and Linux) machines. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

static const struct command *const commands[] = {
    &command_demo,
    &command_create, &command_import,     &command_run,  &command_list,    &command_info,
    &command_args,   &command_screenshot, &command_stop, &command_save,    &command_restore,
    &command_console, &command_doctor,
};

static void print_overview(FILE *out)
{
    fprintf(out, "Usage: vmapple COMMAND [ARGUMENT...]\n\n");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        fprintf(out, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
    }
    fprintf(out, "\n\"vmapple COMMAND --help\" tells more.\n");
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct pvg_error error = {0};
    const struct command *command;

    setlocale(LC_ALL, "");
    if (argc < 2) {
        print_overview(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_overview(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("vmapple %s\n", VMAPPLE_VERSION);
        return 0;
    }
    command = find_command(argv[1]);
    if (!command) {
        fprintf(stderr, "vmapple: \"%s\" is no command; \"vmapple help\" lists them\n", argv[1]);
        return 2;
    }
    if (!command->run(argc - 1, argv + 1, &error)) {
        fprintf(stderr, "vmapple %s: %s\n", command->name, error.message);
        return 1;
    }
    return 0;
}
