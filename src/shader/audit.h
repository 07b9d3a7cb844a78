/* SPDX-License-Identifier: MIT */
/* Checks a module that came from the compiler's process before the device uses it.
 *
 * The compiler reads what a guest wrote, so it may have been taken over, and a module of its making
 * may be valid SPIR-V and still reach memory that its task did not bind. One pass over the words
 * shows that it cannot: the emitter writes only forms whose safety can be seen. Descriptor sets and
 * kinds are read from the words; the record has to agree. Spec: 02-errata-gpu 2.6. */
#ifndef PVG_SHADER_AUDIT_H
#define PVG_SHADER_AUDIT_H

#include <stdbool.h>

#include <pvg/error.h>

#include "base/attributes.h"
#include "shader/translate.h"

/* Bytes of module variables and of function variables that one invocation may have. */
#define PVG_AUDIT_PRIVATE_LIMIT (256u << 10)

/* Whether the module is safe to run for a request with @options. @error says what is not. Any
 * thread. Linear in the words. */
PVG_NODISCARD bool pvg_shader_audit(const struct pvg_translation *translation,
                                    const struct pvg_shader_options *options,
                                    struct pvg_error *error);

#endif
