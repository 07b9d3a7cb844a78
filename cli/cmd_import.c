/* SPDX-License-Identifier: MIT */
/* vmapple import: a macOS machine that Apple's Virtualization framework made. Spec: 80-platform 14,
 * 81-booting-macos 12. */
#include <glib.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "copy.h"
#include "folder.h"
#include "identity.h"
#include "machine.h"
#include "options.h"

/* The framework's auxiliary storage: a header of its own, then what the machine sees. */
#define AUX_HEADER (16u << 10)
#define AUX_SIZE   (32u << 20)

/* What the tools that use the framework call their files. */
static const struct layout {
    const char *tool;
    const char *disk, *aux;
    const char *identity_file; /* a property list of its own; or */
    const char *json_file;     /* a JSON object, */
    const char *json_member;   /* in which this holds the list in base64 */
} layouts[] = {
    {"macosvm", "disk.img", "aux.img", NULL, "vm.json", "machineId"},
    {"Apple's sample code", "Disk.img", "AuxiliaryStorage", "MachineIdentifier", NULL, NULL},
    {"tart", "disk.img", "nvram.bin", NULL, "config.json", "ecid"},
};

struct bundle {
    const struct layout *layout;
    char *disk, *aux, *identity; /* paths */
};

static void forget_bundle(struct bundle *bundle)
{
    g_free(bundle->disk);
    g_free(bundle->aux);
    g_free(bundle->identity);
}

