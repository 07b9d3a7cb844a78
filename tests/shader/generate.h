/* SPDX-License-Identifier: MIT */
/* Random kernels in the shape that Apple's compiler gives them: loops, switches, early returns,
 * private arrays, and a mix of vectors and integers of all widths. Every one ends, reads and writes
 * within its buffers, and has one defined result. */
#ifndef PVG_TESTS_SHADER_GENERATE_H
#define PVG_TESTS_SHADER_GENERATE_H

#include <stdint.h>

#include <glib.h>

#define GENERATED_INPUT_WORDS 64u /* of buffer 0 */

/* LLVM IR of a kernel "k" made of @count programs. Thread t writes word t * @count + i of buffer 1:
 * the result of program @first_seed + i on its row of the inputs. */
GString *generate_kernel(uint32_t first_seed, unsigned count);

#endif
