/* SPDX-License-Identifier: MIT */
/* AIR modules from LLVM text. */
#include "ir.h"

#include <glib.h>
#include <llvm-c/BitWriter.h>
#include <llvm-c/IRReader.h>
#include <stdio.h>
#include <string.h>

static const char frame[] =
    "target datalayout = \"e-p:64:64:64-i1:8:8-i8:8:8-i16:16:16-i32:32:32-i64:64:64-f32:32:32-"
    "f64:64:64-v16:16:16-v24:32:32-v32:32:32-v48:64:64-v64:64:64-v96:128:128-v128:128:128-"
    "v192:256:256-v256:256:256-v512:512:512-v1024:1024:1024-n8:16:32\"\n"
    "target triple = \"air64-apple-macosx14.0.0\"\n"
    "%s\n"
    "!air.%s = !{!0}\n"
    "!0 = !{ptr @k, !1, !2%s}\n"
    "!1 = %s\n"
    "!2 = %s\n";

LLVMMemoryBufferRef ir_kernel(const char *definitions, const char *inputs)
{
    return ir_entry("kernel", definitions, "!{}", inputs, "");
}

LLVMMemoryBufferRef ir_entry(const char *stage, const char *definitions, const char *outputs,
                             const char *inputs, const char *more)
{
    g_autofree char *text = g_strdup_printf(frame, definitions, stage, more, outputs, inputs);
    LLVMContextRef context = LLVMContextCreate();
    LLVMMemoryBufferRef source =
        LLVMCreateMemoryBufferWithMemoryRangeCopy(text, strlen(text), "test"), bitcode = NULL;
    LLVMModuleRef module;
    char *message = NULL;

    if (LLVMParseIRInContext(context, source, &module, &message)) {
        printf("# %s\n", message);
        LLVMDisposeMessage(message);
    } else {
        bitcode = LLVMWriteBitcodeToMemoryBuffer(module);
        LLVMDisposeModule(module);
    }
    LLVMContextDispose(context);
    return bitcode;
}
