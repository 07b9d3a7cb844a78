/* SPDX-License-Identifier: MIT */
/* vmapple doctor: what of this computer is fit to run machines, what is not, and the remedy. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "options.h"
#include "paths.h"
#include "vulkan/device.h"

enum verdict {
    FINE,
    NOTE, /* works, with something missing */
    BAD,  /* something does not work at all */
};

static const char *const verdict_names[] = {[FINE] = "fine", [NOTE] = "note", [BAD] = "bad"};

struct finding {
    enum verdict verdict;
    char *what;
    char *remedy; /* NULL: none needed */
};

static void finding_free(gpointer data)
{
    struct finding *finding = data;

    g_free(finding->what);
    g_free(finding->remedy);
    g_free(finding);
}

/* Takes both texts. */
static void find(GPtrArray *findings, enum verdict verdict, char *what, char *remedy)
{
    struct finding *finding = g_new0(struct finding, 1);

    finding->verdict = verdict;
    finding->what = what;
    finding->remedy = remedy;
    g_ptr_array_add(findings, finding);
}

static void check_kvm(GPtrArray *findings)
{
    if (access("/dev/kvm", R_OK | W_OK) == 0) {
        find(findings, FINE, g_strdup("KVM can be used"), NULL);
    } else if (errno == EACCES) {
        find(findings, NOTE, g_strdup("KVM is there, but not for you; machines are emulated, slowly"),
             g_strdup("sudo usermod -aG kvm $USER, then log in again"));
    } else {
        find(findings, NOTE, g_strdup("there is no KVM; machines are emulated, slowly"),
             g_strdup("switch virtualisation on in the computer's firmware set-up"));
    }
}

static bool says(const char *program, const char *first, const char *second, const char *wanted)
{
    const char *const command[] = {program, first, second, NULL};
    g_autofree char *output = NULL;

    return g_spawn_sync(NULL, (char **)command, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                        &output, NULL, NULL, NULL) &&
           output && strstr(output, wanted);
}

static void check_emulator(GPtrArray *findings, const char *name, const char *option,
                           const char *wanted, const char *what)
{
    g_autofree char *path = paths_emulator(name);

    if (!path) {
        find(findings, BAD, g_strdup_printf("%s is not there: no %s", name, what),
             g_strdup("\"make qemu\" builds it; VMAPPLE_QEMU= names its folder"));
    } else if (!says(path, option, "help", wanted)) {
        find(findings, BAD, g_strdup_printf("%s has no %s", path, wanted),
             g_strdup("VMAPPLE_QEMU= names the folder of the QEMU that \"make qemu\" built"));
    } else {
        find(findings, FINE, g_strdup_printf("%s runs %s", path, what), NULL);
    }
}

static void check_features(GPtrArray *findings, const struct pvg_vk *vk)
{
    for (size_t i = 0; i < pvg_vk_feature_count; i++) {
        const struct pvg_vk_feature *feature = &pvg_vk_feature_table[i];

        if (feature->without && !pvg_vk_feature_get(&vk->features, feature)) {
            find(findings, NOTE, g_strdup_printf("Vulkan: no %s: %s", feature->name,
                                                 feature->without),
                 NULL);
        }
    }
#define CHECK_EXTENSION(flag, name, without)                                                       \
    if (!vk->extensions.flag && (without)) {                                                       \
        find(findings, NOTE, g_strdup_printf("Vulkan: no %s: %s", name, (const char *)(without)),  \
             NULL);                                                                                \
    }
    PVG_VK_EXTENSIONS(CHECK_EXTENSION)
#undef CHECK_EXTENSION
}

