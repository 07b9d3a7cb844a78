/* SPDX-License-Identifier: MIT */
/* The container reader on any bytes: what it finds lies within them. */
#include <stdlib.h>
#include <string.h>

#include "shader/metallib.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct pvg_metallib library;
    uint32_t sum = 0;

    if (pvg_metallib_init(&library, bytes, size)) {
        return 0;
    }
    for (uint32_t i = 0; i < library.count; i++) {
        const struct pvg_metallib_function *function = &library.functions[i];

        sum += strlen(function->name);
        sum += function->bitcode[0] + function->bitcode[function->bitcode_size - 1];
    }
    pvg_metallib_finish(&library);
    return sum == UINT32_MAX ? -1 : 0; /* all of it was read */
}
