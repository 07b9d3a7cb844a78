/* SPDX-License-Identifier: MIT */
/* The body of the function: blocks in reverse post-order, phis, branches. */
#include "shader/translator/translator.h"

#define DEFAULT_BUDGET (1u << 24)

void value_set(struct translator *t, LLVMValueRef value, uint32_t id)
{
    g_hash_table_insert(t->values, value, GUINT_TO_POINTER(id));
}

uint32_t value_id(struct translator *t, LLVMValueRef value)
{
    gpointer found = g_hash_table_lookup(t->values, value);
    uint32_t index;

    if (found) {
        return GPOINTER_TO_UINT(found);
    }
    index = instruction_index(t, value);
    if (index) {
        return index;
    }
    if (LLVMIsConstant(value)) {
        return constant_id(t, value);
    }
    if (LLVMIsAArgument(value)) {
        refuse(t, PVG_TRANSLATE_METADATA, "an argument without usable metadata");
    }
    refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a value used as what it is not");
}

void function_open(struct translator *t, uint32_t label)
{
    spirv_label(&t->spirv, label);
    t->current_label = label;
}

uint32_t function_switch(struct translator *t, uint32_t selector, const uint32_t *literals,
                         unsigned count, uint32_t type,
                         uint32_t (*emit)(struct translator *t, unsigned which, void *data),
                         void *data)
{
    uint32_t merge = spirv_id(&t->spirv), first_label;
    GArray *operands, *phi;

    if (count == 1) {
        return emit(t, 0, data);
    }
    operands = keep_array(t, sizeof(uint32_t));
    phi = keep_array(t, sizeof(uint32_t));
    spirv_do(&t->spirv, SpvOpSelectionMerge, merge, SpvSelectionControlMaskNone);
    first_label = spirv_id(&t->spirv);
    for (unsigned i = 1; i < count; i++) {
        (void)spirv_id(&t->spirv); /* labels are consecutive ids */
    }
    g_array_append_val(operands, selector);
    {
        uint32_t last = first_label + count - 1;

        g_array_append_val(operands, last);
    }
    for (uint32_t i = 0; i + 1 < count; i++) {
        uint32_t pair[2] = {literals[i], first_label + i};

        g_array_append_vals(operands, pair, 2);
    }
    spirv_emit(&t->spirv, SpvOpSwitch, 0, (const uint32_t *)operands->data, operands->len);
    for (unsigned i = 0; i < count; i++) {
        uint32_t pair[2];

        function_open(t, first_label + i);
        pair[0] = emit(t, i, data);
        pair[1] = t->current_label;
        g_array_append_vals(phi, pair, 2);
        spirv_do(&t->spirv, SpvOpBranch, merge);
    }
    function_open(t, merge);
    return type ? spirv_emit(&t->spirv, SpvOpPhi, type, (const uint32_t *)phi->data, phi->len) : 0;
}

/* for (index = first; index < limit; index += step) @emit(index), within the budget. */
void function_count(struct translator *t, uint32_t first, uint32_t limit, uint32_t step,
                    void (*emit)(struct translator *t, uint32_t index, void *data), void *data)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t header = spirv_id(b), test = spirv_id(b), body = spirv_id(b), next = spirv_id(b),
             merge = spirv_id(b), before = t->current_label, index, following, more;
    guint patch;

    spirv_do(b, SpvOpBranch, header);
    function_open(t, header);
    index = spirv_op(b, SpvOpPhi, u32_type(t), first, before, 0, next);
    patch = b->body->len - 2;
    spirv_do(b, SpvOpLoopMerge, merge, next, SpvLoopControlMaskNone);
    spirv_do(b, SpvOpBranch, test);
    function_open(t, test);
    more = spirv_op(b, SpvOpULessThan, spirv_bool(b), index, limit);
    spirv_do(b, SpvOpBranchConditional, more, body, merge);
    function_open(t, body);
    emit(t, index, data);
    spirv_do(b, SpvOpBranch, next);
    function_open(t, next);
    following = u32_add(t, index, step);
    g_array_index(b->body, uint32_t, patch) = following;
    if (has(t, PVG_SHADER_FEATURE_BIT_CPU)) {
        spirv_do(b, SpvOpBranchConditional, function_spend_budget(t), header, merge);
    } else {
        spirv_do(b, SpvOpBranch, header);
    }
    function_open(t, merge);
}

