/* SPDX-License-Identifier: MIT */
/* Where things are. */
#include "paths.h"

#include <glib.h>
#include <unistd.h>

char *paths_machines(void)
{
    const char *home = g_getenv("VMAPPLE_HOME");

    return home ? g_strdup(home) : g_build_filename(g_get_user_data_dir(), "vmapple", NULL);
}

char *paths_runtime(const char *machine)
{
    return g_build_filename(g_get_user_runtime_dir(), "vmapple", machine, NULL);
}

static char *if_program(char *path)
{
    if (g_file_test(path, G_FILE_TEST_IS_EXECUTABLE)) {
        return path;
    }
    g_free(path);
    return NULL;
}

char *paths_emulator(const char *emulator)
{
    const char *named = g_getenv("VMAPPLE_QEMU");
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = self ? g_path_get_dirname(self) : g_strdup(".");
    char *found;

    if (named) {
        return if_program(g_build_filename(named, emulator, NULL));
    }
    found = if_program(g_build_filename(VMAPPLE_LIBEXEC, emulator, NULL));
    if (!found) { /* build/release/cli/vmapple beside build/qemu */
        found = if_program(g_build_filename(folder, "../../qemu", emulator, NULL));
    }
    return found ? found : g_find_program_in_path(emulator);
}

char *paths_data(const char *file, const char *built)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = self ? g_path_get_dirname(self) : g_strdup(".");
    g_autofree char *installed = g_build_filename(VMAPPLE_DATA, file, NULL);
    g_autofree char *beside = g_build_filename(folder, built, NULL);

    if (g_file_test(installed, G_FILE_TEST_EXISTS)) {
        return g_steal_pointer(&installed);
    }
    return g_file_test(beside, G_FILE_TEST_EXISTS) ? g_steal_pointer(&beside) : NULL;
}