static void check_vulkan(GPtrArray *findings)
{
    struct pvg_vk_options options = {0};
    struct pvg_error error = {0};
    PVG_AUTO(pvg_vk) vk = pvg_vk_create(&options, &error);

    if (!vk) {
        find(findings, BAD, g_strdup_printf("no Vulkan device can be used: %s", error.message),
             g_strdup("install your GPU's Vulkan driver, or mesa-vulkan-drivers"));
        return;
    }
    if (pvg_vk_is_cpu(vk)) {
        find(findings, NOTE,
             g_strdup_printf("Vulkan draws on the processor (%s), slowly",
                             vk->properties.properties.deviceName),
             g_strdup("install your GPU's Vulkan driver"));
    } else {
        find(findings, FINE,
             g_strdup_printf("Vulkan draws on %s", vk->properties.properties.deviceName), NULL);
    }
    check_features(findings, vk);
}

static void check_firmware(GPtrArray *findings)
{
    static const char *const places[] = {"/usr/share/OVMF/OVMF_CODE_4M.fd",
                                         "/usr/share/OVMF/OVMF_CODE.fd",
                                         "/usr/share/edk2/ovmf/OVMF_CODE.fd",
                                         "/usr/share/edk2/x64/OVMF_CODE.4m.fd"};

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        if (access(places[i], R_OK) == 0) {
            find(findings, FINE, g_strdup_printf("firmware for x86_64 machines: %s", places[i]),
                 NULL);
            return;
        }
    }
    find(findings, NOTE, g_strdup("no OVMF: x86_64 machines need firmware"),
         g_strdup("install the package ovmf"));
}

static void check_folder(GPtrArray *findings)
{
    g_autofree char *machines = paths_machines();

    if (g_mkdir_with_parents(machines, 0755) == 0 && access(machines, W_OK) == 0) {
        find(findings, FINE, g_strdup_printf("machines are kept in %s", machines), NULL);
    } else {
        find(findings, BAD, g_strdup_printf("machines cannot be kept in %s: %s", machines,
                                            g_strerror(errno)),
             g_strdup("make it writable, or name another folder with VMAPPLE_HOME="));
    }
}

static void print_for_people(GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = findings->pdata[i];

        printf("%-5s %s\n", verdict_names[finding->verdict], finding->what);
        if (finding->remedy) {
            printf("      -> %s\n", finding->remedy);
        }
    }
}

static void print_json(GPtrArray *findings)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *text = NULL;

    json_builder_begin_array(builder);
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = findings->pdata[i];

        json_builder_begin_object(builder);
        json_builder_set_member_name(builder, "verdict");
        json_builder_add_string_value(builder, verdict_names[finding->verdict]);
        json_builder_set_member_name(builder, "what");
        json_builder_add_string_value(builder, finding->what);
        if (finding->remedy) {
            json_builder_set_member_name(builder, "remedy");
            json_builder_add_string_value(builder, finding->remedy);
        }
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    root = json_builder_get_root(builder);
    text = json_to_string(root, TRUE);
    printf("%s\n", text);
}

static bool run(int argc, char **argv, struct pvg_error *error)
{
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(finding_free);
    gboolean json = FALSE;
    guint bad = 0;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL},
        {NULL},
    };

    if (!options_parse(&command_doctor, entries, &argc, argv, 0, error)) {
        return false;
    }
    check_kvm(findings);
    check_emulator(findings, "qemu-system-aarch64", "-M", "vmapple", "arm64 machines");
    check_emulator(findings, "qemu-system-x86_64", "-device", "apple-gfx-pci", "x86_64 machines");
    check_vulkan(findings);
    check_firmware(findings);
    check_folder(findings);
    if (json) {
        print_json(findings);
    } else {
        print_for_people(findings);
    }
    for (guint i = 0; i < findings->len; i++) {
        bad += ((const struct finding *)findings->pdata[i])->verdict == BAD;
    }
    if (bad) {
        pvg_error_set(error, "%u of these must be mended", bad);
        return false;
    }
    return true;
}

const struct command command_doctor = {
    .name = "doctor",
    .synopsis = "[--json]",
    .summary = "check what this computer has for running machines",
    .run = run,
};
