/* SPDX-License-Identifier: MIT */
/* From what clang makes of a shader that includes metal.h to an AIR module. */
#ifndef PVG_TOOLS_ANNOTATED_H
#define PVG_TOOLS_ANNOTATED_H

#include <stdbool.h>

#include <llvm-c/Core.h>

#include <pvg/error.h>

/* Gives the module's annotated functions the signatures and metadata of AIR entry points (70-air 4,
 * 5), in place. @precise: floating-point arithmetic is to be as written. */
bool annotated_to_air(LLVMModuleRef module, bool precise, struct pvg_error *error);

#endif
