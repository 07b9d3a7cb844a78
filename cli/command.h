/* SPDX-License-Identifier: MIT */
/* A subcommand of `vmapple`: one file each, listed in main.c. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>

#include <pvg/error.h>

struct command {
    const char *name;
    const char *synopsis; /* what follows the name: "NAME [OPTION...]" */
    const char *summary;  /* one line for the overview */
    /* @argv[0] is the subcommand. False with @error for the user; what it wanted said is printed. */
    bool (*run)(int argc, char **argv, struct pvg_error *error);
};

extern const struct command command_args;
extern const struct command command_console;
extern const struct command command_create;
extern const struct command command_demo;
extern const struct command command_doctor;
extern const struct command command_import;
extern const struct command command_info;
extern const struct command command_list;
extern const struct command command_restore;
extern const struct command command_run;
extern const struct command command_save;
extern const struct command command_screenshot;
extern const struct command command_stop;

#endif
