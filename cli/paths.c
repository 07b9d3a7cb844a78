/* SPDX-License-Identifier: MIT */
/* Where things are. */
#include "paths.h"

#include <glib.h>
#include <unistd.h>

#include "base/installed.h"

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
    g_autofree char *ours = g_build_filename("bin", emulator, NULL);
    char *found;

    if (named) {
        return if_program(g_build_filename(named, emulator, NULL));
    }
    found = pvg_installed_program(ours);
    if (!found) { /* build/release/cli/vmapple beside build/qemu */
        found = if_program(g_build_filename(folder, "../../qemu", emulator, NULL));
    }
    return found ? found : g_find_program_in_path(emulator);
}

char *paths_data(const char *file, const char *built)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = self ? g_path_get_dirname(self) : g_strdup(".");
    g_autofree char *beside = g_build_filename(folder, built, NULL);
    char *installed = pvg_installed_data(file);

    if (installed) {
        return installed;
    }
    return g_file_test(beside, G_FILE_TEST_EXISTS) ? g_steal_pointer(&beside) : NULL;
}
