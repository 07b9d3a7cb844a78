/* SPDX-License-Identifier: MIT */
/* What the parts of the translator share: one struct per translation, and how it is refused.
 *
 * A translation runs top to bottom on one thread. Whoever finds that it cannot go on calls
 * refuse(), which does not return: it jumps back to pvg_translate(), where everything the
 * translation owns is freed. So no function here keeps memory in a local: allocations hang off the
 * struct (keep()), and IR is only ever looked at after module_admit().
 *
 *   module.c    bytes -> LLVM module, checked for what can never be translated
 *   metadata.c  entry metadata -> struct entry
 *   passes.c    LLVM's passes: one function, values in registers, structured control flow
 *   graph.c     that control flow with the merge and continue blocks SPIR-V wants
 *   stage*.c    built-ins, attributes, varyings, outputs
 *   memory.c    pointers as (root, offset); the accesses
 *   function.c, instructions.c, intrinsics*.c   the code itself
 *   spirv.c     the words */
#ifndef PVG_SHADER_TRANSLATOR_TRANSLATOR_H
#define PVG_SHADER_TRANSLATOR_TRANSLATOR_H

#include <setjmp.h>

#include <llvm-c/Core.h>
#include <llvm-c/Target.h>

#include "shader/translate.h"
#include "shader/translator/spirv.h"

/* Spec: 70-air 4.4. */
enum address_space {
    SPACE_THREAD = 0,
    SPACE_DEVICE = 1,
    SPACE_CONSTANT = 2,
    SPACE_THREADGROUP = 3,
    SPACE_PAYLOAD = 6,
    SPACE_MESH = 7,
};

/* ---- The entry's interface, as its metadata states it. Spec: 70-air 5. ---- */

/* X(enumerator, metadata name without "air.") */
#define ARGUMENT_KINDS(X)                                                                          \
    X(BUFFER, "buffer")                                                                            \
    X(INDIRECT_BUFFER, "indirect_buffer")                                                          \
    X(TEXTURE, "texture")                                                                          \
    X(SAMPLER, "sampler")                                                                          \
    X(VERTEX_INPUT, "vertex_input")                                                                \
    X(VERTEX_ID, "vertex_id")                                                                      \
    X(INSTANCE_ID, "instance_id")                                                                  \
    X(BASE_VERTEX, "base_vertex")                                                                  \
    X(BASE_INSTANCE, "base_instance")                                                              \
    X(AMPLIFICATION_ID, "amplification_id")                                                        \
    X(AMPLIFICATION_COUNT, "amplification_count")                                                  \
    X(PATCH_CONTROL_POINT_INPUT, "patch_control_point_input")                                      \
    X(POSITION_IN_PATCH, "position_in_patch")                                                      \
    X(PATCH_ID, "patch_id")                                                                        \
    X(PATCH_INPUT, "patch_input")                                                                  \
    X(POSITION, "position")                                                                        \
    X(FRAGMENT_INPUT, "fragment_input")                                                            \
    X(RENDER_TARGET, "render_target")                                                              \
    X(FRONT_FACING, "front_facing")                                                                \
    X(POINT_COORD, "point_coord")                                                                  \
    X(PRIMITIVE_ID, "primitive_id")                                                                \
    X(SAMPLE_ID, "sample_id")                                                                      \
    X(SAMPLE_MASK_IN, "sample_mask_in")                                                            \
    X(RENDER_TARGET_ARRAY_INDEX, "render_target_array_index")                                      \
    X(VIEWPORT_ARRAY_INDEX, "viewport_array_index")                                                \
    X(BARYCENTRIC_COORD, "barycentric_coord")                                                      \
    X(THREAD_POSITION_IN_GRID, "thread_position_in_grid")                                          \
    X(THREAD_POSITION_IN_THREADGROUP, "thread_position_in_threadgroup")                            \
    X(THREADGROUP_POSITION_IN_GRID, "threadgroup_position_in_grid")                                \
    X(THREADS_PER_GRID, "threads_per_grid")                                                        \
    X(THREADS_PER_THREADGROUP, "threads_per_threadgroup")                                          \
    X(DISPATCH_THREADS_PER_THREADGROUP, "dispatch_threads_per_threadgroup")                        \
    X(THREADGROUPS_PER_GRID, "threadgroups_per_grid")                                              \
    X(THREAD_INDEX_IN_THREADGROUP, "thread_index_in_threadgroup")                                  \
    X(THREAD_INDEX_IN_SIMDGROUP, "thread_index_in_simdgroup")                                      \
    X(SIMDGROUP_INDEX_IN_THREADGROUP, "simdgroup_index_in_threadgroup")                            \
    X(SIMDGROUPS_PER_THREADGROUP, "simdgroups_per_threadgroup")                                    \
    X(DISPATCH_SIMDGROUPS_PER_THREADGROUP, "dispatch_simdgroups_per_threadgroup")                  \
    X(THREADS_PER_SIMDGROUP, "threads_per_simdgroup")                                              \
    X(THREAD_EXECUTION_WIDTH, "thread_execution_width")                                            \
    X(THREAD_INDEX_IN_QUADGROUP, "thread_index_in_quadgroup")                                      \
    X(QUADGROUP_INDEX_IN_THREADGROUP, "quadgroup_index_in_threadgroup")                            \
    X(QUADGROUPS_PER_THREADGROUP, "quadgroups_per_threadgroup")                                    \
    X(DISPATCH_QUADGROUPS_PER_THREADGROUP, "dispatch_quadgroups_per_threadgroup")                  \
    X(GRID_ORIGIN, "grid_origin")                                                                  \
    X(GRID_SIZE, "grid_size")                                                                      \
    X(MESH, "mesh")                                                                                \
    X(PAYLOAD, "payload")                                                                          \
    X(MESH_GRID_PROPERTIES, "mesh_grid_properties")                                                \
    /* outputs only */                                                                             \
    X(VERTEX_OUTPUT, "vertex_output")                                                              \
    X(POINT_SIZE, "point_size")                                                                    \
    X(CLIP_DISTANCE, "clip_distance")                                                              \
    X(DEPTH, "depth")                                                                              \
    X(STENCIL, "stencil")                                                                          \
    X(SAMPLE_MASK, "sample_mask")                                                                  \
    X(MESH_VERTEX_DATA, "mesh_vertex_data")                                                        \
    X(MESH_PRIMITIVE_DATA, "mesh_primitive_data")

