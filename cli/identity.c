/* SPDX-License-Identifier: MIT */
/* The chip id in a machine identifier. */
#include "identity.h"

#include <glib.h>
#include <plist/plist.h>

/* A machine identifier is a hundred bytes; libplist need not see more. */
#define LARGEST_IDENTIFIER 65536

bool identity_parse(const void *bytes, size_t size, uint64_t *ecid, struct pvg_error *error)
{
    plist_t list = NULL, value;

    if (size <= LARGEST_IDENTIFIER && plist_is_binary(bytes, size)) {
        plist_from_bin(bytes, size, &list);
    } else if (size <= LARGEST_IDENTIFIER) {
        plist_from_xml(bytes, size, &list);
    }
    value = list && plist_get_node_type(list) == PLIST_DICT ? plist_dict_get_item(list, "ECID")
                                                            : NULL;
    if (!value || plist_get_node_type(value) != PLIST_UINT) {
        pvg_error_set(error, "the machine identifier is not a property list with a number ECID");
        plist_free(list);
        return false;
    }
    plist_get_uint_val(value, ecid);
    plist_free(list);
    return true;
}

bool identity_parse_base64(const char *text, uint64_t *ecid, struct pvg_error *error)
{
    gsize size;
    g_autofree guchar *bytes = g_base64_decode(text, &size);

    return identity_parse(bytes, size, ecid, error);
}
