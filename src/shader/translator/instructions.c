/* SPDX-License-Identifier: MIT */
/* LLVM's own instructions: arithmetic, comparisons, casts, vectors, aggregates. Spec: 70-air 9. */
#include "shader/translator/translator.h"

#include <string.h>

static uint32_t operand(struct translator *t, LLVMValueRef i, unsigned n)
{
    return value_id(t, LLVMGetOperand(i, n));
}

static uint32_t result_type(struct translator *t, LLVMValueRef i)
{
    return type_id(t, LLVMTypeOf(i));
}

/* ---- Arithmetic ---- */

static SpvOp binary_op(LLVMOpcode opcode)
{
    switch ((int)opcode) {
    case LLVMAdd:
        return SpvOpIAdd;
    case LLVMSub:
        return SpvOpISub;
    case LLVMMul:
        return SpvOpIMul;
    case LLVMUDiv:
        return SpvOpUDiv;
    case LLVMSDiv:
        return SpvOpSDiv;
    case LLVMURem:
        return SpvOpUMod;
    case LLVMSRem:
        return SpvOpSRem;
    case LLVMFAdd:
        return SpvOpFAdd;
    case LLVMFSub:
        return SpvOpFSub;
    case LLVMFMul:
        return SpvOpFMul;
    case LLVMFDiv:
        return SpvOpFDiv;
    case LLVMFRem:
        return SpvOpFRem;
    default:
        return SpvOpNop;
    }
}

static SpvOp bitwise_op(LLVMOpcode opcode, bool boolean)
{
    switch ((int)opcode) {
    case LLVMAnd:
        return boolean ? SpvOpLogicalAnd : SpvOpBitwiseAnd;
    case LLVMOr:
        return boolean ? SpvOpLogicalOr : SpvOpBitwiseOr;
    case LLVMXor:
        return boolean ? SpvOpLogicalNotEqual : SpvOpBitwiseXor;
    case LLVMShl:
        return boolean ? SpvOpNop : SpvOpShiftLeftLogical;
    case LLVMLShr:
        return boolean ? SpvOpNop : SpvOpShiftRightLogical;
    case LLVMAShr:
        return boolean ? SpvOpNop : SpvOpShiftRightArithmetic;
    default:
        return SpvOpNop;
    }
}

static bool may_contract(LLVMValueRef i)
{
    return LLVMCanValueUseFastMathFlags(i) &&
           (LLVMGetFastMathFlags(i) & LLVMFastMathAllowContract);
}

/* A division whose divisor is zero is undefined in LLVM and in SPIR-V; on a CPU device it could be
 * a trap, so the divisor is made one there. */
static uint32_t safe_divisor(struct translator *t, uint32_t divisor)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = spirv_type_of(b, divisor), zero = spirv_constant_int(b, type, 0), known;

    if (spirv_constant_value(b, divisor, &known) && known) {
        return divisor;
    }
    return spirv_op(b, SpvOpSelect, type,
                    spirv_op(b, SpvOpIEqual, spirv_shaped(b, type, spirv_bool(b)), divisor, zero),
                    spirv_constant_int(b, type, 1), divisor);
}

static uint32_t float_binary(struct translator *t, LLVMValueRef i, SpvOp op)
{
    uint32_t x = operand(t, i, 0), y = operand(t, i, 1), type = result_type(t, i), result;
    LLVMFastMathFlags flags = LLVMCanValueUseFastMathFlags(i) ? LLVMGetFastMathFlags(i) : 0;

    if (op == SpvOpFDiv && !(flags & (LLVMFastMathAllowReciprocal | LLVMFastMathApproxFunc)) &&
        spirv_width(&t->spirv, type) == 32) {
        return math_divide(t, x, y, true);
    }
    result = spirv_op(&t->spirv, op, type, x, y);
    if (!may_contract(i)) {
        spirv_decorate(&t->spirv, result, SpvDecorationNoContraction);
    }
    return result;
}

static uint32_t integer_division(struct translator *t, LLVMValueRef i, SpvOp op)
{
    return spirv_op(&t->spirv, op, result_type(t, i), operand(t, i, 0),
                    safe_divisor(t, operand(t, i, 1)));
}