enum argument_kind {
    ARGUMENT_NONE, /* no metadata, or unknown: the value is zero if nothing uses it, else refused */
#define ARGUMENT_KIND(name, text) ARGUMENT_##name,
    ARGUMENT_KINDS(ARGUMENT_KIND)
#undef ARGUMENT_KIND
        ARGUMENT_KIND_COUNT,
};

enum interpolation {
    INTERPOLATE_PERSPECTIVE,
    INTERPOLATE_LINEAR,
    INTERPOLATE_FLAT,
};

enum sampling_point {
    SAMPLE_CENTER,
    SAMPLE_CENTROID,
    SAMPLE_SAMPLE,
};

enum depth_qualifier {
    DEPTH_ANY,
    DEPTH_GREATER,
    DEPTH_LESS,
};

/* One input or output node. */
struct argument {
    enum argument_kind kind;
    int parameter;          /* of inputs: index of the function's parameter */
    unsigned index, count;  /* location_index */
    unsigned second;        /* render_target: dual-source index */
    unsigned access;        /* enum pvg_shader_access of buffers and textures */
    bool sampled;           /* texture: access::sample or read */
    int space;              /* buffers: enum address_space, -1 unstated */
    unsigned size, element_size, alignment;
    enum interpolation interpolation;
    enum sampling_point point;
    enum depth_qualifier depth;
    bool invariant, interpolant;
    bool absent;            /* a function constant switches it off */
    const char *unknown;    /* the kind's name when ARGUMENT_NONE */
    const char *link;       /* kept; varyings, mesh data */
    const char *type_name;  /* kept, or "" */
    LLVMValueRef node;      /* for nested nodes */
    LLVMValueRef members;   /* struct_type_info, or NULL */
    LLVMValueRef control_point_function;
};