/* ---- Phis ---- */

static bool budget_runs(struct translator *t)
{
    return has(t, PVG_SHADER_FEATURE_BIT_CPU);
}

static bool is_pointer(LLVMValueRef value)
{
    return LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMPointerTypeKind;
}

static unsigned phi_parts(struct translator *t, LLVMValueRef like)
{
    return is_pointer(like) ? 2 : 1;
}

static uint32_t phi_type(struct translator *t, LLVMValueRef like)
{
    return is_pointer(like) ? u32_type(t) : type_id(t, LLVMTypeOf(like));
}

/* Phis with room for their operands, which are known only when all blocks have been emitted. */
static void emit_phis(struct translator *t, struct block *b)
{
    unsigned edges = b->in->len + (b->budget_from && budget_runs(t));

    if (!b->phis->len || !edges) {
        return;
    }
    for (guint i = 0; i < b->phis->len; i++) {
        struct phi *phi = g_array_index(b->phis, struct phi *, i);
        uint32_t *blank = keep(t, 8 * (size_t)edges);

        for (unsigned part = 0; part < phi_parts(t, phi->like); part++) {
            phi->at[part] = t->spirv.body->len + 3;
            phi->id[part] =
                spirv_emit(&t->spirv, SpvOpPhi, phi_type(t, phi->like), blank, 2 * edges);
        }
    }
    /* inserted blocks have none of LLVM's own */
    for (guint i = 0; b->llvm && i < b->phis->len; i++) {
        struct phi *phi = g_array_index(b->phis, struct phi *, i);

        if (is_pointer(phi->like)) {
            memory_set_pointer_phi(t, phi->like, phi->id);
        } else {
            value_set(t, phi->like, phi->id[0]);
        }
    }
}

static void resolve_flows(struct translator *t, struct block *b)
{
    for (unsigned s = 0; s < 2; s++) {
        struct edge *e = b->out[s];

        for (guint i = 0; e && i < e->flows->len; i++) {
            struct flow *flow = &g_array_index(e->flows, struct flow, i);
            struct phi *phi = g_array_index(e->to->phis, struct phi *, i);

            for (unsigned part = 0; part < phi_parts(t, phi->like); part++) {
                if (flow->phi) {
                    flow->id[part] = flow->phi->id[part];
                } else if (!flow->value) {
                    flow->id[part] = spirv_null(&t->spirv, phi_type(t, phi->like));
                } else if (is_pointer(phi->like)) {
                    flow->id[part] = memory_pointer_part(t, phi->like, flow->value, part);
                } else {
                    flow->id[part] = value_id(t, flow->value);
                }
            }
        }
    }
}

static void patch_phis(struct translator *t, struct block *b)
{
    for (guint i = 0; i < b->phis->len; i++) {
        struct phi *phi = g_array_index(b->phis, struct phi *, i);

        for (unsigned part = 0; part < phi_parts(t, phi->like) && phi->at[part]; part++) {
            guint at = phi->at[part];

            for (guint j = 0; j < b->in->len; j++) {
                struct edge *e = g_array_index(b->in, struct edge *, j);
                struct flow *flow = &g_array_index(e->flows, struct flow, i);

                g_array_index(t->spirv.body, uint32_t, at++) = flow->id[part];
                g_array_index(t->spirv.body, uint32_t, at++) = e->from->end_label;
            }
            if (b->budget_from && budget_runs(t)) {
                g_array_index(t->spirv.body, uint32_t, at++) =
                    spirv_null(&t->spirv, phi_type(t, phi->like));
                g_array_index(t->spirv.body, uint32_t, at++) = b->budget_from->end_label;
            }
        }
    }
}

/* ---- Blocks ---- */