/* ---- Comparisons ---- */

static uint32_t integer_compare(struct translator *t, LLVMValueRef i)
{
    static const SpvOp ops[] = {
        [LLVMIntEQ - LLVMIntEQ] = SpvOpIEqual,
        [LLVMIntNE - LLVMIntEQ] = SpvOpINotEqual,
        [LLVMIntUGT - LLVMIntEQ] = SpvOpUGreaterThan,
        [LLVMIntUGE - LLVMIntEQ] = SpvOpUGreaterThanEqual,
        [LLVMIntULT - LLVMIntEQ] = SpvOpULessThan,
        [LLVMIntULE - LLVMIntEQ] = SpvOpULessThanEqual,
        [LLVMIntSGT - LLVMIntEQ] = SpvOpSGreaterThan,
        [LLVMIntSGE - LLVMIntEQ] = SpvOpSGreaterThanEqual,
        [LLVMIntSLT - LLVMIntEQ] = SpvOpSLessThan,
        [LLVMIntSLE - LLVMIntEQ] = SpvOpSLessThanEqual,
    };
    LLVMIntPredicate predicate = LLVMGetICmpPredicate(i);
    uint32_t type, x, y;

    if (LLVMGetTypeKind(LLVMTypeOf(LLVMGetOperand(i, 0))) == LLVMPointerTypeKind) {
        return memory_compare(t, i);
    }
    type = result_type(t, i);
    x = operand(t, i, 0);
    y = operand(t, i, 1);
    if (spirv_is_bool(&t->spirv, spirv_type_of(&t->spirv, x))) {
        uint32_t word = spirv_shaped(&t->spirv, type, u32_type(t));
        uint32_t one = spirv_constant_int(&t->spirv, word, 1);
        uint32_t zero = spirv_constant_int(&t->spirv, word, 0);

        if (predicate == LLVMIntEQ || predicate == LLVMIntNE) {
            return spirv_op(&t->spirv,
                            predicate == LLVMIntEQ ? SpvOpLogicalEqual : SpvOpLogicalNotEqual,
                            type, x, y);
        }
        if (predicate >= LLVMIntSGT) {
            one = spirv_constant_int(&t->spirv, word, UINT32_MAX); /* true is -1 */
        }
        x = spirv_op(&t->spirv, SpvOpSelect, word, x, one, zero);
        y = spirv_op(&t->spirv, SpvOpSelect, word, y, one, zero);
    }
    return spirv_op(&t->spirv, ops[predicate - LLVMIntEQ], type, x, y);
}

static uint32_t float_compare(struct translator *t, LLVMValueRef i)
{
    static const SpvOp ops[] = {
        [LLVMRealOEQ] = SpvOpFOrdEqual,       [LLVMRealOGT] = SpvOpFOrdGreaterThan,
        [LLVMRealOGE] = SpvOpFOrdGreaterThanEqual, [LLVMRealOLT] = SpvOpFOrdLessThan,
        [LLVMRealOLE] = SpvOpFOrdLessThanEqual, [LLVMRealONE] = SpvOpFOrdNotEqual,
        [LLVMRealUEQ] = SpvOpFUnordEqual,     [LLVMRealUGT] = SpvOpFUnordGreaterThan,
        [LLVMRealUGE] = SpvOpFUnordGreaterThanEqual, [LLVMRealULT] = SpvOpFUnordLessThan,
        [LLVMRealULE] = SpvOpFUnordLessThanEqual, [LLVMRealUNE] = SpvOpFUnordNotEqual,
    };
    LLVMRealPredicate predicate = LLVMGetFCmpPredicate(i);
    uint32_t type = result_type(t, i), x = operand(t, i, 0), y = operand(t, i, 1), either;

    switch ((int)predicate) {
    case LLVMRealPredicateFalse:
    case LLVMRealPredicateTrue: {
        uint32_t value = spirv_constant_bool(&t->spirv, predicate == LLVMRealPredicateTrue);
        uint32_t parts[4] = {value, value, value, value};
        unsigned count = spirv_components(&t->spirv, type);

        return count == 1 ? value : spirv_constant_composite(&t->spirv, type, parts, count);
    }
    case LLVMRealUNO:
    case LLVMRealORD:
        either = spirv_op(&t->spirv, SpvOpLogicalOr, type, math_is_nan(t, x), math_is_nan(t, y));
        return predicate == LLVMRealUNO ? either
                                        : spirv_op(&t->spirv, SpvOpLogicalNot, type, either);
    default:
        return spirv_op(&t->spirv, ops[predicate], type, x, y);
    }
}