struct entry {
    LLVMValueRef function;
    const char *name;
    enum pvg_shader_stage stage;
    GArray *inputs, *outputs; /* struct argument */
    bool early_tests;
    unsigned max_group_threads, max_mesh_groups;
    unsigned patch_points;
    bool patch_quad;
    /* mesh */
    GArray *vertex_outputs, *primitive_outputs;
    unsigned max_vertices, max_primitives, topology; /* 1 point, 2 line, 3 triangle */
};

/* ---- Pointers: where they can point, and how far in. Spec: 02-errata-gpu 2.4. ---- */

enum root_kind {
    ROOT_BUFFER,      /* storage buffer; class A */
    ROOT_HEAP,        /* out of memory: a slot of set 3; class C */
    ROOT_THREADGROUP, /* Workgroup words; argument (length specialised) or variable */
    ROOT_CONSTANT,    /* Private words with an initialiser */
    ROOT_LOCAL,       /* alloca: Function words */
    ROOT_PAYLOAD,     /* TaskPayloadWorkgroupEXT words */
    ROOT_NULL,        /* reads zero, writes vanish */
    ROOT_TEXTURE,
    ROOT_TEXTURES,    /* an array of them: what is loaded from it is one */
    ROOT_SAMPLER,
    ROOT_CONSTANT_SAMPLER,
    ROOT_MESH,
    ROOT_GRID_PROPERTIES,
    ROOT_PATCH,
    ROOT_INTERPOLANT,
};

#define ROOT_ORDINAL 0x80000000u

/* What memory is seen as: integers by log2 of their size in bytes, or floats for their atomics. */
enum view {
    VIEW_U8,
    VIEW_U16,
    VIEW_U32,
    VIEW_U64,
    VIEW_FLOAT,
    VIEWS,
};

struct root {
    enum root_kind kind;
    uint32_t ordinal;     /* in t->roots, with ROOT_ORDINAL; slots of the heap are below it */
    uint32_t slot;        /* of the heap: id of the slot that is being accessed */
    unsigned index;       /* Metal index of resources; parameter of others */
    LLVMValueRef value;   /* argument, global or alloca */
    struct argument *argument; /* or NULL */
    unsigned shift;       /* log2 of the alignment of byte 0: 0, 1, 2 */
    uint32_t length;      /* words; 0: runtime or specialised */
    uint32_t last;        /* id of length - 1, for clamping; 0 for buffers */
    uint32_t view[VIEWS]; /* variable by enum view */
    uint32_t base;        /* buffers: id of the remainder, in units of 1 << shift bytes */
    SpvStorageClass storage;
    unsigned access;      /* enum pvg_shader_access bits seen */
    const uint32_t *initial; /* threadgroup variables: words to start with, or NULL for zeros */
    /* textures and samplers */
    struct texture *texture;
    struct root **elements;     /* of an array: argument->count of them, their ordinals in a row */
    uint32_t sampler[2];        /* plain, compare */
    uint64_t words[2];          /* constant samplers */
};

/* (id << shift) + constant, bytes. id 0: the constant alone. */
struct offset {
    uint32_t id;
    unsigned shift;
    uint32_t constant;
};

struct pointer {
    GPtrArray *roots;  /* struct root; borrowed */
    uint32_t ordinal;  /* id of the root's ordinal or heap slot; 0: the only root's */
    struct offset offset;
};

/* ---- Textures ---- */

struct texture {
    unsigned index, count;
    bool storage, depth, arrayed, multisampled, cube_as_array, atomic;
    bool heap; /* `variable` is an array of them */
    enum pvg_texture_kind kind;
    enum pvg_texture_dimension dimension;
    enum pvg_component_class class;
    uint32_t variable, type, scalar; /* scalar: id of the texel component type */
    uint32_t access;
    SpvImageFormat format;
    uint32_t twin, twin_type; /* where a storage texture is read; 0: where it is written */
};

/* An output of a mesh function: an array over its vertices or primitives. */
struct mesh_output {
    uint32_t key;  /* data index or built-in */
    uint32_t type; /* of an element */
    uint32_t variable;
};

/* ---- Control flow ---- */

struct graph;

/* ---- One translation ---- */

struct translator {
    jmp_buf refused;
    struct pvg_translation *out;
    const struct pvg_shader_options *options;
    struct pvg_shader_reflection *reflection;

    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMTargetDataRef layout;
    LLVMMemoryBufferRef buffer;
    GPtrArray *kept;     /* g_free'd at the end */
    GPtrArray *kept_arrays, *kept_tables, *kept_pointer_arrays; /* unref'd at the end */

