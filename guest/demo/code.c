/* SPDX-License-Identifier: MIT */
#include "demo/code.h"

#include <string.h>

#define FUNCTIONS(use)                                                                             \
    use(sky_vertex) use(sky_fragment) use(solid_vertex) use(solid_fragment) use(ground_fragment)   \
        use(particle_vertex) use(particle_fragment) use(text_vertex) use(text_fragment)            \
            use(move_particles)

#define DECLARE(name) extern const uint8_t demo_code_##name[], demo_code_end_##name[];
FUNCTIONS(DECLARE)

struct demo_code demo_code(const char *name)
{
#define ENTRY(name) {#name, demo_code_##name, demo_code_end_##name},
    static const struct {
        const char *name;
        const uint8_t *begin, *end;
    } all[] = {FUNCTIONS(ENTRY)};

    for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++) {
        if (strcmp(all[i].name, name) == 0) {
            return (struct demo_code){all[i].begin, (uint32_t)(all[i].end - all[i].begin)};
        }
    }
    return (struct demo_code){0};
}