/* ---- Casts ---- */

static uint32_t extend(struct translator *t, LLVMValueRef i, bool is_signed)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = result_type(t, i), value = operand(t, i, 0);

    if (spirv_is_bool(b, spirv_type_of(b, value))) {
        return spirv_op(b, SpvOpSelect, type, value,
                        spirv_constant_int(b, type, is_signed ? UINT64_MAX : 1),
                        spirv_constant_int(b, type, 0));
    }
    return spirv_op(b, is_signed ? SpvOpSConvert : SpvOpUConvert, type, value);
}

static uint32_t truncate_int(struct translator *t, LLVMValueRef i)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = result_type(t, i), value = operand(t, i, 0);
    uint32_t from = spirv_type_of(b, value);

    if (spirv_is_bool(b, type)) {
        value = spirv_op(b, SpvOpBitwiseAnd, from, value, spirv_constant_int(b, from, 1));
        return spirv_op(b, SpvOpINotEqual, type, value, spirv_constant_int(b, from, 0));
    }
    return spirv_op(b, SpvOpUConvert, type, value);
}

static uint32_t bitcast(struct translator *t, LLVMValueRef i)
{
    LLVMTypeRef from = LLVMTypeOf(LLVMGetOperand(i, 0)), to = LLVMTypeOf(i);
    struct spirv_builder *b = &t->spirv;
    uint32_t value = operand(t, i, 0), type = type_id(t, to);

    if (from == to) {
        return value;
    }
    if (type_is_bfloat(from) || type_is_bfloat(to)) {
        uint32_t word = spirv_shaped(b, type, u32_type(t)), half = spirv_int(b, 16);
        uint32_t sixteen = spirv_constant_int(b, word, 16);

        if (spirv_components(b, spirv_type_of(b, value)) != spirv_components(b, type)) {
            refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a bitcast that regroups bfloats");
        }
        if (type_is_bfloat(to)) {
            if (spirv_is_float(b, spirv_type_of(b, value))) {
                value = spirv_op(b, SpvOpBitcast, spirv_shaped(b, type, half), value);
            }
            value = spirv_op(b, SpvOpUConvert, word, value);
            value = spirv_op(b, SpvOpShiftLeftLogical, word, value, sixteen);
            return spirv_op(b, SpvOpBitcast, type, value);
        }
        value = spirv_op(b, SpvOpBitcast, word, value);
        value = spirv_op(b, SpvOpShiftRightLogical, word, value, sixteen);
        value = spirv_op(b, SpvOpUConvert, spirv_shaped(b, type, half), value);
        return spirv_is_float(b, type) ? spirv_op(b, SpvOpBitcast, type, value) : value;
    }
    if (spirv_is_bool(b, type) || spirv_is_bool(b, spirv_type_of(b, value)) ||
        spirv_type(b, type)->op == SpvOpTypeArray) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a bitcast of booleans or long vectors");
    }
    if (spirv_components(b, type) == 3 || spirv_components(b, spirv_type_of(b, value)) == 3) {
        if (spirv_components(b, type) != spirv_components(b, spirv_type_of(b, value))) {
            refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a bitcast that regroups three components");
        }
    }
    return spirv_type_of(b, value) == type ? value : spirv_op(b, SpvOpBitcast, type, value);
}

static uint32_t float_to_float(struct translator *t, LLVMValueRef i)
{
    uint32_t value = math_to_type(t, operand(t, i, 0), result_type(t, i));

    return type_is_bfloat(LLVMTypeOf(i)) ? math_bfloat_round(t, value) : value;
}

