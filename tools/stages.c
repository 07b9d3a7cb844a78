/* SPDX-License-Identifier: MIT */
#include "stages.h"

#include <glib.h>

LLVMValueRef air_stage_function(LLVMValueRef node)
{
    unsigned count = LLVMGetMDNodeNumOperands(node);
    g_autofree LLVMValueRef *operands = g_new0(LLVMValueRef, count + 1);

    LLVMGetMDNodeOperands(node, operands);
    return operands[0] && LLVMIsAFunction(operands[0]) ? operands[0] : NULL;
}
