/* SPDX-License-Identifier: MIT */
/* The control flow of the function with the blocks that SPIR-V wants: one continue block and one
 * merge block a loop, one merge block a selection, none of them shared.
 *
 * LLVM's structuriser has left a reducible graph of two-way branches whose loops leave from the
 * latch. What is missing is made by one operation, insert(): an empty block in front of another
 * takes over some of its incoming edges, with phis for what flows along them. Spec: 70-air 10.4. */
#include "shader/translator/translator.h"

#define MAX_INSERTED 40000

static struct block *new_block(struct translator *t, struct graph *g)
{
    struct block *b = keep(t, sizeof(*b));

    if (g->blocks->len > MAX_INSERTED) {
        refuse(t, PVG_TRANSLATE_LIMIT, "control flow too large");
    }
    b->in = keep_array(t, sizeof(struct edge *));
    b->phis = keep_array(t, sizeof(struct phi *));
    b->label = b->end_label = spirv_id(&t->spirv);
    g_ptr_array_add(g->blocks, b);
    return b;
}

static struct edge *connect(struct translator *t, struct block *from, unsigned slot,
                            struct block *to)
{
    struct edge *e = keep(t, sizeof(*e));

    e->from = from;
    e->to = to;
    e->flows = keep_array(t, sizeof(struct flow));
    from->out[slot] = e;
    g_array_append_val(to->in, e);
    return e;
}

static struct edge *edge_at(const struct block *b, guint i)
{
    return g_array_index(b->in, struct edge *, i);
}

static struct phi *phi_at(const struct block *b, guint i)
{
    return g_array_index(b->phis, struct phi *, i);
}

static void add_phi(struct translator *t, struct block *b, LLVMValueRef like)
{
    struct phi *phi = keep(t, sizeof(*phi));

    phi->like = like;
    g_array_append_val(b->phis, phi);
}


/* An empty block in front of @target that takes over the incoming edges that @chosen picks. */
static struct block *insert(struct translator *t, struct graph *g, struct block *target,
                            bool (*chosen)(const struct edge *e, const void *data),
                            const void *data)
{
    struct block *fresh = new_block(t, g);
    GArray *stay = keep_array(t, sizeof(struct edge *));
    struct edge *onward;

    fresh->exit = EXIT_BRANCH;
    for (guint i = 0; i < target->phis->len; i++) {
        add_phi(t, fresh, phi_at(target, i)->like);
    }
    for (guint i = 0; i < target->in->len; i++) {
        struct edge *e = edge_at(target, i);

        if (chosen(e, data)) {
            e->to = fresh;
            g_array_append_val(fresh->in, e);
        } else {
            g_array_append_val(stay, e);
        }
    }
    target->in = stay;
    onward = connect(t, fresh, 0, target);
    for (guint i = 0; i < fresh->phis->len; i++) {
        struct flow flow = {.phi = phi_at(fresh, i)};

        g_array_append_val(onward->flows, flow);
    }
    fresh->loop = target->loop;
    return fresh;
}

/* ---- From LLVM ---- */

static LLVMValueRef incoming_from(LLVMValueRef phi, LLVMBasicBlockRef from)
{
    for (unsigned i = 0; i < LLVMCountIncoming(phi); i++) {
        if (LLVMGetIncomingBlock(phi, i) == from) {
            return LLVMGetIncomingValue(phi, i);
        }
    }
    return NULL;
}