static uint32_t int_to_float(struct translator *t, LLVMValueRef i, bool is_signed)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = result_type(t, i), value = operand(t, i, 0);

    if (spirv_is_bool(b, spirv_type_of(b, value))) {
        return spirv_op(b, SpvOpSelect, type, value,
                        spirv_constant_float(b, type, is_signed ? -1.0 : 1.0),
                        spirv_constant_float(b, type, 0.0));
    }
    value = spirv_op(b, is_signed ? SpvOpConvertSToF : SpvOpConvertUToF, type, value);
    return type_is_bfloat(LLVMTypeOf(i)) ? math_bfloat_round(t, value) : value;
}

/* ---- Vectors and aggregates ---- */

static bool constant_lane(LLVMValueRef index, unsigned *lane)
{
    if (!LLVMIsAConstantInt(index)) {
        return false;
    }
    *lane = (unsigned)LLVMConstIntGetZExtValue(index);
    return true;
}

/* A lane number from a run-time value; one outside the vector is undefined, here the last. */
static uint32_t dynamic_lane(struct translator *t, LLVMValueRef index, unsigned count)
{
    uint32_t lane = u32_from(t, value_id(t, index), false);

    return u32_min(t, lane, u32_constant(t, count - 1));
}

static uint32_t extract_element(struct translator *t, LLVMValueRef i)
{
    uint32_t vector = operand(t, i, 0), type = result_type(t, i);
    unsigned count = LLVMGetVectorSize(LLVMTypeOf(LLVMGetOperand(i, 0))), lane;

    if (count == 1) {
        return vector;
    }
    if (constant_lane(LLVMGetOperand(i, 1), &lane)) {
        return lane < count ? spirv_op(&t->spirv, SpvOpCompositeExtract, type, vector, lane)
                            : spirv_null(&t->spirv, type);
    }
    if (count > 4) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a run-time index into a long vector");
    }
    return spirv_op(&t->spirv, SpvOpVectorExtractDynamic, type, vector,
                    dynamic_lane(t, LLVMGetOperand(i, 1), count));
}

static uint32_t insert_element(struct translator *t, LLVMValueRef i)
{
    uint32_t vector = operand(t, i, 0), value = operand(t, i, 1), type = result_type(t, i);
    unsigned count = LLVMGetVectorSize(LLVMTypeOf(i)), lane;

    if (count == 1) {
        return value;
    }
    if (constant_lane(LLVMGetOperand(i, 2), &lane)) {
        return lane < count
                   ? spirv_op(&t->spirv, SpvOpCompositeInsert, type, value, vector, lane)
                   : spirv_null(&t->spirv, type);
    }
    if (count > 4) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a run-time index into a long vector");
    }
    return spirv_op(&t->spirv, SpvOpVectorInsertDynamic, type, vector, value,
                    dynamic_lane(t, LLVMGetOperand(i, 2), count));
}

static uint32_t shuffle(struct translator *t, LLVMValueRef i)
{
    struct spirv_builder *b = &t->spirv;
    LLVMTypeRef from = LLVMTypeOf(LLVMGetOperand(i, 0));
    uint32_t type = result_type(t, i), scalar = type_id(t, LLVMGetElementType(LLVMTypeOf(i)));
    unsigned width = LLVMGetVectorSize(from), count = LLVMGetNumMaskElements(i);
    uint32_t sources[2] = {operand(t, i, 0), operand(t, i, 1)}, words[66];

    if (count > 64) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a shuffle of %u lanes", count);
    }
    if (width >= 2 && width <= 4 && count >= 2 && count <= 4) {
        words[0] = sources[0];
        words[1] = sources[1];
        for (unsigned k = 0; k < count; k++) {
            int lane = LLVMGetMaskValue(i, k);

            words[2 + k] = lane < 0 ? 0xffffffff : (uint32_t)lane;
        }
        return spirv_emit(b, SpvOpVectorShuffle, type, words, 2 + count);
    }
    for (unsigned k = 0; k < count; k++) {
        int lane = LLVMGetMaskValue(i, k);
        uint32_t source = sources[lane >= (int)width];

        words[k] = lane < 0     ? spirv_null(b, scalar)
                   : width == 1 ? source
                                : spirv_op(b, SpvOpCompositeExtract, scalar, source,
                                           (uint32_t)lane % width);
    }
    return count == 1 ? words[0] : spirv_emit(b, SpvOpCompositeConstruct, type, words, count);
}

