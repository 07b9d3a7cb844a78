/* SPDX-License-Identifier: MIT */
/* Making a machine's folder. */
#include "folder.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/attributes.h"
#include "paths.h"

PVG_DEFINE_AUTO(machine)

struct machine *folder_begin(const char *name, struct pvg_error *error)
{
    PVG_AUTO(machine) machine = NULL;
    g_autofree char *machines = paths_machines();
    g_autofree char *final = g_build_filename(machines, name, NULL);

    if (!machine_check_name(name, error)) {
        return NULL;
    }
    if (g_file_test(final, G_FILE_TEST_EXISTS)) {
        pvg_error_set(error, "%s is there already; take another name or remove it", final);
        return NULL;
    }
    machine = g_new0(struct machine, 1);
    machine->name = g_strdup(name);
    machine->folder = g_strdup_printf("%s/.%s.new-XXXXXX", machines, name);
    if (g_mkdir_with_parents(machines, 0755) < 0 || !g_mkdtemp_full(machine->folder, 0755)) {
        pvg_error_set_errno(error, "cannot make a folder in %s", machines);
        return NULL;
    }
    return g_steal_pointer(&machine);
}

/* machine.conf names what lies in the folder relative to it, so it survives the renaming. */
bool folder_commit(struct machine *machine, struct pvg_error *error)
{
    g_autofree char *machines = paths_machines();
    g_autofree char *final = g_build_filename(machines, machine->name, NULL);

    if (g_rename(machine->folder, final) < 0) {
        pvg_error_set_errno(error, "cannot name the machine %s", final);
        return false;
    }
    g_free(machine->folder);
    machine->folder = g_steal_pointer(&final);
    return true;
}

void folder_abandon(struct machine *machine)
{
    g_autoptr(GDir) folder = g_dir_open(machine->folder, 0, NULL);
    const char *name;

    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *path = g_build_filename(machine->folder, name, NULL);

        g_unlink(path);
    }
    g_rmdir(machine->folder);
}