    struct entry entry;
    bool fast_math;      /* compile option; informative */
    bool preserve_denorms;

    struct spirv_builder spirv;
    GHashTable *values;   /* LLVMValueRef -> id */
    GHashTable *indices;  /* LLVMValueRef -> 2: only address arithmetic uses it; 1: not so */
    GHashTable *pointers; /* LLVMValueRef -> struct pointer, kept */
    GPtrArray *roots;     /* struct root, kept */
    GHashTable *root_of;  /* LLVMValueRef -> struct root */
    GPtrArray *textures;  /* struct texture, kept */
    struct root *heap;    /* ROOT_HEAP, or NULL: nothing comes out of memory */
    GHashTable *heap_textures; /* binding -> struct texture, kept */
    struct graph *graph;
    uint32_t current_label;

    uint32_t push;        /* push constant variable, or 0 */
    uint32_t view_block[VIEWS]; /* type of the block of each buffer view */
    uint32_t constant_sampler[PVG_SHADER_CONSTANT_SAMPLERS];
    GHashTable *builtins;  /* built-in and storage class -> variable */
    GHashTable *interpolants; /* struct argument -> variable */
    uint32_t function;    /* id of the entry point */
    uint32_t control_point[PVG_SHADER_ATTRIBUTES]; /* input arrays of a patch, by field */
    unsigned control_point_fields;
    uint32_t sample_count; /* specialisation constant, or 0 */
    GPtrArray *vertex_outputs, *primitive_outputs; /* struct mesh_output, kept */
    uint32_t gathered, gathered_words; /* Workgroup: what mesh and object functions set */
    uint32_t payload;      /* variable, or 0 */
    bool wrote_position, sample_mask_flat;
    enum depth_qualifier depth_qualifier;
    uint32_t local_size[3];
    uint64_t local_bytes;
    uint32_t budget;      /* Private counter */
};

/* Gives up with a reason. */
_Noreturn void refuse(struct translator *t, enum pvg_translate_status status, const char *format,
                      ...) PVG_PRINTF(3, 4);
/* Gives up unless the device has it; notes the need otherwise. */
void need(struct translator *t, enum pvg_shader_feature_bit bit, const char *why);
bool has(struct translator *t, enum pvg_shader_feature_bit bit);

/* Zeroed memory that lives as long as the translation. */
void *keep(struct translator *t, size_t size);
GArray *keep_array(struct translator *t, size_t element_size);
const char *keep_text(struct translator *t, const char *text, size_t length);

/* ---- module.c ---- */
void module_read(struct translator *t, const void *air, size_t size);
void module_admit(struct translator *t);
void module_release(struct translator *t);

/* ---- metadata.c ---- */
void metadata_read_entry(struct translator *t, const char *name);
size_t metadata_list_entries(LLVMModuleRef module, struct pvg_air_entry *entries, size_t capacity);
struct argument *metadata_input(struct translator *t, unsigned parameter);
GArray *metadata_control_point_fields(struct translator *t, const struct argument *argument);
void metadata_members(struct translator *t, const struct argument *argument);
/* The member of an argument buffer that byte @offset is in, or NULL. */
struct argument *metadata_member(struct translator *t, const struct argument *argument,
                                 uint32_t offset);

/* ---- passes.c ---- */
void passes_run(struct translator *t);

/* ---- types.c ---- */
uint32_t type_id(struct translator *t, LLVMTypeRef type);
uint32_t constant_id(struct translator *t, LLVMValueRef constant);
bool type_is_bfloat(LLVMTypeRef type);
uint64_t type_store_size(struct translator *t, LLVMTypeRef type);

/* ---- function.c ---- */
void function_emit(struct translator *t);
uint32_t value_id(struct translator *t, LLVMValueRef value);
void value_set(struct translator *t, LLVMValueRef value, uint32_t id);
/* Counts one iteration of the invocation; the id of whether it may go on. */
uint32_t function_spend_budget(struct translator *t);
/* Ends the current block inside one LLVM block and opens @label. */
void function_open(struct translator *t, uint32_t label);

