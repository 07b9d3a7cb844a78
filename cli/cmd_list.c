/* SPDX-License-Identifier: MIT */
/* vmapple list and info: what machines there are. */
#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdio.h>

#include "base/attributes.h"
#include "machine.h"
#include "options.h"
#include "paths.h"

PVG_DEFINE_AUTO(machine)

static const char *state_name(const struct machine *machine)
{
    g_autofree char *state = machine_state_path(machine);

    if (machine_is_running(machine)) {
        return "running";
    }
    return g_file_test(state, G_FILE_TEST_EXISTS) ? "saved" : "off";
}

static void put(JsonBuilder *builder, const char *name, const char *value)
{
    if (value) {
        json_builder_set_member_name(builder, name);
        json_builder_add_string_value(builder, value);
    }
}

static void put_number(JsonBuilder *builder, const char *name, gint64 value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, value);
}

static void describe(JsonBuilder *builder, const struct machine *machine)
{
    g_autofree char *ecid = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", machine->ecid);

    json_builder_begin_object(builder);
    put(builder, "name", machine->name);
    put(builder, "state", state_name(machine));
    put(builder, "folder", machine->folder);
    put(builder, "architecture", machine_architecture_name(machine->architecture));
    put_number(builder, "memory_mib", machine->memory);
    put_number(builder, "cpus", machine->cpus);
    put(builder, "ecid", machine->architecture == MACHINE_ARM64 ? ecid : NULL);
    put(builder, "firmware", machine->firmware);
    put(builder, "kernel", machine->kernel);
    put(builder, "root_disk", machine->root_disk);
    put(builder, "aux_disk", machine->aux_disk);
    put_number(builder, "displays", machine->displays);
    put(builder, "modes", machine->modes);
    put(builder, "gpu", machine->gpu);
    put(builder, "mac", machine->network ? machine->mac : NULL);
    put(builder, "shared_folder", machine->shared_folder);
    json_builder_end_object(builder);
}

static void print_json(JsonBuilder *builder)
{
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *text = json_to_string(root, TRUE);

    printf("%s\n", text);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(*(char *const *)a, *(char *const *)b);
}

/* The names of folders that could be machines, in order. */
static GPtrArray *machine_names(void)
{
    g_autofree char *machines = paths_machines();
    g_autoptr(GDir) folder = g_dir_open(machines, 0, NULL);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *file = g_build_filename(machines, name, "machine.conf", NULL);

        if (name[0] != '.' && g_file_test(file, G_FILE_TEST_EXISTS)) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

static void list_for_people(GPtrArray *names)
{
    for (guint i = 0; i < names->len; i++) {
        struct pvg_error wrong = {0};
        PVG_AUTO(machine) machine = machine_load(names->pdata[i], &wrong);

        if (machine) {
            printf("%-20s %-8s %-7s %3u CPUs %6.1f GiB\n", machine->name, state_name(machine),
                   machine_architecture_name(machine->architecture), machine->cpus,
                   machine->memory / 1024.0);
        } else {
            printf("%-20s broken   %s\n", (char *)names->pdata[i], wrong.message);
        }
    }
}

static bool list(int argc, char **argv, struct pvg_error *error)
{
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL},
        {NULL},
    };
    g_autoptr(GPtrArray) names = NULL;
    g_autoptr(JsonBuilder) builder = json_builder_new();

    if (!options_parse(&command_list, entries, &argc, argv, 0, error)) {
        return false;
    }
    names = machine_names();
    if (!json) {
        list_for_people(names);
        return true;
    }
    json_builder_begin_array(builder);
    for (guint i = 0; i < names->len; i++) {
        PVG_AUTO(machine) machine = machine_load(names->pdata[i], NULL);

        if (machine) {
            describe(builder, machine);
        }
    }
    json_builder_end_array(builder);
    print_json(builder);
    return true;
}

static void print_for_people(JsonBuilder *builder)
{
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    JsonObject *object = json_node_get_object(root);
    g_autoptr(GList) members = json_object_get_members(object);

    for (GList *member = members; member; member = member->next) {
        JsonNode *value = json_object_get_member(object, member->data);

        if (json_node_get_value_type(value) == G_TYPE_STRING) {
            printf("%-14s %s\n", (char *)member->data, json_node_get_string(value));
        } else {
            printf("%-14s %" G_GINT64_FORMAT "\n", (char *)member->data, json_node_get_int(value));
        }
    }
}

static bool info(int argc, char **argv, struct pvg_error *error)
{
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL},
        {NULL},
    };
    g_autoptr(JsonBuilder) builder = json_builder_new();
    PVG_AUTO(machine) machine = NULL;

    if (!options_parse(&command_info, entries, &argc, argv, 1, error) ||
        !(machine = machine_load(argv[1], error))) {
        return false;
    }
    describe(builder, machine);
    if (json) {
        print_json(builder);
    } else {
        print_for_people(builder);
    }
    return true;
}

const struct command command_list = {
    .name = "list",
    .synopsis = "[--json]",
    .summary = "list the machines",
    .run = list,
};

const struct command command_info = {
    .name = "info",
    .synopsis = "NAME [--json]",
    .summary = "tell all about a machine",
    .run = info,
};
