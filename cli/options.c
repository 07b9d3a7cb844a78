/* SPDX-License-Identifier: MIT */
/* The command line of a subcommand. */
#include "options.h"

bool options_parse(const struct command *command, const GOptionEntry *entries, int *argc,
                   char **argv, int positional, struct pvg_error *error)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autofree char *program = g_strdup_printf("vmapple %s %s", command->name, command->synopsis);
    g_autoptr(GError) wrong = NULL;

    g_set_prgname(program);
    g_option_context_set_summary(context, command->summary);
    if (entries) {
        g_option_context_add_main_entries(context, entries, NULL);
    }
    if (!g_option_context_parse(context, argc, &argv, &wrong)) {
        pvg_error_set(error, "%s; --help lists the options", wrong->message);
        return false;
    }
    if (*argc - 1 < positional) {
        pvg_error_set(error, "something is missing; it is used as: vmapple %s %s", command->name,
                      command->synopsis);
        return false;
    }
    if (*argc - 1 > positional) {
        pvg_error_set(error, "\"%s\" is one word too many; it is used as: vmapple %s %s",
                      argv[positional + 1], command->name, command->synopsis);
        return false;
    }
    return true;
}