/* A run-time choice between @count cases, emitted as a structured OpSwitch over @literals; @emit
 * makes the value of each case (0 when @type is 0). The last case takes every other selector. */
uint32_t function_switch(struct translator *t, uint32_t selector, const uint32_t *literals,
                         unsigned count, uint32_t type,
                         uint32_t (*emit)(struct translator *t, unsigned which, void *data),
                         void *data);

/* A counted loop around what @emit makes; the index is below @limit. */
void function_count(struct translator *t, uint32_t first, uint32_t limit, uint32_t step,
                    void (*emit)(struct translator *t, uint32_t index, void *data), void *data);

/* ---- instructions.c ---- */
void instruction_emit(struct translator *t, LLVMValueRef instruction);
/* All 64 bits of a value that instruction_emit() took for an index and passed over; else 0. */
uint32_t instruction_index(struct translator *t, LLVMValueRef value);

/* ---- roots.c ---- */
GPtrArray *roots_of(struct translator *t, LLVMValueRef value);
/* The array argument that a handle is loaded from, or NULL. */
struct root *roots_array(struct translator *t, LLVMValueRef handle);
/* The operand whose roots are the pointer's own: of casts and GEPs; else NULL. */
LLVMValueRef roots_through(LLVMValueRef value);

/* ---- memory.c ---- */
void memory_prepare(struct translator *t);
struct pointer *memory_pointer(struct translator *t, LLVMValueRef value);
uint32_t memory_load(struct translator *t, LLVMValueRef instruction);
void memory_store(struct translator *t, LLVMValueRef instruction);
uint32_t memory_load_typed(struct translator *t, struct pointer *pointer, LLVMTypeRef type,
                           unsigned alignment);
void memory_store_typed(struct translator *t, struct pointer *pointer, LLVMTypeRef type,
                        uint32_t value, unsigned alignment);
/* What a pointer-typed instruction points to; nothing is accessed. */
void memory_define(struct translator *t, LLVMValueRef instruction);
void memory_copy(struct translator *t, LLVMValueRef call);
void memory_fill(struct translator *t, LLVMValueRef call);
uint32_t memory_compare(struct translator *t, LLVMValueRef compare);
struct root *memory_only_root(struct translator *t, LLVMValueRef value, enum root_kind kind);
/* An access chain to the atom at @offset in @root: VIEW_U32, VIEW_U64 or VIEW_FLOAT. */
uint32_t memory_atom(struct translator *t, struct root *root, struct offset offset, enum view view);
/* Runs @emit for the one root a pointer has, or as a run-time choice between all of them. */
uint32_t memory_for_each_root(struct translator *t, struct pointer *pointer, uint32_t type,
                              uint32_t (*emit)(struct translator *t, struct root *root,
                                               void *data),
                              void *data);
/* Pointers in phis have two parts: the root's ordinal and the offset. */
uint32_t memory_pointer_part(struct translator *t, LLVMValueRef of, LLVMValueRef value,
                             unsigned part);
void memory_set_pointer_phi(struct translator *t, LLVMValueRef phi, const uint32_t *ids);

/* ---- u32.c: arithmetic on 32-bit unsigned ids that folds constants ---- */
uint32_t u32_add(struct translator *t, uint32_t a, uint32_t b);
uint32_t u32_mul(struct translator *t, uint32_t a, uint32_t b);
uint32_t u32_shl(struct translator *t, uint32_t a, unsigned bits);
uint32_t u32_shr(struct translator *t, uint32_t a, unsigned bits);
uint32_t u32_and(struct translator *t, uint32_t a, uint32_t mask);
uint32_t u32_min(struct translator *t, uint32_t a, uint32_t b);
uint32_t u32_constant(struct translator *t, uint32_t value);
uint32_t u32_type(struct translator *t);
/* Of any integer, by its value: widened with or without sign, or truncated. */
uint32_t u32_from(struct translator *t, uint32_t id, bool is_signed);

/* The byte offset of a pointer in its root; of handles: the low word of the number. */
uint32_t memory_offset_bytes(struct translator *t, struct pointer *pointer);