static void read_blocks(struct translator *t, struct graph *g)
{
    GHashTable *found = g_hash_table_new(NULL, NULL);

    g_ptr_array_add(t->kept_tables, found);
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(t->entry.function); b;
         b = LLVMGetNextBasicBlock(b)) {
        struct block *block = new_block(t, g);

        block->llvm = b;
        g_hash_table_insert(found, b, block);
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i && LLVMIsAPHINode(i);
             i = LLVMGetNextInstruction(i)) {
            add_phi(t, block, i);
        }
    }
    g->entry = g->blocks->pdata[0];
    for (guint n = g->blocks->len, i = 0; i < n; i++) {
        struct block *block = g->blocks->pdata[i];
        LLVMValueRef last = LLVMGetBasicBlockTerminator(block->llvm);
        unsigned count = LLVMGetNumSuccessors(last);

        if (LLVMIsAReturnInst(last)) {
            block->exit = EXIT_RETURN;
            block->returned = LLVMGetNumOperands(last) ? LLVMGetOperand(last, 0) : NULL;
            continue;
        }
        if (LLVMIsAUnreachableInst(last)) {
            block->exit = EXIT_RETURN;
            continue;
        }
        if (!LLVMIsABranchInst(last)) {
            refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a terminator of opcode %d",
                   (int)LLVMGetInstructionOpcode(last));
        }
        block->exit = EXIT_BRANCH;
        if (count == 2 && LLVMGetSuccessor(last, 0) != LLVMGetSuccessor(last, 1)) {
            block->exit = EXIT_CONDITIONAL;
            block->condition = LLVMGetCondition(last);
        } else {
            count = 1;
        }
        for (unsigned s = 0; s < count; s++) {
            struct block *to = g_hash_table_lookup(found, LLVMGetSuccessor(last, s));
            struct edge *e = connect(t, block, s, to);

            for (guint p = 0; p < to->phis->len; p++) {
                struct flow flow = {.value = incoming_from(phi_at(to, p)->like, block->llvm)};

                g_array_append_val(e->flows, flow);
            }
        }
    }
}

/* ---- Order and dominance ---- */

struct visit {
    struct block *block;
    unsigned next;
};

static unsigned exits_of(const struct block *b)
{
    return (b->out[0] != NULL) + (b->out[1] != NULL);
}

/* Sorts blocks into reverse post-order and forgets those that cannot be reached. Every block's
 * order is its index afterwards. */
static void sort_blocks(struct translator *t, struct graph *g)
{
    GArray *stack = keep_array(t, sizeof(struct visit));
    GPtrArray *post = g_ptr_array_new();
    struct visit first = {g->entry, 0};

    for (guint i = 0; i < g->blocks->len; i++) {
        ((struct block *)g->blocks->pdata[i])->order = UINT32_MAX;
    }
    g->entry->order = 0;
    g_array_append_val(stack, first);
    while (stack->len) {
        struct visit *top = &g_array_index(stack, struct visit, stack->len - 1);

        if (top->next < exits_of(top->block)) {
            /* the last successor first: its subtree then comes later in the order */
            unsigned slot = exits_of(top->block) - 1 - top->next++;
            struct visit next = {top->block->out[slot]->to, 0};

            if (next.block->order == UINT32_MAX) {
                next.block->order = 0;
                g_array_append_val(stack, next);
            }
        } else {
            g_ptr_array_add(post, top->block);
            g_array_set_size(stack, stack->len - 1);
        }
    }
    for (guint i = 0; i < g->blocks->len; i++) {
        struct block *b = g->blocks->pdata[i];

        if (b->order != UINT32_MAX) {
            GArray *in = keep_array(t, sizeof(struct edge *));

            for (guint j = 0; j < b->in->len; j++) {
                struct edge *e = edge_at(b, j);

                if (e->from->order != UINT32_MAX) {
                    g_array_append_val(in, e);
                }
            }
            b->in = in;
        }
    }
    g_ptr_array_set_size(g->blocks, 0);
    for (guint i = post->len; i > 0; i--) {
        struct block *b = post->pdata[i - 1];

        b->order = g->blocks->len;
        g_ptr_array_add(g->blocks, b);
    }
    g_ptr_array_unref(post);
}

static struct block *meet(struct block *a, struct block *b)
{
    while (a != b) {
        while (a->order > b->order) {
            a = a->idom;
        }
        while (b->order > a->order) {
            b = b->idom;
        }
    }
    return a;
}

static void find_dominators(struct graph *g)
{
    bool changed = true;

    for (guint i = 0; i < g->blocks->len; i++) {
        ((struct block *)g->blocks->pdata[i])->idom = NULL;
    }
    g->entry->idom = g->entry;
    while (changed) {
        changed = false;
        for (guint i = 1; i < g->blocks->len; i++) {
            struct block *b = g->blocks->pdata[i], *idom = NULL;

            for (guint j = 0; j < b->in->len; j++) {
                struct block *from = edge_at(b, j)->from;

                if (from->idom) {
                    idom = idom ? meet(from, idom) : from;
                }
            }
            if (idom != b->idom) {
                b->idom = idom;
                changed = true;
            }
        }
    }
}

