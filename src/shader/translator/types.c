/* SPDX-License-Identifier: MIT */
/* LLVM's types and constants in SPIR-V. A bfloat is a 32-bit float whose low half is zero; undefined
 * values are zero, so that they leak nothing. Spec: 70-air 9. */
#include "shader/translator/translator.h"

#include <string.h>

#define MAX_AGGREGATE 256

bool type_is_bfloat(LLVMTypeRef type)
{
    if (LLVMGetTypeKind(type) == LLVMVectorTypeKind) {
        type = LLVMGetElementType(type);
    }
    return LLVMGetTypeKind(type) == LLVMBFloatTypeKind;
}

uint64_t type_store_size(struct translator *t, LLVMTypeRef type)
{
    return LLVMStoreSizeOfType(t->layout, type);
}

static uint32_t int_type(struct translator *t, unsigned width)
{
    switch (width) {
    case 1:
        return spirv_bool(&t->spirv);
    case 8:
        need(t, PVG_SHADER_FEATURE_BIT_INT8, "8-bit integers");
        break;
    case 16:
        need(t, PVG_SHADER_FEATURE_BIT_INT16, "16-bit integers");
        break;
    case 32:
        break;
    case 64:
        need(t, PVG_SHADER_FEATURE_BIT_INT64, "64-bit integers");
        break;
    default:
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "integer of %u bits", width);
    }
    return spirv_int(&t->spirv, width);
}

static uint32_t aggregate_type(struct translator *t, LLVMTypeRef type)
{
    bool array = LLVMGetTypeKind(type) == LLVMArrayTypeKind;
    uint64_t count = array ? LLVMGetArrayLength2(type) : LLVMCountStructElementTypes(type);
    uint32_t members[MAX_AGGREGATE];

    if (count == 0 || count > MAX_AGGREGATE) {
        refuse(t, PVG_TRANSLATE_LIMIT, "aggregate value of %" G_GUINT64_FORMAT " members", count);
    }
    if (array) {
        return spirv_array(&t->spirv, type_id(t, LLVMGetElementType(type)), (uint32_t)count);
    }
    for (unsigned i = 0; i < count; i++) {
        members[i] = type_id(t, LLVMStructGetTypeAtIndex(type, i));
    }
    return spirv_struct(&t->spirv, members, count);
}

uint32_t type_id(struct translator *t, LLVMTypeRef type)
{
    switch (LLVMGetTypeKind(type)) {
    case LLVMVoidTypeKind:
        return spirv_void(&t->spirv);
    case LLVMIntegerTypeKind:
        return int_type(t, LLVMGetIntTypeWidth(type));
    case LLVMHalfTypeKind:
        need(t, PVG_SHADER_FEATURE_BIT_FLOAT16, "half");
        return spirv_float(&t->spirv, 16);
    case LLVMBFloatTypeKind:
    case LLVMFloatTypeKind:
        return spirv_float(&t->spirv, 32);
    case LLVMVectorTypeKind:
        if (LLVMGetVectorSize(type) > 4) {
            /* SIMD-group matrices: every lane holds the whole */
            return spirv_array(&t->spirv, type_id(t, LLVMGetElementType(type)),
                               LLVMGetVectorSize(type) <= 64 ? LLVMGetVectorSize(type) : 64);
        }
        return spirv_vector(&t->spirv, type_id(t, LLVMGetElementType(type)),
                            LLVMGetVectorSize(type));
    case LLVMStructTypeKind:
    case LLVMArrayTypeKind:
        return aggregate_type(t, type);
    case LLVMPointerTypeKind:
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a pointer kept in a value or in memory");
    default:
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "type of kind %d", (int)LLVMGetTypeKind(type));
    }
}

static uint32_t composite_constant(struct translator *t, LLVMValueRef constant, uint32_t id,
                                   unsigned count)
{
    uint32_t parts[MAX_AGGREGATE];

    for (unsigned i = 0; i < count; i++) {
        LLVMValueRef part = LLVMGetAggregateElement(constant, i);

        if (!part) {
            refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a constant without elements");
        }
        parts[i] = constant_id(t, part);
    }
    return count == 1 && LLVMGetTypeKind(LLVMTypeOf(constant)) == LLVMVectorTypeKind
               ? parts[0]
               : spirv_constant_composite(&t->spirv, id, parts, count);
}

uint32_t constant_id(struct translator *t, LLVMValueRef constant)
{
    LLVMTypeRef type = LLVMTypeOf(constant);
    uint32_t id = type_id(t, type);
    LLVMBool loses;

    if (LLVMIsUndef(constant) || LLVMIsPoison(constant) || LLVMIsNull(constant)) {
        if (LLVMGetTypeKind(type) == LLVMIntegerTypeKind) {
            return LLVMGetIntTypeWidth(type) == 1 ? spirv_constant_bool(&t->spirv, false)
                                                  : spirv_constant_int(&t->spirv, id, 0);
        }
        return spirv_null(&t->spirv, id);
    }
    switch (LLVMGetTypeKind(type)) {
    case LLVMIntegerTypeKind:
        if (!LLVMIsAConstantInt(constant)) {
            break;
        }
        if (LLVMGetIntTypeWidth(type) == 1) {
            return spirv_constant_bool(&t->spirv, LLVMConstIntGetZExtValue(constant));
        }
        return spirv_constant_int(&t->spirv, id, LLVMConstIntGetZExtValue(constant));
    case LLVMHalfTypeKind:
    case LLVMBFloatTypeKind:
    case LLVMFloatTypeKind:
        if (!LLVMIsAConstantFP(constant)) {
            break;
        }
        return spirv_constant_float(&t->spirv, id, LLVMConstRealGetDouble(constant, &loses));
    case LLVMVectorTypeKind:
        return composite_constant(t, constant, id, MIN(LLVMGetVectorSize(type), 64));
    case LLVMStructTypeKind:
        return composite_constant(t, constant, id, LLVMCountStructElementTypes(type));
    case LLVMArrayTypeKind:
        return composite_constant(t, constant, id, (unsigned)LLVMGetArrayLength2(type));
    default:
        break;
    }
    refuse(t, PVG_TRANSLATE_UNSUPPORTED, "constant expression");
}
