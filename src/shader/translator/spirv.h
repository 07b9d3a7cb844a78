/* SPDX-License-Identifier: MIT */
/* A SPIR-V 1.6 module under construction: ids, sections, types and constants made once each.
 *
 * Types, constants and globals are unique by their words; every id remembers its type. What nothing
 * needs, types and constants too, is dropped when the module is put together. One thread. */
#ifndef PVG_SHADER_TRANSLATOR_SPIRV_H
#define PVG_SHADER_TRANSLATOR_SPIRV_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include <spirv/unified1/GLSL.std.450.h>
#include <spirv/unified1/spirv.h>

/* What a type id stands for. */
struct spirv_type {
    SpvOp op;         /* OpTypeBool, OpTypeInt, ... */
    uint32_t width;   /* of scalars, bits */
    uint32_t element; /* of vectors, arrays, pointers: type id */
    uint32_t count;   /* of vectors and arrays of constant length, members of structs */
};

struct spirv_builder {
    GArray *capabilities, *extensions, *modes, *decorations, *globals; /* words */
    GArray *variables; /* words of Function variables, which open the first block */
    GArray *body;      /* words of the function after its first label */
    GArray *interface; /* ids of global variables */
    GArray *type_of;   /* by id: type id, or 0 */
    GHashTable *unique; /* words of a type or constant -> id */
    GHashTable *shared, *first_shared; /* words -> id: of this block's, of the first block's */
    bool behind_first; /* the first block has been left */
    GHashTable *types;  /* type id -> struct spirv_type */
    GHashTable *have;   /* capabilities and extensions */
    GHashTable *values; /* id of a u32 constant -> its value */
    uint32_t bound, glsl;
};

void spirv_init(struct spirv_builder *b);
void spirv_finish(struct spirv_builder *b);

uint32_t spirv_id(struct spirv_builder *b);
void spirv_capability(struct spirv_builder *b, SpvCapability capability);
void spirv_extension(struct spirv_builder *b, const char *name);
void spirv_mode(struct spirv_builder *b, const uint32_t *words, size_t count, SpvOp op);

/* Appends one instruction to the body. @type 0: no result. Returns the result id. */
uint32_t spirv_emit(struct spirv_builder *b, SpvOp op, uint32_t type, const uint32_t *operands,
                    size_t count);
/* The same, or the result of an equal instruction of this block or of the first one, which comes
 * before all others. For what depends on its operands only, and results that stay undecorated. */
uint32_t spirv_share(struct spirv_builder *b, SpvOp op, uint32_t type, const uint32_t *operands,
                     size_t count);
/* The same into the globals section, not made unique. */
uint32_t spirv_global(struct spirv_builder *b, SpvOp op, uint32_t type, const uint32_t *operands,
                      size_t count);
void spirv_label(struct spirv_builder *b, uint32_t label);

void spirv_decorate_words(struct spirv_builder *b, SpvOp op, const uint32_t *operands,
                          size_t count);

#define SPIRV_WORDS(...) (const uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / 4
#define spirv_op(b, op, type, ...) spirv_emit(b, op, type, SPIRV_WORDS(__VA_ARGS__))
#define spirv_shared(b, op, type, ...) spirv_share(b, op, type, SPIRV_WORDS(__VA_ARGS__))
#define spirv_do(b, op, ...) ((void)spirv_emit(b, op, 0, SPIRV_WORDS(__VA_ARGS__)))
#define spirv_ext(b, inst, type, ...)                                                              \
    spirv_emit(b, SpvOpExtInst, type, SPIRV_WORDS((b)->glsl, inst, __VA_ARGS__))
#define spirv_shared_ext(b, inst, type, ...)                                                       \
    spirv_share(b, SpvOpExtInst, type, SPIRV_WORDS((b)->glsl, inst, __VA_ARGS__))
#define spirv_decorate(b, ...)                                                                     \
    spirv_decorate_words(b, SpvOpDecorate, SPIRV_WORDS(__VA_ARGS__))
#define spirv_member_decorate(b, ...)                                                              \
    spirv_decorate_words(b, SpvOpMemberDecorate, SPIRV_WORDS(__VA_ARGS__))

/* Types. Integers carry no sign; 8, 16 and 64 bits and half declare their capability. */
uint32_t spirv_void(struct spirv_builder *b);
uint32_t spirv_bool(struct spirv_builder *b);
uint32_t spirv_int(struct spirv_builder *b, unsigned width);
uint32_t spirv_sint(struct spirv_builder *b); /* 32 bits, signed: interfaces and images only */
uint32_t spirv_float(struct spirv_builder *b, unsigned width);
uint32_t spirv_vector(struct spirv_builder *b, uint32_t element, unsigned count);
uint32_t spirv_array(struct spirv_builder *b, uint32_t element, uint32_t count);
uint32_t spirv_array_of_length(struct spirv_builder *b, uint32_t element, uint32_t length_id);
uint32_t spirv_struct(struct spirv_builder *b, const uint32_t *members, size_t count);
uint32_t spirv_pointer(struct spirv_builder *b, SpvStorageClass storage, uint32_t pointee);
uint32_t spirv_unique_type(struct spirv_builder *b, SpvOp op, const uint32_t *operands,
                           size_t count);

const struct spirv_type *spirv_type(struct spirv_builder *b, uint32_t type);
uint32_t spirv_type_of(struct spirv_builder *b, uint32_t id);
/* The scalar of a vector type, or the type itself; and how many components. */
uint32_t spirv_scalar(struct spirv_builder *b, uint32_t type);
unsigned spirv_components(struct spirv_builder *b, uint32_t type);
unsigned spirv_width(struct spirv_builder *b, uint32_t type);
/* @type with every component replaced by scalar type @scalar. */
uint32_t spirv_shaped(struct spirv_builder *b, uint32_t type, uint32_t scalar);
bool spirv_is_float(struct spirv_builder *b, uint32_t type);
bool spirv_is_int(struct spirv_builder *b, uint32_t type);
bool spirv_is_bool(struct spirv_builder *b, uint32_t type);

/* Constants; of vector types all components are equal. */
uint32_t spirv_u32(struct spirv_builder *b, uint32_t value);
uint32_t spirv_constant_int(struct spirv_builder *b, uint32_t type, uint64_t value);
uint32_t spirv_constant_float(struct spirv_builder *b, uint32_t type, double value);
uint32_t spirv_constant_bool(struct spirv_builder *b, bool value);
uint32_t spirv_null(struct spirv_builder *b, uint32_t type);
uint32_t spirv_constant_composite(struct spirv_builder *b, uint32_t type, const uint32_t *parts,
                                  size_t count);
/* Whether @id is a u32 constant, and which. */
bool spirv_constant_value(struct spirv_builder *b, uint32_t id, uint32_t *value);

/* A variable of a module-level storage class, listed in the entry point's interface. */
uint32_t spirv_variable(struct spirv_builder *b, SpvStorageClass storage, uint32_t pointee,
                        uint32_t initialiser);
/* A Function variable. */
uint32_t spirv_local(struct spirv_builder *b, uint32_t pointee, uint32_t initialiser);

/* Puts the module together around the body; @entry_label opens it. Returns words to be freed. */
uint32_t *spirv_assemble(struct spirv_builder *b, SpvExecutionModel model, uint32_t entry_label,
                         uint32_t function, uint32_t *count);

#endif
