/* SPDX-License-Identifier: MIT */
/* pvg-server's command line. */
#include "options.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_MODES "1920x1080@60,1280x800@60,2560x1440@60,3840x2160@60"
#define VGA_CLASS     0x030000
#define OTHER_CLASS   0x038000

void options_finish(struct options *options)
{
    g_free(options->socket_path);
    g_free(options->gpu);
    g_free(options->trace_file);
    g_free(options->rom_path);
    g_free(options->qmp_path);
    g_free(options->vnc_address);
    g_free(options->screenshot_folder);
    g_free(options->control_path);
}

/* "ADDRESS:PORT", ":PORT", "ADDRESS" or "[V6]:PORT". */
static bool parse_vnc(struct options *options, const char *text, struct pvg_error *error)
{
    const char *colon = strrchr(text, ':');
    const char *bracket = strchr(text, ']');
    size_t address = strlen(text);
    guint64 port = 0;

    if (colon && (!bracket || colon > bracket)) {
        address = colon - text;
        if (!g_ascii_string_to_unsigned(colon + 1, 10, 1, 65535, &port, NULL)) {
            pvg_error_set(error, "--vnc %s: the port is a number from 1 to 65535", text);
            return false;
        }
    }
    if (address > 1 && text[0] == '[' && text[address - 1] == ']') {
        options->vnc_address = g_strndup(text + 1, address - 2);
    } else {
        options->vnc_address = address ? g_strndup(text, address) : g_strdup("127.0.0.1");
    }
    options->vnc_port = port;
    return true;
}

/* "2,3" as bits, display 1 being bit 0. */
static bool parse_displays(const char *text, int displays, unsigned *out)
{
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    guint64 display;

    for (char **word = words; *word; word++) {
        if (!g_ascii_string_to_unsigned(*word, 10, 1, displays, &display, NULL)) {
            return false;
        }
        *out |= 1u << (display - 1);
    }
    return true;
}

static bool check(struct options *options, const char *modes, const char *vnc,
                  const char *unplugged, bool headless, int displays, struct pvg_error *error)
{
    if (!options->socket_path == (options->listen_fd < 0)) {
        pvg_error_set(error, "say where clients connect: --socket PATH, or --fd N for a listening "
                             "socket that is open already");
        return false;
    }
    if (options->socket_path && strlen(options->socket_path) > 107) {
        pvg_error_set(error, "--socket %s: a socket's path has at most 107 bytes",
                      options->socket_path);
        return false;
    }
    if (displays < 1 || displays > PVG_MAX_DISPLAYS) {
        pvg_error_set(error, "--displays %d: from 1 to %d are possible", displays,
                      PVG_MAX_DISPLAYS);
        return false;
    }
    options->display_count = displays;
    if (unplugged && !parse_displays(unplugged, displays, &options->disconnected)) {
        pvg_error_set(error, "--unplugged %s: a list of displays, from 1 to %d", unplugged,
                      displays);
        return false;
    }
    if (headless && (vnc || options->window)) {
        pvg_error_set(error, "--headless shows nothing: leave out %s",
                      vnc ? "--vnc" : "--window");
        return false;
    }
    options->mode_count = pvg_modes_parse(modes, options->modes, PVG_MAX_MODES, error);
    if (options->mode_count == 0) {
        return false;
    }
    return !vnc || parse_vnc(options, vnc, error);
}

bool options_parse(struct options *options, int argc, char **argv, struct pvg_error *error)
{
    g_autofree char *modes = NULL, *vnc = NULL, *unplugged = NULL;
    gboolean window = FALSE, headless = FALSE, express = FALSE, vga = FALSE, version = FALSE;
    int displays = 1;
    const GOptionEntry entries[] = {
        {"socket", 0, 0, G_OPTION_ARG_FILENAME, &options->socket_path,
         "Listen for VFIO-user clients here", "PATH"},
        {"socket-path", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &options->socket_path, NULL,
         NULL},
        {"fd", 0, 0, G_OPTION_ARG_INT, &options->listen_fd,
         "Or use this inherited listening socket", "N"},
        {"displays", 0, 0, G_OPTION_ARG_INT, &displays, "Displays of the guest, 1 to 8", "N"},
        {"modes", 0, 0, G_OPTION_ARG_STRING, &modes,
         "Display modes, the preferred first (" DEFAULT_MODES ")", "WxH@HZ,..."},
        {"gpu", 0, 0, G_OPTION_ARG_STRING, &options->gpu,
         "Vulkan device: index, UUID or part of its name; \"none\" draws nothing", "DEVICE"},
        {"vnc", 0, 0, G_OPTION_ARG_STRING, &vnc,
         "Show displays by VNC, one port each; port left out: the first free ones",
         "[ADDRESS][:PORT]"},
        {"window", 0, 0, G_OPTION_ARG_NONE, &window, "Show displays in windows", NULL},
        {"headless", 0, 0, G_OPTION_ARG_NONE, &headless, "Show nothing (the default)", NULL},
        {"qmp", 0, 0, G_OPTION_ARG_FILENAME, &options->qmp_path,
         "QEMU's QMP socket, for keyboard and pointer", "PATH"},
        {"unplugged", 0, 0, G_OPTION_ARG_STRING, &unplugged,
         "Displays that are plugged in later, through the control socket", "N,..."},
        {"control", 0, 0, G_OPTION_ARG_FILENAME, &options->control_path,
         "Listen here for commands: connect N, disconnect N, screenshots, statistics", "PATH"},
        {"screenshots", 0, 0, G_OPTION_ARG_FILENAME, &options->screenshot_folder,
         "SIGUSR1 stores a PNG of each display here", "FOLDER"},
        {"rom", 0, 0, G_OPTION_ARG_FILENAME, &options->rom_path,
         "Option ROM image instead of the built-in one; \"\" for none", "FILE"},
        {"pcie", 0, 0, G_OPTION_ARG_NONE, &express,
         "Be a PCI Express endpoint, for a place behind a root port", NULL},
        {"vga", 0, 0, G_OPTION_ARG_NONE, &vga, "Have the PCI class of a VGA adapter", NULL},
        {"trace", 0, 0, G_OPTION_ARG_FILENAME, &options->trace_file,
         "Record the session for pvg-replay", "FILE"},
        {"version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version and end", NULL},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- apple-gfx PCI device over VFIO-user");
    g_autoptr(GError) wrong = NULL;

    *options = (struct options){.listen_fd = -1};
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_description(
        context, "Then start QEMU 10.1 or newer with shared memory and\n"
                 "  -device '{\"driver\":\"vfio-user-pci\",\"socket\":{\"type\":\"unix\","
                 "\"path\":\"PATH\"}}'\n");
    if (!g_option_context_parse(context, &argc, &argv, &wrong)) {
        pvg_error_set(error, "%s; --help lists the options", wrong->message);
        return false;
    }
    if (version) {
        g_print("pvg-server %s\n", PVG_VERSION);
        exit(0);
    }
    if (argc > 1) {
        pvg_error_set(error, "\"%s\" is no option; --help lists them", argv[1]);
        return false;
    }
    options->window = window;
    options->express = express;
    options->class_code = vga ? VGA_CLASS : OTHER_CLASS;
    return check(options, modes ? modes : DEFAULT_MODES, vnc, unplugged, headless, displays, error);
}