static uint32_t aggregate(struct translator *t, LLVMValueRef i, bool insert)
{
    unsigned count = LLVMGetNumIndices(i);
    const unsigned *indices = LLVMGetIndices(i);
    uint32_t words[32];
    unsigned n = 0;

    if (count > 16) {
        refuse(t, PVG_TRANSLATE_LIMIT, "aggregate nested too deep");
    }
    if (insert) {
        words[n++] = operand(t, i, 1);
    }
    words[n++] = operand(t, i, 0);
    for (unsigned k = 0; k < count; k++) {
        words[n++] = indices[k];
    }
    return spirv_emit(&t->spirv, insert ? SpvOpCompositeInsert : SpvOpCompositeExtract,
                      result_type(t, i), words, n);
}

static uint32_t select_value(struct translator *t, LLVMValueRef i)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = result_type(t, i);

    return spirv_op(b, SpvOpSelect, type, operand(t, i, 0), operand(t, i, 1), operand(t, i, 2));
}

static uint32_t pointer_number(struct translator *t, LLVMValueRef i)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = result_type(t, i), pair, low, high;

    heap_put_together(t, memory_pointer(t, LLVMGetOperand(i, 0)), &low, &high);
    if (spirv_width(b, type) != 64) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a pointer as no 64-bit number");
    }
    pair = spirv_op(b, SpvOpCompositeConstruct, spirv_vector(b, u32_type(t), 2), low, high);
    return spirv_op(b, SpvOpBitcast, type, pair);
}

/* ---- Dispatch ---- */

static uint32_t emit_value(struct translator *t, LLVMValueRef i)
{
    struct spirv_builder *b = &t->spirv;
    LLVMOpcode opcode = LLVMGetInstructionOpcode(i);
    uint32_t type, value;

    switch ((int)opcode) {
    case LLVMFAdd:
    case LLVMFSub:
    case LLVMFMul:
    case LLVMFDiv:
    case LLVMFRem:
        value = float_binary(t, i, binary_op(opcode));
        return type_is_bfloat(LLVMTypeOf(i)) ? math_bfloat_round(t, value) : value;
    case LLVMFNeg:
        return spirv_op(b, SpvOpFNegate, result_type(t, i), operand(t, i, 0));
    case LLVMUDiv:
    case LLVMSDiv:
    case LLVMURem:
    case LLVMSRem:
        return integer_division(t, i, binary_op(opcode));
    case LLVMAdd:
    case LLVMSub:
    case LLVMMul:
        type = result_type(t, i);
        if (spirv_is_bool(b, type)) {
            return spirv_op(b, opcode == LLVMMul ? SpvOpLogicalAnd : SpvOpLogicalNotEqual, type,
                            operand(t, i, 0), operand(t, i, 1));
        }
        return spirv_op(b, binary_op(opcode), type, operand(t, i, 0), operand(t, i, 1));
    case LLVMAnd:
    case LLVMOr:
    case LLVMXor:
    case LLVMShl:
    case LLVMLShr:
    case LLVMAShr:
        type = result_type(t, i);
        if (bitwise_op(opcode, spirv_is_bool(b, type)) == SpvOpNop) {
            return operand(t, i, 0); /* a shift of a boolean, by zero or undefined */
        }
        return spirv_op(b, bitwise_op(opcode, spirv_is_bool(b, type)), type, operand(t, i, 0),
                        operand(t, i, 1));
    case LLVMICmp:
        return integer_compare(t, i);
    case LLVMFCmp:
        return float_compare(t, i);
    case LLVMZExt:
        return extend(t, i, false);
    case LLVMSExt:
        return extend(t, i, true);
    case LLVMTrunc:
        return truncate_int(t, i);
    case LLVMBitCast:
        return bitcast(t, i);
    case LLVMFPTrunc:
    case LLVMFPExt:
        return float_to_float(t, i);
    case LLVMFPToSI:
    case LLVMFPToUI:
        return math_saturate_to_int(t, operand(t, i, 0), result_type(t, i),
                                    opcode == LLVMFPToSI);
    case LLVMSIToFP:
    case LLVMUIToFP:
        return int_to_float(t, i, opcode == LLVMSIToFP);
    case LLVMSelect:
        return select_value(t, i);
    case LLVMExtractElement:
        return extract_element(t, i);
    case LLVMInsertElement:
        return insert_element(t, i);
    case LLVMShuffleVector:
        return shuffle(t, i);
    case LLVMExtractValue:
        return aggregate(t, i, false);
    case LLVMInsertValue:
        return aggregate(t, i, true);
    case LLVMFreeze:
        return operand(t, i, 0);
    case LLVMLoad:
        return memory_load(t, i);
    case LLVMPtrToInt:
        return pointer_number(t, i);
    default:
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "instruction of opcode %d", (int)opcode);
    }
}