/* ---- heaps.c ---- */
struct root *heap_root(struct translator *t);
uint32_t heap_slots(const struct translator *t);
void heap_take_apart(struct translator *t, uint32_t low, uint32_t high, struct pointer *out);
void heap_put_together(struct translator *t, struct pointer *pointer, uint32_t *low,
                       uint32_t *high);
/* An access chain to element @index of the buffer in heap->slot. */
uint32_t heap_element(struct translator *t, struct root *heap, enum view view, uint32_t index);
struct texture *heap_texture(struct translator *t, LLVMValueRef handle, enum pvg_texture_kind kind,
                             enum pvg_component_class class);
uint32_t heap_image_pointer(struct translator *t, const struct texture *texture, uint32_t slot);
uint32_t heap_image(struct translator *t, const struct texture *texture, uint32_t slot);
uint32_t heap_sampler(struct translator *t, uint32_t number, bool compare);

/* ---- resources.c ---- */
uint32_t resource_push(struct translator *t, unsigned byte);
void resource_buffer(struct translator *t, struct root *root);
uint32_t resource_buffer_view(struct translator *t, struct root *root, unsigned log2_size);
/* The texture behind @handle, which has @root. */
struct texture *resource_texture(struct translator *t, struct root *root, LLVMValueRef handle,
                                 const char *kind, enum pvg_component_class component);
/* struct { element elements[]; } and the type of an element */
uint32_t resource_buffer_block(struct translator *t, enum view view);
uint32_t resource_view_element(struct translator *t, enum view view);
void resource_shape(struct texture *texture, enum pvg_texture_kind kind);
/* Makes the image type of a texture that is accessed so, and what it needs. */
void resource_image_type(struct translator *t, struct texture *texture, unsigned access);
void resource_image_access(struct translator *t, const struct texture *texture, unsigned access);
enum pvg_component_class resource_class_from_name(const char *type_name);
enum pvg_component_class resource_class_from_uses(LLVMValueRef handle);
void resource_report(struct translator *t);
uint32_t resource_sampler(struct translator *t, struct root *root, bool compare);
uint32_t resource_set(struct translator *t);

/* ---- stage.c and its kin ---- */
void stage_begin(struct translator *t); /* emits the loads of inputs */
void stage_return(struct translator *t, LLVMValueRef value); /* stores outputs, ends the block */
void stage_declare(struct translator *t); /* execution modes */
uint32_t stage_builtin(struct translator *t, SpvBuiltIn builtin, uint32_t type,
                       SpvStorageClass storage);
uint32_t stage_load_builtin(struct translator *t, SpvBuiltIn builtin, uint32_t type);
SpvExecutionModel stage_model(struct translator *t);
uint32_t stage_fit(struct translator *t, uint32_t value, uint32_t type, bool is_signed);
uint32_t stage_local_size(struct translator *t, unsigned axis);

void vertex_input(struct translator *t, struct argument *argument, LLVMValueRef parameter);
void vertex_output(struct translator *t, struct argument *argument, uint32_t value);
void vertex_finish(struct translator *t);
void fragment_input(struct translator *t, struct argument *argument, LLVMValueRef parameter);
void fragment_output(struct translator *t, struct argument *argument, uint32_t value);
void fragment_declare(struct translator *t);
void kernel_input(struct translator *t, struct argument *argument, LLVMValueRef parameter);
void kernel_declare(struct translator *t);
void mesh_begin(struct translator *t);
bool mesh_finish(struct translator *t); /* whether it has ended the block */
void mesh_payload(struct translator *t, struct root *root);
void mesh_declare(struct translator *t);

uint32_t evaluation_control_point(struct translator *t, LLVMValueRef call);

void evaluation_declare(struct translator *t);
uint32_t fragment_interpolant(struct translator *t, struct argument *argument, uint32_t type,
                              bool linear);
uint32_t stage_scalar(struct translator *t, enum pvg_component_class class);
uint32_t stage_widen(struct translator *t, uint32_t value, enum pvg_component_class class);
void stage_report_varying(struct translator *t, const char *link, enum pvg_component_class class,
                          unsigned components, unsigned location, bool flat, bool per_primitive);
enum pvg_component_class stage_class(const char *type_name, struct translator *t, uint32_t type);

/* ---- intrinsics.c ---- */

