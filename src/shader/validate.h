/* SPDX-License-Identifier: MIT */
/* The SPIR-V validator, for Vulkan 1.3, over words that came from the compiler's process. */
#ifndef PVG_SHADER_VALIDATE_H
#define PVG_SHADER_VALIDATE_H

#include <stdbool.h>
#include <stdint.h>

#include <pvg/error.h>

#include "base/attributes.h"

/* Whether @words are a valid module; @error has the validator's words. Any thread. Run the audit
 * first: it bounds what this reads. */
PVG_NODISCARD bool pvg_shader_validate(const uint32_t *words, uint32_t count,
                                       struct pvg_error *error);

#endif
