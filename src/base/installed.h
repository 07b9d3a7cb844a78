/* SPDX-License-Identifier: MIT */
/* Where the programs and data that are installed with us lie. */
#ifndef PVG_BASE_INSTALLED_H
#define PVG_BASE_INSTALLED_H

#include "base/attributes.h"

/* The path of a program that others start, or of a data file, or NULL: it is not installed. Looked
 * for from this program on (in bin, or our QEMU in libexec/vmapple/bin), so that an installation may
 * lie anywhere; for programs of others where it was configured to be, and where packages are. Any
 * thread; the caller frees it. */
PVG_NODISCARD char *pvg_installed_program(const char *name);
PVG_NODISCARD char *pvg_installed_data(const char *name);

/* The same of a file in the build folder that this program lies in. The folder's path is not built
 * in: on another computer it is somebody else's. */
PVG_NODISCARD char *pvg_built_file(const char *name);

#endif
