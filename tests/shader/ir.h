/* SPDX-License-Identifier: MIT */
/* AIR modules from LLVM text inside a test. */
#ifndef PVG_TESTS_SHADER_IR_H
#define PVG_TESTS_SHADER_IR_H

#include <llvm-c/Core.h>

/* Bitcode of a kernel "k" whose definition and metadata inputs are given: @inputs is the text of a
 * node such as "!{!10, !11}", with the nodes it names in @definitions. NULL and a line on stdout
 * when the text is wrong. Free with LLVMDisposeMemoryBuffer. */
LLVMMemoryBufferRef ir_kernel(const char *definitions, const char *inputs);

/* The same of a "mesh", "object", "fragment" ... function "k". Its outputs are node !1; @more are
 * further operands of its node, as ", !20". */
LLVMMemoryBufferRef ir_entry(const char *stage, const char *definitions, const char *outputs,
                             const char *inputs, const char *more);

/* The text of a device buffer node: parameter, index, size and alignment of an element. */
#define IR_BUFFER(parameter, index, size)                                                          \
    "!{i32 " #parameter ", !\"air.buffer\", !\"air.location_index\", i32 " #index                  \
    ", i32 1, !\"air.read_write\", !\"air.address_space\", i32 1, !\"air.arg_type_size\", i32 "    \
    #size ", !\"air.arg_type_align_size\", i32 " #size "}\n"

#endif