static bool has(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static const char *identity_name(const struct layout *layout)
{
    return layout->identity_file ? layout->identity_file : layout->json_file;
}

/* The layout whose identity is there; what else is missing of it is said by name. */
static bool find_bundle(const char *folder, struct bundle *bundle, struct pvg_error *error)
{
    if (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
        pvg_error_set(error, "%s is no folder; a bundle is the folder with disk and identity of a "
                             "macOS machine",
                      folder);
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(layouts); i++) {
        const struct layout *layout = &layouts[i];

        if (!has(folder, identity_name(layout))) {
            continue;
        }
        if (!has(folder, layout->disk) || !has(folder, layout->aux)) {
            pvg_error_set(error, "%s looks like a bundle of %s, but %s is missing", folder,
                          layout->tool, has(folder, layout->disk) ? layout->aux : layout->disk);
            return false;
        }
        bundle->layout = layout;
        bundle->disk = g_build_filename(folder, layout->disk, NULL);
        bundle->aux = g_build_filename(folder, layout->aux, NULL);
        bundle->identity = g_build_filename(folder, identity_name(layout), NULL);
        return true;
    }
    pvg_error_set(error, "%s holds no machine identifier: neither vm.json (macosvm), "
                         "MachineIdentifier (Apple's sample code) nor config.json (tart)",
                  folder);
    return false;
}

static bool read_identity(const struct bundle *bundle, uint64_t *ecid, struct pvg_error *error)
{
    g_autoptr(JsonNode) root = NULL;
    g_autoptr(GError) unread = NULL;
    g_autofree char *bytes = NULL;
    JsonNode *member = NULL;
    gsize size;

    if (!g_file_get_contents(bundle->identity, &bytes, &size, &unread)) {
        pvg_error_set(error, "%s", unread->message);
        return false;
    }
    if (bundle->layout->identity_file) {
        return identity_parse(bytes, size, ecid, error);
    }
    root = json_from_string(bytes, NULL);
    if (root && JSON_NODE_HOLDS_OBJECT(root)) {
        member = json_object_get_member(json_node_get_object(root), bundle->layout->json_member);
    }
    if (!member || json_node_get_value_type(member) != G_TYPE_STRING) {
        pvg_error_set(error, "%s has no text \"%s\" with the machine identifier", bundle->identity,
                      bundle->layout->json_member);
        return false;
    }
    return identity_parse_base64(json_node_get_string(member), ecid, error);
}

/* How much of the auxiliary storage is the framework's header. */
static bool check_aux(const struct bundle *bundle, uint64_t *header, struct pvg_error *error)
{
    GStatBuf status;

    if (g_stat(bundle->aux, &status) < 0) {
        pvg_error_set_errno(error, "cannot read %s", bundle->aux);
        return false;
    }
    if (status.st_size == AUX_HEADER + AUX_SIZE) {
        *header = AUX_HEADER;
    } else if (status.st_size == AUX_SIZE) {
        *header = 0;
    } else {
        pvg_error_set(error, "%s has %" G_GINT64_FORMAT " bytes; auxiliary storage has %u, or %u "
                             "without its header",
                      bundle->aux, (gint64)status.st_size, AUX_HEADER + AUX_SIZE, AUX_SIZE);
        return false;
    }
    return true;
}

static bool check_disk(const struct bundle *bundle, struct pvg_error *error)
{
    g_autofree char *sector = g_malloc0(520);
    FILE *file = fopen(bundle->disk, "rb");
    bool read_it = file && fread(sector, 1, 520, file) == 520;

    if (file) {
        fclose(file);
    }
    if (!read_it) {
        pvg_error_set_errno(error, "cannot read %s", bundle->disk);
        return false;
    }
    if (memcmp(sector + 512, "EFI PART", 8) != 0) {
        pvg_error_set(error, "%s has no partition table: is it the disk of a machine that was "
                             "installed?",
                      bundle->disk);
        return false;
    }
    return true;
}

static bool fill(struct machine *machine, const struct bundle *bundle, const char *firmware,
                 struct pvg_error *error)
{
    uint64_t header;

    machine->architecture = MACHINE_ARM64;
    machine->memory = 8192;
    machine->cpus = 4;
    machine->displays = 1;
    machine->network = true;
    machine->firmware = g_canonicalize_filename(firmware, NULL);
    if (!g_file_test(machine->firmware, G_FILE_TEST_IS_REGULAR)) {
        pvg_error_set(error, "--firmware %s is not there; it is AVPBooter.vmapple2.bin, from a Mac's "
                             "Virtualization framework",
                      firmware);
        return false;
    }
    if (!read_identity(bundle, &machine->ecid, error) || !check_aux(bundle, &header, error) ||
        !check_disk(bundle, error)) {
        return false;
    }
    machine->aux_disk = g_build_filename(machine->folder, "aux.img", NULL);
    machine->root_disk = g_build_filename(machine->folder, "disk.img", NULL);
    return copy_image(bundle->aux, header, machine->aux_disk, error) &&
           copy_image(bundle->disk, 0, machine->root_disk, error) && machine_store(machine, error);
}

static bool import(const char *folder, const char *wanted_name, const char *firmware,
                   struct pvg_error *error)
{
    g_autofree char *base = g_path_get_basename(folder);
    struct bundle bundle = {0};
    struct machine *machine = NULL;
    bool made = false;
    char *dot = strrchr(base, '.');

    if (dot) {
        *dot = '\0';
    }
    if (!firmware) {
        pvg_error_set(error, "--firmware FILE is missing; it is AVPBooter.vmapple2.bin, from a Mac's "
                             "Virtualization framework");
        return false;
    }
    if (find_bundle(folder, &bundle, error) &&
        (machine = folder_begin(wanted_name ? wanted_name : base, error))) {
        made = fill(machine, &bundle, firmware, error) && folder_commit(machine, error);
        if (made) {
            printf("made %s from a bundle of %s, ECID 0x%" G_GINT64_MODIFIER "x; \"vmapple run %s\" "
                   "starts it\n",
                   machine->folder, bundle.layout->tool, machine->ecid, machine->name);
        } else {
            folder_abandon(machine);
        }
    }
    machine_destroy(machine);
    forget_bundle(&bundle);
    return made;
}

static bool run(int argc, char **argv, struct pvg_error *error)
{
    g_autofree char *name = NULL, *firmware = NULL;
    const GOptionEntry entries[] = {
        {"name", 0, 0, G_OPTION_ARG_STRING, &name, "Name of the machine (the bundle's)", "NAME"},
        {"firmware", 0, 0, G_OPTION_ARG_FILENAME, &firmware, "Apple's AVPBooter.vmapple2.bin",
         "FILE"},
        {NULL},
    };

    return options_parse(&command_import, entries, &argc, argv, 1, error) &&
           import(argv[1], name, firmware, error);
}

const struct command command_import = {
    .name = "import",
    .synopsis = "BUNDLE --firmware FILE [--name NAME]",
    .summary = "make a machine from a macOS machine of Apple's Virtualization framework",
    .run = run,
};
