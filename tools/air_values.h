/* SPDX-License-Identifier: MIT */
/* Arrays of numbers: from the command line or a file, to the screen or a file. */
#ifndef PVG_TOOLS_AIR_VALUES_H
#define PVG_TOOLS_AIR_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include <pvg/error.h>

#include "base/attributes.h"

#define AIR_VALUES_MAX ((size_t)1 << 30) /* bytes */

enum air_element {
    AIR_FLOAT,
    AIR_INT,
    AIR_UINT,
    AIR_USHORT,
    AIR_UCHAR,
};

/* "float", and the bytes of one. */
const char *air_element_name(enum air_element element);
size_t air_element_size(enum air_element element);
/* Takes a name off the start of @text. */
PVG_NODISCARD bool air_element_take(const char **text, enum air_element *out);

/* Zeros are none. */
struct air_values {
    enum air_element element;
    void *bytes;
    size_t size;
};

void air_values_finish(struct air_values *values);

/* Between 0 and 1 for floats, any value for integers; the same in every run. */
void air_values_put(struct air_values *values, size_t i, double value);
/* @count of them: zeros, or as @how says: ":ramp", ":random". False: it says something else. */
PVG_NODISCARD bool air_values_make(struct air_values *values, size_t count, const char *how);
/* "1,2.5,-3" */
PVG_NODISCARD bool air_values_list(struct air_values *values, const char *text);
PVG_NODISCARD bool air_values_load(struct air_values *values, const char *path,
                                   struct pvg_error *error);

/* At most @limit of them, and the end of the line. */
void air_values_print(const struct air_values *values, size_t limit);
PVG_NODISCARD bool air_values_save(const struct air_values *values, const char *path,
                                   struct pvg_error *error);

#endif