bool graph_dominates(const struct block *a, const struct block *b)
{
    while (b->order > a->order) {
        b = b->idom;
    }
    return a == b;
}

static struct block *post_meet(struct block *a, struct block *b)
{
    /* lower orders are nearer to the exit */
    while (a && b && a != b) {
        while (a && a->pdom_order > b->pdom_order) {
            a = a->ipdom;
        }
        if (!a) {
            return NULL;
        }
        while (b && b->pdom_order > a->pdom_order) {
            b = b->ipdom;
        }
    }
    return a == b ? a : NULL;
}

/* Immediate post-dominators towards a virtual exit (NULL). */
static void find_post_dominators(struct translator *t, struct graph *g)
{
    guint count = g->blocks->len;
    GArray *stack = keep_array(t, sizeof(struct visit));
    GPtrArray *post = g_ptr_array_new();
    bool changed = true;

    for (guint i = 0; i < count; i++) {
        struct block *b = g->blocks->pdata[i];

        b->ipdom = NULL;
        b->pdom_order = UINT32_MAX;
    }
    for (guint i = 0; i < count; i++) {
        struct visit root = {g->blocks->pdata[i], 0};

        if (exits_of(root.block) || root.block->pdom_order != UINT32_MAX) {
            continue;
        }
        root.block->pdom_order = 0;
        g_array_append_val(stack, root);
        while (stack->len) {
            struct visit *top = &g_array_index(stack, struct visit, stack->len - 1);

            if (top->next < top->block->in->len) {
                struct visit next = {edge_at(top->block, top->next++)->from, 0};

                if (next.block->pdom_order == UINT32_MAX) {
                    next.block->pdom_order = 0;
                    g_array_append_val(stack, next);
                }
            } else {
                g_ptr_array_add(post, top->block);
                g_array_set_size(stack, stack->len - 1);
            }
        }
    }
    for (guint i = 0; i < post->len; i++) {
        ((struct block *)post->pdata[i])->pdom_order = post->len - i; /* reverse post-order, 1.. */
    }
    {
        /* `done` marks blocks whose ipdom is known; NULL is the virtual exit */
        g_autofree uint8_t *done = g_malloc0(count + 1);

        while (changed) {
            changed = false;
            for (guint i = post->len; i > 0; i--) {
                struct block *b = post->pdata[i - 1], *ipdom = NULL;
                bool any = false;

                for (unsigned s = 0; s < exits_of(b); s++) {
                    struct block *to = b->out[s]->to;

                    if (!done[to->order]) {
                        continue;
                    }
                    ipdom = any ? post_meet(to, ipdom) : to;
                    any = true;
                }
                if (!exits_of(b)) {
                    any = true;
                }
                if (any && (!done[b->order] || ipdom != b->ipdom)) {
                    b->ipdom = ipdom;
                    done[b->order] = 1;
                    changed = true;
                }
            }
        }
    }
    g_ptr_array_unref(post);
}

static void analyse(struct translator *t, struct graph *g)
{
    sort_blocks(t, g);
    find_dominators(g);
}

/* ---- Loops ---- */

static bool is_back_edge(const struct edge *e, const void *data)
{
    return graph_dominates(data, e->from);
}

/* The blocks of a natural loop: all that reach its back edges without passing the header. */
static GHashTable *loop_body(struct translator *t, struct block *header)
{
    GHashTable *body = g_hash_table_new(NULL, NULL);
    GPtrArray *work = g_ptr_array_new();

    g_ptr_array_add(t->kept_tables, body);
    g_hash_table_add(body, header);
    for (guint i = 0; i < header->in->len; i++) {
        struct edge *e = edge_at(header, i);

        if (graph_dominates(header, e->from) && g_hash_table_add(body, e->from)) {
            g_ptr_array_add(work, e->from);
        }
    }
    while (work->len) {
        struct block *b = g_ptr_array_steal_index(work, work->len - 1);

        for (guint i = 0; i < b->in->len; i++) {
            struct block *from = edge_at(b, i)->from;

            if (g_hash_table_add(body, from)) {
                g_ptr_array_add(work, from);
            }
        }
    }
    g_ptr_array_unref(work);
    return body;
}

static bool leaves_body(const struct edge *e, const void *data)
{
    return g_hash_table_contains((GHashTable *)data, e->from);
}