/* ---- 64-bit indices ---- */

#define INDEX_DEPTH 8

static bool may_be_index(LLVMValueRef i)
{
    LLVMTypeRef type = LLVMTypeOf(i);

    if (LLVMGetTypeKind(type) != LLVMIntegerTypeKind || LLVMGetIntTypeWidth(type) != 64) {
        return false;
    }
    switch ((int)LLVMGetInstructionOpcode(i)) {
    case LLVMZExt:
    case LLVMSExt:
    case LLVMAdd:
    case LLVMSub:
    case LLVMMul:
    case LLVMAnd:
    case LLVMOr:
    case LLVMXor:
    case LLVMShl:
        return true;
    default:
        return false;
    }
}

/* Whether @i is made for address arithmetic alone, which wants 32 bits of it: then it is emitted
 * where somebody asks for all of it, and mostly nobody does. */
static bool is_index(struct translator *t, LLVMValueRef i, unsigned depth)
{
    gpointer known = g_hash_table_lookup(t->indices, i);
    bool index = may_be_index(i) && depth < INDEX_DEPTH;

    if (known) {
        return GPOINTER_TO_UINT(known) == 2;
    }
    for (LLVMUseRef use = LLVMGetFirstUse(i); use && index; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);

        index = LLVMIsAGetElementPtrInst(user) ||
                (LLVMIsABinaryOperator(user) && is_index(t, user, depth + 1));
    }
    g_hash_table_insert(t->indices, i, GUINT_TO_POINTER(index ? 2 : 1));
    return index;
}

uint32_t instruction_index(struct translator *t, LLVMValueRef value)
{
    return LLVMIsAInstruction(value) && g_hash_table_lookup(t->indices, value) == GUINT_TO_POINTER(2)
               ? emit_value(t, value)
               : 0;
}

void instruction_emit(struct translator *t, LLVMValueRef i)
{
    LLVMOpcode opcode = LLVMGetInstructionOpcode(i);

    if (is_index(t, i, 0)) {
        return;
    }
    if (opcode == LLVMStore) {
        memory_store(t, i);
    } else if (opcode == LLVMCall) {
        intrinsic_emit(t, i);
    } else if (opcode == LLVMFence) {
        spirv_capability(&t->spirv, SpvCapabilityVulkanMemoryModelDeviceScope);
        spirv_do(&t->spirv, SpvOpMemoryBarrier, u32_constant(t, SpvScopeDevice),
                 u32_constant(t, SpvMemorySemanticsAcquireReleaseMask |
                                     SpvMemorySemanticsUniformMemoryMask |
                                     SpvMemorySemanticsMakeAvailableMask |
                                     SpvMemorySemanticsMakeVisibleMask));
    } else if (LLVMGetTypeKind(LLVMTypeOf(i)) == LLVMPointerTypeKind) {
        memory_define(t, i);
    } else {
        value_set(t, i, emit_value(t, i));
    }
}
