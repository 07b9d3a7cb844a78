/* SPDX-License-Identifier: MIT */
/* The shader libraries that the build made of shaders.cl, one a function, as guests send them. */
#ifndef DEMO_CODE_H
#define DEMO_CODE_H

#include <stdint.h>

struct demo_code {
    const void *bytes; /* NULL: there is none */
    uint32_t size;
};

/* The library whose function is @name. */
struct demo_code demo_code(const char *name);

#endif