/* A call of air.<name>[.<types>], parsed. */
struct call {
    LLVMValueRef instruction;
    LLVMTypeRef result;   /* LLVM type */
    const struct intrinsic *row;
    char name[96];        /* without "air." and "fast_", up to the first dot */
    char rest[96];        /* after that dot */
    const char *kind;     /* of prefix rows: what follows the prefix */
    bool fast;
    bool is_signed;       /* ".s." in the name */
    unsigned count;       /* operands */
};

struct intrinsic {
    const char *name;
    uint32_t (*emit)(struct translator *t, struct call *call);
    uint32_t detail;
    uint8_t operands;     /* exact count, or ANY_OPERANDS */
    bool prefix;
};
#define ANY_OPERANDS 0xff

void intrinsic_emit(struct translator *t, LLVMValueRef call);
/* Parses the name of the function a call calls; false if it is no air.* */
bool intrinsic_parse(LLVMValueRef call, struct call *out);
LLVMValueRef call_operand(struct call *call, unsigned index);
uint32_t call_value(struct translator *t, struct call *call, unsigned index);
uint32_t call_typed(struct translator *t, struct call *call, unsigned index, uint32_t type);
uint32_t call_constant(struct translator *t, struct call *call, unsigned index, uint32_t limit);
uint32_t call_type(struct translator *t, struct call *call);
_Noreturn void call_misuse(struct translator *t, struct call *call, const char *what);

extern const struct intrinsic math_intrinsics[], integer_intrinsics[], convert_intrinsics[],
    atomic_intrinsics[], simd_intrinsics[], texture_intrinsics[], fragment_intrinsics[],
    mesh_intrinsics[];

/* Shared arithmetic. */
uint32_t math_saturate_to_int(struct translator *t, uint32_t value, uint32_t type, bool is_signed);
uint32_t math_to_float32(struct translator *t, uint32_t value);
uint32_t math_to_type(struct translator *t, uint32_t value, uint32_t type);
uint32_t math_is_nan(struct translator *t, uint32_t value);
uint32_t math_bfloat_round(struct translator *t, uint32_t value);
uint32_t math_select(struct translator *t, uint32_t condition, uint32_t yes, uint32_t no);
uint32_t math_divide(struct translator *t, uint32_t x, uint32_t y, bool precise);

/* ---- graph.c ---- */

struct phi {
    LLVMValueRef like;  /* the LLVM phi whose type it has */
    uint32_t id[2];     /* pointers have two parts */
    guint at[2];        /* where its operands stand in the body, for the patch */
};

/* A value that flows along an edge into a phi. */
struct flow {
    LLVMValueRef value; /* or NULL: */
    struct phi *phi;
    uint32_t id[2];     /* known when the block it comes from has been emitted */
};

struct edge {
    struct block *from, *to;
    GArray *flows; /* struct flow, one per phi of `to`; shorter: the rest is zero */
};

enum block_exit {
    EXIT_RETURN,
    EXIT_BRANCH,
    EXIT_CONDITIONAL,
    EXIT_UNREACHABLE,
    EXIT_BUDGET,      /* continue block: back to the header, or out when the budget is spent */
};

struct block {
    LLVMBasicBlockRef llvm; /* NULL: inserted */
    unsigned order;         /* reverse post-order */
    uint32_t label, end_label; /* end_label: the last one, when code inside opened others */
    enum block_exit exit;
    LLVMValueRef condition, returned;
    struct edge *out[2];
    GArray *in;             /* struct edge * */
    GArray *phis;           /* struct phi * */
    struct block *merge;    /* selection merge, or NULL */
    struct block *loop_merge, *loop_continue; /* of loop headers */
    struct block *budget_from; /* of loop merges: the continue block that may leave to here */
    struct block *idom, *ipdom;
    bool claimed;           /* is some construct's merge or continue block */
    struct block *loop;     /* innermost loop header that contains it, or NULL */
    unsigned pdom_order;
};

struct graph {
    GPtrArray *blocks; /* struct block, kept; after graph_build in reverse post-order */
    struct block *entry;
};

struct graph *graph_build(struct translator *t);
/* Loop headers a block belongs to, innermost first, by walking ->loop. */
bool graph_dominates(const struct block *a, const struct block *b);

#endif