/* Counts one iteration of the invocation; whether it may go on. */
uint32_t function_spend_budget(struct translator *t)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t limit = t->options->budget ? t->options->budget : DEFAULT_BUDGET, spent;

    if (!t->budget) {
        t->budget = spirv_variable(b, SpvStorageClassPrivate, u32_type(t), u32_constant(t, 0));
    }
    spent = spirv_op(b, SpvOpLoad, u32_type(t), t->budget);
    spent = spirv_op(b, SpvOpIAdd, u32_type(t), spent, u32_constant(t, 1));
    spirv_do(b, SpvOpStore, t->budget, spent);
    return spirv_op(b, SpvOpULessThan, spirv_bool(b), spent, u32_constant(t, limit));
}

static void emit_exit(struct translator *t, struct block *b, struct block *loop_merge)
{
    struct spirv_builder *s = &t->spirv;

    resolve_flows(t, b);
    switch (b->exit) {
    case EXIT_RETURN:
        stage_return(t, b->returned);
        b->end_label = t->current_label;
        return;
    case EXIT_UNREACHABLE:
        spirv_emit(s, SpvOpUnreachable, 0, NULL, 0);
        break;
    case EXIT_BRANCH:
        spirv_do(s, SpvOpBranch, b->out[0]->to->label);
        break;
    case EXIT_CONDITIONAL: {
        uint32_t condition = value_id(t, b->condition);

        if (b->merge) {
            spirv_do(s, SpvOpSelectionMerge, b->merge->label, SpvSelectionControlMaskNone);
        }
        spirv_do(s, SpvOpBranchConditional, condition, b->out[0]->to->label,
                 b->out[1]->to->label);
        break;
    }
    case EXIT_BUDGET:
        if (budget_runs(t)) {
            uint32_t go_on = function_spend_budget(t);

            spirv_do(s, SpvOpBranchConditional, go_on, b->out[0]->to->label, loop_merge->label);
        } else {
            spirv_do(s, SpvOpBranch, b->out[0]->to->label);
        }
        break;
    }
    b->end_label = t->current_label;
}

static void emit_block(struct translator *t, struct block *b)
{
    bool first = b == t->graph->entry;
    struct block *loop_merge = NULL;

    if (b->exit == EXIT_BUDGET) {
        loop_merge = b->out[0]->to->loop_merge;
    }
    if (first) {
        t->current_label = b->label; /* spirv_assemble opens it, for the variables to follow */
        stage_begin(t);
    } else {
        function_open(t, b->label);
    }
    emit_phis(t, b);
    if (b->loop_merge) {
        uint32_t body = spirv_id(&t->spirv);

        spirv_do(&t->spirv, SpvOpLoopMerge, b->loop_merge->label, b->loop_continue->label,
                 SpvLoopControlMaskNone);
        spirv_do(&t->spirv, SpvOpBranch, body);
        function_open(t, body);
    }
    if (b->llvm) {
        for (LLVMValueRef i = LLVMGetFirstInstruction(b->llvm); i;
             i = LLVMGetNextInstruction(i)) {
            if (!LLVMIsAPHINode(i) && !LLVMIsATerminatorInst(i)) {
                instruction_emit(t, i);
            }
        }
    }
    emit_exit(t, b, loop_merge);
}

static void emit_unreachable(struct translator *t, struct block *b)
{
    if (b && b->exit == EXIT_UNREACHABLE) {
        b->in = keep_array(t, sizeof(struct edge *));
        function_open(t, b->label);
        spirv_emit(&t->spirv, SpvOpUnreachable, 0, NULL, 0);
    }
}

void function_emit(struct translator *t)
{
    GPtrArray *blocks;

    memory_prepare(t);
    t->graph = graph_build(t);
    blocks = t->graph->blocks;
    for (guint i = 0; i < blocks->len; i++) {
        emit_block(t, blocks->pdata[i]);
    }
    for (guint i = 0; i < blocks->len; i++) {
        struct block *b = blocks->pdata[i];

        emit_unreachable(t, b->merge);
        emit_unreachable(t, b->loop_merge);
    }
    for (guint i = 0; i < blocks->len; i++) {
        patch_phis(t, blocks->pdata[i]);
    }
}
