/* SPDX-License-Identifier: MIT */
/* SPIRV-Tools' C header, which defines a constant where C wants it declared; weak, it may be
 * defined in several files of a program. */
#ifndef PVG_SHADER_SPIRV_TOOLS_H
#define PVG_SHADER_SPIRV_TOOLS_H

#define kDefaultMaxIdBound kDefaultMaxIdBound __attribute__((weak, unused))
#include <spirv-tools/libspirv.h>
#undef kDefaultMaxIdBound

#endif