static void give_loop_its_blocks(struct translator *t, struct graph *g, struct block *header)
{
    GHashTable *body = loop_body(t, header);
    struct block *target = NULL;
    GHashTableIter each;
    gpointer key;

    g_hash_table_iter_init(&each, body);
    while (g_hash_table_iter_next(&each, &key, NULL)) {
        struct block *b = key;

        for (unsigned s = 0; s < exits_of(b); s++) {
            struct block *to = b->out[s]->to;

            if (!g_hash_table_contains(body, to)) {
                if (target && target != to) {
                    refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a loop with two exits after "
                                                         "structurisation");
                }
                target = to;
            }
        }
    }
    header->loop_continue = insert(t, g, header, is_back_edge, header);
    header->loop_continue->exit = EXIT_BUDGET;
    g_hash_table_add(body, header->loop_continue);
    if (target) {
        header->loop_merge = insert(t, g, target, leaves_body, body);
    } else {
        header->loop_merge = new_block(t, g);
        header->loop_merge->exit = EXIT_UNREACHABLE;
    }
    header->loop_merge->budget_from = header->loop_continue;
    header->loop_continue->claimed = header->loop_merge->claimed = true;
}

static bool is_header(const struct block *b)
{
    for (guint i = 0; i < b->in->len; i++) {
        if (graph_dominates(b, edge_at(b, i)->from)) {
            return true;
        }
    }
    return false;
}

static void make_loops(struct translator *t, struct graph *g)
{
    GPtrArray *headers = g_ptr_array_new();

    for (guint i = 0; i < g->blocks->len; i++) {
        if (is_header(g->blocks->pdata[i])) {
            g_ptr_array_add(headers, g->blocks->pdata[i]);
        }
    }
    g_ptr_array_add(t->kept_pointer_arrays, headers);
    /* outer loops first: an inner loop's exit to its outer header then goes by the continue block */
    for (guint i = 0; i < headers->len; i++) {
        give_loop_its_blocks(t, g, headers->pdata[i]);
        analyse(t, g);
    }
    for (guint i = 0; i < headers->len; i++) {
        struct block *header = headers->pdata[i];
        GHashTable *body = loop_body(t, header);
        GHashTableIter each;
        gpointer key;

        g_hash_table_iter_init(&each, body);
        while (g_hash_table_iter_next(&each, &key, NULL)) {
            if (key != header) {
                ((struct block *)key)->loop = header; /* inner headers come later and win */
            }
        }
    }
}

/* ---- Selections ---- */

static bool comes_from_below(const struct edge *e, const void *data)
{
    return graph_dominates(data, e->from);
}

static bool leaves_construct(const struct block *b)
{
    const struct block *loop = b->loop_merge ? b : b->loop;

    for (unsigned s = 0; s < 2; s++) {
        const struct block *to = b->out[s]->to;

        if (loop && (to == loop->loop_merge || to == loop->loop_continue)) {
            return true;
        }
    }
    return false;
}

static void make_selections(struct translator *t, struct graph *g)
{
    GPtrArray *branches = g_ptr_array_new();

    g_ptr_array_add(t->kept_pointer_arrays, branches);
    for (guint i = 0; i < g->blocks->len; i++) {
        struct block *b = g->blocks->pdata[i];

        if (b->exit == EXIT_CONDITIONAL && !leaves_construct(b)) {
            g_ptr_array_add(branches, b);
        }
    }
    find_post_dominators(t, g);
    for (guint i = 0; i < branches->len; i++) {
        struct block *b = branches->pdata[i];
        struct block *target = b->ipdom;

        if (!target) {
            b->merge = new_block(t, g);
            b->merge->exit = EXIT_UNREACHABLE;
            continue;
        }
        if (target->claimed || !graph_dominates(b, target)) {
            target = insert(t, g, target, comes_from_below, b);
            analyse(t, g);
            find_post_dominators(t, g);
        }
        target->claimed = true;
        b->merge = target;
    }
}

struct graph *graph_build(struct translator *t)
{
    struct graph *g = keep(t, sizeof(*g));

    g->blocks = g_ptr_array_new();
    g_ptr_array_add(t->kept_pointer_arrays, g->blocks);
    read_blocks(t, g);
    analyse(t, g);
    make_loops(t, g);
    make_selections(t, g);
    return g;
}
