/* SPDX-License-Identifier: MIT */
/* A machine: a folder with a file that says what it is, and its disks. */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <pvg/pvg.h>

#include "base/attributes.h"
#include "paths.h"

#define FILE_NAME "machine.conf"
#define LOCK_NAME "lock"
#define STATE_NAME "state"

#define DEFAULT_MODES "1920x1080@60,1280x800@60,2560x1440@60"

void machine_destroy(struct machine *machine)
{
    if (!machine) {
        return;
    }
    g_free(machine->name);
    g_free(machine->folder);
    g_free(machine->firmware);
    g_free(machine->variables);
    g_free(machine->boot_disk);
    g_free(machine->kernel);
    g_free(machine->initrd);
    g_free(machine->append);
    g_free(machine->root_disk);
    g_free(machine->aux_disk);
    g_free(machine->modes);
    g_free(machine->accelerator);
    g_free(machine->gpu);
    g_free(machine->mac);
    g_free(machine->shared_folder);
    g_free(machine);
}
PVG_DEFINE_AUTO(machine)

bool machine_check_name(const char *name, struct pvg_error *error)
{
    const char *allowed = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.";

    if (!name[0] || name[0] == '.' || name[0] == '-' || name[strspn(name, allowed)] ||
        strlen(name) > 32) {
        pvg_error_set(error, "\"%s\" cannot be a machine's name; use up to 32 letters, digits, "
                             "'-', '_' and '.'",
                      name);
        return false;
    }
    return true;
}

const char *machine_architecture_name(enum machine_architecture architecture)
{
    return architecture == MACHINE_ARM64 ? "arm64" : "x86_64";
}

bool machine_architecture_parse(const char *text, enum machine_architecture *out,
                                struct pvg_error *error)
{
    if (strcmp(text, "arm64") == 0 || strcmp(text, "aarch64") == 0) {
        *out = MACHINE_ARM64;
    } else if (strcmp(text, "x86_64") == 0 || strcmp(text, "amd64") == 0) {
        *out = MACHINE_X86_64;
    } else {
        pvg_error_set(error, "architecture \"%s\" is not known; arm64 and x86_64 are", text);
        return false;
    }
    return true;
}

bool machine_accelerator_check(const char *text, struct pvg_error *error)
{
    if (strcmp(text, "kvm") != 0 && strcmp(text, "tcg") != 0) {
        pvg_error_set(error, "accel \"%s\": write kvm or tcg, or leave it out", text);
        return false;
    }
    return true;
}

bool machine_memory_parse(const char *text, uint64_t *mebibytes, struct pvg_error *error)
{
    char *end;
    guint64 number = g_ascii_strtoull(text, &end, 10);
    unsigned shift = *end == 'G' || *end == 'g' ? 10 : 0;

    if (*end == 'G' || *end == 'g' || *end == 'M' || *end == 'm') {
        end++;
    }
    if (end == text || *end || number == 0 || number > (UINT64_C(1) << 20)) {
        pvg_error_set(error, "memory \"%s\" is no size; write 4G or 4096M", text);
        return false;
    }
    *mebibytes = number << shift;
    return true;
}

/* ---- The file ---- */

static const char *const known_keys[][2] = {
    {"machine", "architecture"}, {"machine", "memory"},  {"machine", "cpus"},
    {"machine", "accel"},        {"machine", "ecid"},    {"boot", "firmware"},
    {"boot", "variables"},       {"boot", "disk"},       {"boot", "kernel"},
    {"boot", "initrd"},          {"boot", "append"},     {"disks", "root"},
    {"disks", "aux"},            {"display", "displays"}, {"display", "modes"},
    {"display", "gpu"},          {"network", "enabled"}, {"network", "mac"},
    {"sharing", "folder"},
};

static bool is_known(const char *group, const char *key)
{
    for (size_t i = 0; i < G_N_ELEMENTS(known_keys); i++) {
        if (strcmp(known_keys[i][0], group) == 0 && strcmp(known_keys[i][1], key) == 0) {
            return true;
        }
    }
    return false;
}

