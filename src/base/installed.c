/* SPDX-License-Identifier: MIT */
/* Where the programs and data that are installed with us lie. */
#include "base/installed.h"

#include <glib.h>
#include <string.h>
#include <unistd.h>

/* The folder that this program lies in, or NULL. */
static char *own_folder(void)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);

    return self ? g_path_get_dirname(self) : NULL;
}

/* @name in @folder, or NULL: it is not there. */
static char *if_there(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);

    return access(path, R_OK) == 0 ? g_canonicalize_filename(path, NULL) : NULL;
}

/* The prefix that this program is installed below, or NULL: it is not installed. */
static char *own_prefix(void)
{
    g_autofree char *folder = own_folder();

    if (folder && g_str_has_suffix(folder, "/" PVG_LIBEXEC "/bin")) { /* our QEMU */
        folder[strlen(folder) - strlen("/" PVG_LIBEXEC "/bin")] = '\0';
    } else if (folder && g_str_has_suffix(folder, "/bin")) {
        folder[strlen(folder) - strlen("/bin")] = '\0';
    } else {
        return NULL;
    }
    return g_strconcat(folder, "/", NULL);
}

static char *find_installed(const char *folder, const char *name)
{
    g_autofree char *own = own_prefix();
    const char *const prefixes[] = {own, PVG_PREFIX, "/usr"};

    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        g_autofree char *place = prefixes[i] ? g_build_filename(prefixes[i], folder, NULL) : NULL;
        char *path = place ? if_there(place, name) : NULL;

        if (path) {
            return path;
        }
    }
    return NULL;
}

char *pvg_installed_program(const char *name)
{
    return find_installed(PVG_LIBEXEC, name);
}

char *pvg_installed_data(const char *name)
{
    return find_installed(PVG_DATA, name);
}

char *pvg_built_file(const char *name)
{
    /* Seen from tools, from tests/fuzz, from tests/unit/gpu, and from QEMU's build folder */
    static const char *const from[] = {"..", "../..", "../../..", "../release"};
    g_autofree char *home = own_folder();

    for (size_t i = 0; home && i < G_N_ELEMENTS(from); i++) {
        g_autofree char *build = g_build_filename(home, from[i], NULL);
        char *path = if_there(build, name);

        if (path) {
            return path;
        }
    }
    return NULL;
}
