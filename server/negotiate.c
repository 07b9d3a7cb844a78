/* SPDX-License-Identifier: MIT */
/* The VERSION exchange. */
#include "negotiate.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <string.h>

#define DEEPEST_JSON 8

/* What we can do. QEMU parses a longer answer than its own request as garbage, so it is short. */
static const char capabilities[] =
    "{\"capabilities\":{\"max_msg_fds\":16,\"max_data_xfer_size\":1048576,\"pgsizes\":4096,"
    "\"max_dma_maps\":65535,\"write_multiple\":true}}";

/* json-glib descends by recursion: what nests deeper than any real proposal never reaches it. */
static bool is_shallow(const char *json)
{
    int depth = 0;

    for (const char *at = json; *at; at++) {
        if (*at == '{' || *at == '[') {
            depth++;
        } else if (*at == '}' || *at == ']') {
            depth--;
        }
        if (depth > DEEPEST_JSON) {
            return false;
        }
    }
    return true;
}

static bool is_object_or_absent(JsonObject *parent, const char *member)
{
    JsonNode *node = json_object_get_member(parent, member);

    return !node || JSON_NODE_HOLDS_OBJECT(node);
}

static bool is_proposal(const uint8_t *bytes, size_t size)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonNode *root;

    if (size == 0) {
        return true;
    }
    if (bytes[size - 1] != '\0' || strlen((const char *)bytes) != size - 1 ||
        !is_shallow((const char *)bytes) ||
        !json_parser_load_from_data(parser, (const char *)bytes, size - 1, NULL)) {
        return false;
    }
    root = json_parser_get_root(parser);
    return root && JSON_NODE_HOLDS_OBJECT(root) &&
           is_object_or_absent(json_node_get_object(root), "capabilities");
}

int vfio_user_negotiate(const uint8_t *proposal, size_t proposal_size, uint8_t *reply,
                        size_t reply_room, size_t *reply_size)
{
    static const uint8_t our_version[4] = {0, 0, 0, 0};
    uint16_t major;

    if (proposal_size < sizeof(our_version)) {
        return EINVAL;
    }
    memcpy(&major, proposal, sizeof(major));
    if (major != 0 || !is_proposal(proposal + sizeof(our_version),
                                   proposal_size - sizeof(our_version))) {
        return EINVAL;
    }
    *reply_size = sizeof(our_version) + sizeof(capabilities);
    if (*reply_size > reply_room) {
        return EINVAL;
    }
    memcpy(reply, our_version, sizeof(our_version));
    memcpy(reply + sizeof(our_version), capabilities, sizeof(capabilities));
    return 0;
}