/* A misspelt key would be ignored in silence otherwise. */
static bool check_keys(GKeyFile *file, const char *path, struct pvg_error *error)
{
    g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);

    for (char **group = groups; *group; group++) {
        g_auto(GStrv) keys = g_key_file_get_keys(file, *group, NULL, NULL);

        for (char **key = keys; *key; key++) {
            if (!is_known(*group, *key)) {
                pvg_error_set(error, "%s: \"%s\" in [%s] is not known; take it out", path, *key,
                              *group);
                return false;
            }
        }
    }
    return true;
}

static char *get_string(GKeyFile *file, const char *group, const char *key)
{
    return g_key_file_get_string(file, group, key, NULL);
}

static char *get_path(GKeyFile *file, const char *folder, const char *group, const char *key)
{
    g_autofree char *text = get_string(file, group, key);

    if (!text || !text[0]) {
        return NULL;
    }
    return g_canonicalize_filename(text, folder);
}

static bool get_number(GKeyFile *file, const char *group, const char *key, guint64 low,
                       guint64 high, guint64 *out, struct pvg_error *error)
{
    g_autofree char *text = get_string(file, group, key);
    char *end;

    if (!text) {
        return true; /* the default stays */
    }
    errno = 0;
    *out = g_ascii_strtoull(text, &end, 0);
    if (end == text || *end || errno || *out < low || *out > high) {
        pvg_error_set(error, "[%s] %s=%s: a number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                             " is wanted",
                      group, key, text, low, high);
        return false;
    }
    return true;
}

static bool read_machine_section(struct machine *machine, GKeyFile *file, struct pvg_error *error)
{
    g_autofree char *architecture = get_string(file, "machine", "architecture");
    g_autofree char *memory = get_string(file, "machine", "memory");
    guint64 cpus = 2, ecid = 0;

    machine->memory = 4096;
    machine->accelerator = get_string(file, "machine", "accel");
    if (!architecture) {
        pvg_error_set(error, "[machine] architecture= is missing; write arm64 or x86_64");
        return false;
    }
    if (!machine_architecture_parse(architecture, &machine->architecture, error) ||
        (memory && !machine_memory_parse(memory, &machine->memory, error)) ||
        (machine->accelerator && !machine_accelerator_check(machine->accelerator, error)) ||
        !get_number(file, "machine", "cpus", 1, 32, &cpus, error) ||
        !get_number(file, "machine", "ecid", 0, UINT64_MAX, &ecid, error)) {
        return false;
    }
    machine->cpus = cpus;
    machine->ecid = ecid;
    return true;
}

static bool read_display_section(struct machine *machine, GKeyFile *file, struct pvg_error *error)
{
    struct pvg_mode modes[PVG_MAX_MODES];
    guint64 displays = 1;

    machine->modes = get_string(file, "display", "modes");
    if (!machine->modes) {
        machine->modes = g_strdup(DEFAULT_MODES);
    }
    machine->gpu = get_string(file, "display", "gpu");
    if (!get_number(file, "display", "displays", 1, PVG_MAX_DISPLAYS, &displays, error)) {
        return false;
    }
    machine->displays = displays;
    return pvg_modes_parse(machine->modes, modes, PVG_MAX_MODES, error) > 0;
}

static bool read_file(struct machine *machine, GKeyFile *file, struct pvg_error *error)
{
    const char *folder = machine->folder;
    g_autoptr(GError) absent = NULL;

    machine->firmware = get_path(file, folder, "boot", "firmware");
    machine->variables = get_path(file, folder, "boot", "variables");
    machine->boot_disk = get_path(file, folder, "boot", "disk");
    machine->kernel = get_path(file, folder, "boot", "kernel");
    machine->initrd = get_path(file, folder, "boot", "initrd");
    machine->append = get_string(file, "boot", "append");
    machine->root_disk = get_path(file, folder, "disks", "root");
    machine->aux_disk = get_path(file, folder, "disks", "aux");
    machine->mac = get_string(file, "network", "mac");
    machine->shared_folder = get_path(file, folder, "sharing", "folder");
    machine->network = g_key_file_get_boolean(file, "network", "enabled", &absent) || absent;
    return read_machine_section(machine, file, error) && read_display_section(machine, file, error);
}

struct machine *machine_load(const char *name, struct pvg_error *error)
{
    PVG_AUTO(machine) machine = NULL;
    g_autofree char *machines = paths_machines();
    g_autofree char *path = NULL;
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) wrong = NULL;

    if (!machine_check_name(name, error)) {
        return NULL;
    }
    machine = g_new0(struct machine, 1);
    machine->name = g_strdup(name);
    machine->folder = g_build_filename(machines, name, NULL);
    path = g_build_filename(machine->folder, FILE_NAME, NULL);
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &wrong)) {
        if (g_error_matches(wrong, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
            pvg_error_set(error, "there is no machine \"%s\" in %s; \"vmapple create %s\" makes one",
                          name, machines, name);
        } else {
            pvg_error_set(error, "%s: %s", path, wrong->message);
        }
        return NULL;
    }
    if (!check_keys(file, path, error) || !read_file(machine, file, error)) {
        return NULL;
    }
    return g_steal_pointer(&machine);
}

/* Paths inside the folder are written relative to it, so that it can be moved. */
static void put_path(GKeyFile *file, const struct machine *machine, const char *group,
                     const char *key, const char *path)
{
    g_autofree char *prefix = g_strconcat(machine->folder, "/", NULL);

    if (path) {
        g_key_file_set_string(file, group, key,
                              g_str_has_prefix(path, prefix) ? path + strlen(prefix) : path);
    }
}

static void put_string(GKeyFile *file, const char *group, const char *key, const char *value)
{
    if (value) {
        g_key_file_set_string(file, group, key, value);
    }
}

bool machine_store(const struct machine *machine, struct pvg_error *error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *path = g_build_filename(machine->folder, FILE_NAME, NULL);
    g_autofree char *memory = g_strdup_printf("%" G_GUINT64_FORMAT "M", machine->memory);
    g_autofree char *ecid = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", machine->ecid);
    g_autoptr(GError) wrong = NULL;

    put_string(file, "machine", "architecture", machine_architecture_name(machine->architecture));
    put_string(file, "machine", "memory", memory);
    g_key_file_set_integer(file, "machine", "cpus", machine->cpus);
    put_string(file, "machine", "accel", machine->accelerator);
    if (machine->architecture == MACHINE_ARM64) {
        put_string(file, "machine", "ecid", ecid);
    }
    put_path(file, machine, "boot", "firmware", machine->firmware);
    put_path(file, machine, "boot", "variables", machine->variables);
    put_path(file, machine, "boot", "disk", machine->boot_disk);
    put_path(file, machine, "boot", "kernel", machine->kernel);
    put_path(file, machine, "boot", "initrd", machine->initrd);
    put_string(file, "boot", "append", machine->append);
    put_path(file, machine, "disks", "root", machine->root_disk);
    put_path(file, machine, "disks", "aux", machine->aux_disk);
    g_key_file_set_integer(file, "display", "displays", machine->displays);
    put_string(file, "display", "modes", machine->modes ? machine->modes : DEFAULT_MODES);
    put_string(file, "display", "gpu", machine->gpu);
    g_key_file_set_boolean(file, "network", "enabled", machine->network);
    put_string(file, "network", "mac", machine->mac);
    put_path(file, machine, "sharing", "folder", machine->shared_folder);
    if (!g_key_file_save_to_file(file, path, &wrong)) {
        pvg_error_set(error, "%s", wrong->message);
        return false;
    }
    return true;
}

/* ---- Running or not ---- */

static int open_lock(const struct machine *machine)
{
    g_autofree char *path = g_build_filename(machine->folder, LOCK_NAME, NULL);

    return open(path, O_RDWR | O_CREAT, 0644); /* inherited by QEMU on purpose */
}

bool machine_lock(const struct machine *machine, struct pvg_error *error)
{
    int fd = open_lock(machine);

    if (fd < 0) {
        pvg_error_set_errno(error, "cannot write in %s", machine->folder);
        return false;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        pvg_error_set(error, "machine \"%s\" is running; \"vmapple stop %s\" ends it",
                      machine->name, machine->name);
        close(fd);
        return false;
    }
    return true;
}

bool machine_is_running(const struct machine *machine)
{
    int fd = open_lock(machine);
    bool running = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;

    if (fd >= 0) {
        close(fd);
    }
    return running;
}

char *machine_state_path(const struct machine *machine)
{
    return g_build_filename(machine->folder, STATE_NAME, NULL);
}
