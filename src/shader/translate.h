/* SPDX-License-Identifier: MIT */
/* The door of the shader translator: one function of an AIR module in, SPIR-V 1.6 for Vulkan 1.3
 * and a record of its interface out.
 *
 * Nothing here names LLVM: the translator itself (libpvg-translate) runs in the confined compiler
 * process, in tools and in tests; libpvg only makes requests and reads results. Options and
 * reflection are plain bytes without pointers or padding, so they travel over shared memory, are
 * hashed as cache keys and are stored as they are. Zero them before filling them.
 *
 * Bindings. Set 0: vertex, kernel, mesh, evaluation; set 1: fragment; set 2: object; set 3: the
 * heaps that handles in memory choose from. The numbers below are PVG_BINDING_* and PVG_HEAP_*, of
 * push constants PVG_PUSH_*, of specialisation constants PVG_SPEC_*. A module declares only what
 * its entry uses. Spec: 02-errata-gpu 2, 70-air 10. */
#ifndef PVG_SHADER_TRANSLATE_H
#define PVG_SHADER_TRANSLATE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

/* Part of every cache key: grows with each change of what the translator emits. */
#define PVG_TRANSLATOR_VERSION 8

/* Spec: 70-air 5.2, 14. */
#define PVG_SHADER_BUFFERS           31
#define PVG_SHADER_TEXTURES          128
#define PVG_SHADER_SAMPLERS          16
#define PVG_SHADER_CONSTANT_SAMPLERS 16
#define PVG_SHADER_ATTRIBUTES        31
#define PVG_SHADER_VARYINGS          32
#define PVG_SHADER_COLOURS           8
#define PVG_SHADER_CONSTANTS         64
#define PVG_SHADER_MEMBERS           64 /* of argument buffers, all together */
#define PVG_SHADER_HEAPS             32 /* of set 3, used by one function */
#define PVG_SHADER_NAME_SIZE         256
#define PVG_SHADER_MAX_AIR           (16u << 20) /* bytes */
#define PVG_SHADER_MAX_WORDS         (1u << 20)  /* of SPIR-V */

/* Descriptor bindings. Spec: 02-errata-gpu 2.2. */
#define PVG_BINDING_BUFFER           0   /* + buffer index: STORAGE_BUFFER */
#define PVG_BINDING_SAMPLED          32  /* + texture index: SAMPLED_IMAGE, UNIFORM_TEXEL_BUFFER */
#define PVG_BINDING_STORAGE          160 /* + texture index: STORAGE_IMAGE, STORAGE_TEXEL_BUFFER */
#define PVG_BINDING_SAMPLER          288 /* + sampler index: SAMPLER, comparison off */
#define PVG_BINDING_COMPARE          304 /* + sampler index: SAMPLER, comparison on */
#define PVG_BINDING_CONSTANT_SAMPLER 320 /* + ordinal: SAMPLER, immutable, from its words */
#define PVG_BINDING_COLOUR           336 /* + attachment: INPUT_ATTACHMENT, same attachment index */

/* Set 3: what handles and pointers found in memory (argument buffers) choose from at run time. Each
 * binding is an array of options->heap_slots descriptors, one heap a kind of object, so that an
 * index of another kind finds a null descriptor; the shader clamps every index. The host fills all
 * slots: slot 0, the last one and whatever is not an object of the task's of that kind are null
 * (samplers: the default sampler). What the guest stores are numbers that the host handed out:
 *
 *   pointer          bits 63:40 slot in PVG_HEAP_BUFFERS, bits 39:0 byte offset; the descriptor
 *                    spans the whole buffer and bounds the access
 *   texture          slot in the heap of its kind, the same in all heaps the texture is in
 *   sampler          slot; bit 31 set: pixel coordinates
 *
 * 0 is null in all three. Spec: 70-air 10.7; 02-errata-gpu 2.2, 2.4 class C. The errata's table of
 * device addresses has become a heap of buffer descriptors: the hardware bounds them, no address
 * exists in any shader, and a device of type CPU can have it too. */
#define PVG_SET_HEAPS       3
#define PVG_HEAP_SLOTS      4096 /* when options->heap_slots is 0 */
#define PVG_HEAP_BUFFERS    0    /* STORAGE_BUFFER */
#define PVG_HEAP_SAMPLERS   1    /* SAMPLER, comparison off */
#define PVG_HEAP_COMPARES   2    /* SAMPLER, comparison on */
#define PVG_HEAP_SAMPLED    16   /* + 4 * enum pvg_texture_kind + enum pvg_component_class */
#define PVG_HEAP_STORAGE    80   /* the same; cubes as 2D arrays of six layers each */
#define PVG_HEAP_ATOMIC     144  /* the same; R32_UINT and R32_SINT views only */
#define PVG_HEAP_END        208

/* Push constants, byte offsets in one range of 128 bytes that all stages share. Spec: 2.3. */
#define PVG_PUSH_SIZE             128
#define PVG_PUSH_REMAINDER_SET0   0x00 /* u8 [31]: offset of buffer i mod the device's alignment */
#define PVG_PUSH_REMAINDER_SET1   0x20 /* u8 [31] */
#define PVG_PUSH_PIXEL_SAMPLERS   0x40 /* u16 set 0, u16 set 1: samplers with pixel coordinates */
#define PVG_PUSH_GRID_THREADS     0x44 /* u32 [3]; kernels only; 0: indirect */
#define PVG_PUSH_GRID_GROUPS      0x50 /* u32 [3] */
#define PVG_PUSH_NOMINAL_GROUP    0x5c /* u32 [3] */
#define PVG_PUSH_FIRST_GROUP      0x68 /* u32 [3] */
#define PVG_PUSH_TARGET_LIMITS    0x74 /* u16 layers - 1, u16 viewports - 1 */

/* Specialisation constants, u32 each. */
#define PVG_SPEC_LOCAL_X      0
#define PVG_SPEC_LOCAL_Y      1
#define PVG_SPEC_LOCAL_Z      2
#define PVG_SPEC_SAMPLE_COUNT 3
#define PVG_SPEC_THREADGROUP  16 /* + threadgroup argument: length in words, round16(bytes) / 4, >= 1 */

enum pvg_shader_stage {
    PVG_STAGE_ANY, /* in a request: whatever the entry is */
    PVG_STAGE_VERTEX,
    PVG_STAGE_FRAGMENT,
    PVG_STAGE_KERNEL,
    PVG_STAGE_MESH,
    PVG_STAGE_OBJECT,
    PVG_STAGE_EVALUATION, /* post-tessellation vertex function */
};

/* The numeric class of a format, attribute, varying or texel. */
enum pvg_component_class {
    PVG_CLASS_NONE, /* absent, or not known */
    PVG_CLASS_FLOAT,
    PVG_CLASS_SIGNED,
    PVG_CLASS_UNSIGNED,
};

/* What the device offers, and what a module needs: bits of a u64. X(suffix, words for a refusal).
 * The words are the Vulkan feature. Add at the end. */
#define PVG_SHADER_FEATURES(X)                                                                     \
    X(CPU, "device of type CPU: loops carry an iteration budget")                                  \
    X(INT8, "shaderInt8")                                                                          \
    X(INT16, "shaderInt16")                                                                        \
    X(INT64, "shaderInt64")                                                                        \
    X(FLOAT16, "shaderFloat16")                                                                    \
    X(STORAGE8, "storageBuffer8BitAccess")                                                         \
    X(STORAGE16, "storageBuffer16BitAccess")                                                       \
    X(INT64_ATOMICS, "shaderBufferInt64Atomics")                                                   \
    X(FLOAT_ATOMIC_ADD, "shaderBufferFloat32AtomicAdd and shaderSharedFloat32AtomicAdd")           \
    X(READ_WITHOUT_FORMAT, "shaderStorageImageReadWithoutFormat")                                  \
    X(WRITE_WITHOUT_FORMAT, "shaderStorageImageWriteWithoutFormat")                                \
    X(MIN_LOD, "shaderResourceMinLod")                                                             \
    X(GATHER_EXTENDED, "shaderImageGatherExtended")                                                \
    X(CUBE_ARRAY, "imageCubeArray")                                                                \
    X(STORAGE_MULTISAMPLE, "shaderStorageImageMultisample")                                        \
    X(SAMPLED_DYNAMIC, "shaderSampledImageArrayDynamicIndexing")                                   \
    X(DESCRIPTOR_INDEXING, "descriptor indexing: non-uniform indices of images and buffers")       \
    X(SUBGROUP_VOTE, "VK_SUBGROUP_FEATURE_VOTE_BIT")                                               \
    X(SUBGROUP_BALLOT, "VK_SUBGROUP_FEATURE_BALLOT_BIT")                                           \
    X(SUBGROUP_ARITHMETIC, "VK_SUBGROUP_FEATURE_ARITHMETIC_BIT")                                   \
    X(SUBGROUP_SHUFFLE, "VK_SUBGROUP_FEATURE_SHUFFLE_BIT")                                         \
    X(SUBGROUP_QUAD, "VK_SUBGROUP_FEATURE_QUAD_BIT")                                               \
    X(SUBGROUP_GRAPHICS, "subgroup operations in vertex stages")                                   \
    X(OUTPUT_LAYER, "shaderOutputLayer")                                                           \
    X(OUTPUT_VIEWPORT, "shaderOutputViewportIndex")                                                \
    X(CLIP_DISTANCE, "shaderClipDistance")                                                         \
    X(DRAW_PARAMETERS, "shaderDrawParameters")                                                     \
    X(GEOMETRY, "geometryShader: primitive id in fragment functions")                              \
    X(SAMPLE_SHADING, "sampleRateShading")                                                         \
    X(DUAL_SOURCE, "dualSrcBlend")                                                                 \
    X(STENCIL_EXPORT, "VK_EXT_shader_stencil_export")                                              \
    X(BARYCENTRICS, "VK_KHR_fragment_shader_barycentric")                                          \
    X(MESH, "VK_EXT_mesh_shader")                                                                  \
    X(TESSELLATION, "tessellationShader")                                                          \
    X(COLOUR_INPUT, "input attachments for framebuffer fetch")                                     \
    X(MULTIVIEW, "multiview")                                                                      \
    X(ROUND_NEAREST_16, "shaderRoundingModeRTEFloat16")                                            \
    X(PRESERVE_NAN_32, "shaderSignedZeroInfNanPreserveFloat32")                                    \
    X(DENORM_PRESERVE_32, "shaderDenormPreserveFloat32")

enum pvg_shader_feature_bit {
#define PVG_SHADER_FEATURE_BIT(name, words) PVG_SHADER_FEATURE_BIT_##name,
    PVG_SHADER_FEATURES(PVG_SHADER_FEATURE_BIT)
#undef PVG_SHADER_FEATURE_BIT
        PVG_SHADER_FEATURE_COUNT,
};
#define PVG_SHADER_FEATURE(name) (UINT64_C(1) << PVG_SHADER_FEATURE_BIT_##name)

/* "shaderInt64" */
const char *pvg_shader_feature_words(enum pvg_shader_feature_bit bit);

/* A value between stages. Both sides know it by its whole link string. */
struct pvg_varying {
    uint16_t name;        /* offset into names */
    uint8_t name_length;  /* bytes, no terminator */
    uint8_t component_class; /* enum pvg_component_class; 32 bits wide in SPIR-V */
    uint8_t components;   /* 1 to 4 */
    uint8_t location;
    uint8_t flat;         /* not interpolated */
    uint8_t per_primitive; /* mesh only */
};

struct pvg_varyings {
    uint32_t count;
    struct pvg_varying at[PVG_SHADER_VARYINGS];
    char names[4096]; /* not terminated */
};

/* A function constant's value. Bool is 0 or 1 in the first byte. */
struct pvg_shader_constant {
    uint32_t index;
    uint32_t size;     /* bytes of value that are meant, at most 16 */
    uint8_t value[16];
};

/* What pipeline creation knows; all of it changes the SPIR-V and belongs to the key. */
struct pvg_shader_options {
    uint64_t features;       /* PVG_SHADER_FEATURE() of the device */
    uint32_t stage;          /* enum pvg_shader_stage expected of the entry, or ANY */
    uint32_t budget;         /* iterations of one invocation on a CPU device; 0: 2^24 */
    uint32_t subgroup_size;  /* 0: read from the device at run time */
    uint32_t threadgroup_limit; /* bytes of static and bound threadgroup memory; 0: 32768 */
    uint8_t skip_validation; /* 1: the caller validates */
    uint8_t has_varyings;    /* fragment: `varyings` is the previous stage's list */
    uint8_t has_attributes;  /* vertex: `attribute_class` is filled; else the shader's own class */
    uint8_t has_colours;     /* fragment: `colour_class` is filled; else all are present */
    uint8_t alpha_slots;     /* fragment: bits of the slots whose one channel holds alpha */
    uint8_t reserved[7];
    uint32_t heap_slots;     /* descriptors in each heap of set 3; 0: PVG_HEAP_SLOTS; at least 2 */
    uint8_t attribute_class[PVG_SHADER_ATTRIBUTES + 1]; /* of the vertex *format* by location */
    uint8_t colour_class[PVG_SHADER_COLOURS];           /* NONE: the pass lacks the slot */
    uint32_t constant_count;
    struct pvg_shader_constant constants[PVG_SHADER_CONSTANTS];
    struct pvg_varyings varyings;
};

/* Why there is no SPIR-V. X(suffix, words). Add at the end. The last three come from the process
 * around the translator, never from itself. */
#define PVG_TRANSLATE_STATUSES(X)                                                                  \
    X(DONE, "translated")                                                                          \
    X(BITCODE, "not readable LLVM bitcode")                                                        \
    X(MODULE, "module not admissible")                                                             \
    X(ENTRY, "no such entry point")                                                                \
    X(METADATA, "entry-point metadata not usable")                                                 \
    X(LIMIT, "over a limit")                                                                       \
    X(INTRINSIC, "unknown or misused intrinsic")                                                   \
    X(UNSUPPORTED, "construct not supported")                                                      \
    X(FEATURE, "the device lacks a feature")                                                       \
    X(INVALID, "the emitted SPIR-V did not validate")                                              \
    X(TIMEOUT, "the compiler took too long")                                                       \
    X(CRASHED, "the compiler died")                                                                \
    X(HOST, "the compiler could not be run")

enum pvg_translate_status {
#define PVG_TRANSLATE_STATUS(name, words) PVG_TRANSLATE_##name,
    PVG_TRANSLATE_STATUSES(PVG_TRANSLATE_STATUS)
#undef PVG_TRANSLATE_STATUS
        PVG_TRANSLATE_STATUS_COUNT,
};

/* "BITCODE" */
const char *pvg_translate_status_name(enum pvg_translate_status status);
/* "not readable LLVM bitcode" */
const char *pvg_translate_status_words(enum pvg_translate_status status);

enum pvg_shader_access {
    PVG_ACCESS_READ = 1,
    PVG_ACCESS_WRITE = 2,
};

struct pvg_shader_buffer {
    uint32_t size;        /* bytes the shader may touch (passed by reference), or 0: unknown */
    uint32_t element_size; /* bytes of the pointed-to type, a hint; 0: unknown */
    uint8_t index;        /* Metal's; binding = PVG_BINDING_BUFFER + index */
    uint8_t access;       /* enum pvg_shader_access bits that the code really uses */
    uint8_t alignment;    /* bytes the bound offset must be a multiple of: 1, 2 or 4 */
    uint8_t argument_buffer;
};

enum pvg_texture_dimension {
    PVG_TEXTURE_1D,
    PVG_TEXTURE_2D,
    PVG_TEXTURE_3D,
    PVG_TEXTURE_CUBE,
    PVG_TEXTURE_TEXEL_BUFFER,
};

/* The kinds of Metal's texture types, as heaps are numbered. */
enum pvg_texture_kind {
    PVG_KIND_1D,
    PVG_KIND_1D_ARRAY,
    PVG_KIND_2D,
    PVG_KIND_2D_ARRAY,
    PVG_KIND_2D_MS,
    PVG_KIND_2D_MS_ARRAY,
    PVG_KIND_3D,
    PVG_KIND_CUBE,
    PVG_KIND_CUBE_ARRAY,
    PVG_KIND_BUFFER,
    PVG_KIND_DEPTH_2D,
    PVG_KIND_DEPTH_2D_ARRAY,
    PVG_KIND_DEPTH_2D_MS,
    PVG_KIND_DEPTH_2D_MS_ARRAY,
    PVG_KIND_DEPTH_CUBE,
    PVG_KIND_DEPTH_CUBE_ARRAY,
    PVG_KIND_COUNT,
};

struct pvg_kind_shape {
    uint8_t dimension; /* enum pvg_texture_dimension */
    uint8_t arrayed, multisampled, depth;
};

/* What a texture of @kind is. */
struct pvg_kind_shape pvg_kind_shape(enum pvg_texture_kind kind);

struct pvg_shader_texture {
    uint8_t index;     /* Metal's, of the first */
    uint8_t count;     /* consecutive indices, all in one descriptor array binding; 1: no array */
    uint8_t dimension; /* enum pvg_texture_dimension */
    uint8_t arrayed;
    uint8_t multisampled;
    uint8_t component_class; /* enum pvg_component_class */
    uint8_t depth;     /* compared, or declared as a depth texture */
    uint8_t storage;   /* binding = PVG_BINDING_STORAGE + index, else PVG_BINDING_SAMPLED + index */
    uint8_t access;    /* enum pvg_shader_access bits, of storage ones */
    uint8_t sampled_twin; /* a storage one that is read at PVG_BINDING_SAMPLED + index */
    uint8_t atomic;    /* 32-bit integer view needed */
    uint8_t cube_as_array; /* a cube bound as 2D array view of six layers each */
};

struct pvg_shader_sampler {
    uint8_t index;   /* Metal's */
    uint8_t plain;   /* binding PVG_BINDING_SAMPLER + index is used */
    uint8_t compare; /* binding PVG_BINDING_COMPARE + index is used */
    uint8_t reserved;
};

struct pvg_shader_constant_sampler {
    uint64_t word[2]; /* 70-air 6 */
    uint8_t compare;  /* used by comparing intrinsics: comparison on; else off */
    uint8_t reserved[7];
};

struct pvg_shader_attribute {
    uint8_t location;
    uint8_t component_class; /* enum pvg_component_class, as declared in SPIR-V */
    uint8_t components;
    uint8_t reserved;
};

struct pvg_shader_colour {
    uint8_t attachment;
    uint8_t source;          /* dual-source index */
    uint8_t component_class;
    uint8_t components;
};

struct pvg_shader_threadgroup {
    uint32_t index; /* Metal's argument index; SpecId PVG_SPEC_THREADGROUP + index */
};

/* A heap of set 3 that the function uses: an array of options->heap_slots descriptors. */
struct pvg_shader_heap {
    uint8_t binding; /* PVG_HEAP_BUFFERS, PVG_HEAP_SAMPLED + ..., and so on */
    uint8_t access;  /* enum pvg_shader_access bits: what the function does through it */
};

/* A member of an argument buffer. */
struct pvg_shader_member {
    uint32_t id;
    uint32_t offset; /* bytes */
    uint32_t count;
    uint8_t buffer;  /* index of the argument buffer */
    uint8_t kind;    /* enum pvg_shader_member_kind */
    uint8_t access;
    uint8_t reserved;
};

enum pvg_shader_member_kind {
    PVG_MEMBER_DATA,
    PVG_MEMBER_BUFFER,
    PVG_MEMBER_TEXTURE,
    PVG_MEMBER_SAMPLER,
    PVG_MEMBER_OTHER,
};

enum pvg_shader_flag {
    PVG_SHADER_EARLY_TESTS = 1 << 0,
    PVG_SHADER_DISCARDS = 1 << 1,
    PVG_SHADER_WRITES_MEMORY = 1 << 2,
    PVG_SHADER_FETCHES_COLOUR = 1 << 3,  /* reads attachments (02-errata row 27) */
    PVG_SHADER_NO_RASTERISATION = 1 << 4, /* vertex function without position */
    PVG_SHADER_WRITES_DEPTH = 1 << 5,
    PVG_SHADER_WRITES_STENCIL = 1 << 6,
    PVG_SHADER_WRITES_SAMPLE_MASK = 1 << 7,
    PVG_SHADER_PER_SAMPLE = 1 << 8,
    PVG_SHADER_USES_SUBGROUPS = 1 << 9,  /* results depend on the SIMD width */
    PVG_SHADER_USES_HEAPS = 1 << 10, /* set 3: handles and pointers out of memory */
    PVG_SHADER_UNRESOLVED_CONSTANTS = 1 << 11, /* function constants had no value: zero was used */
    PVG_SHADER_USES_PUSH = 1 << 12,
    PVG_SHADER_WRITES_LAYER = 1 << 13,
    PVG_SHADER_WRITES_VIEWPORT = 1 << 14,
    PVG_SHADER_WRITES_POINT_SIZE = 1 << 15,
    PVG_SHADER_BARRIERS = 1 << 16,
};

/* What the words alone cannot say. The device process derives sets and types from the words and
 * takes the rest from here (02-errata-gpu 2.5). */
struct pvg_shader_reflection {
    uint64_t features;           /* PVG_SHADER_FEATURE() the module needs */
    uint32_t stage;              /* enum pvg_shader_stage */
    uint32_t set;                /* 0, 1 or 2 */
    uint32_t flags;              /* enum pvg_shader_flag */
    uint32_t threadgroup_bytes;  /* static, of module variables */
    uint32_t max_group_threads;  /* declared limit, or 0 */
    uint32_t mesh_vertices, mesh_primitives, mesh_topology; /* mesh: 1 point, 2 line, 3 triangle */
    uint32_t payload_bytes;      /* object, mesh: a mesh's must not exceed its object function's */
    uint32_t patch_points;       /* evaluation: control points */
    uint32_t patch_quad;         /* evaluation: 1 quad, 0 triangle */
    uint32_t buffer_count, texture_count, sampler_count, constant_sampler_count;
    uint32_t attribute_count, colour_count, colour_input_mask, threadgroup_count, member_count;
    uint32_t unresolved_constants;
    struct pvg_shader_buffer buffers[PVG_SHADER_BUFFERS];
    struct pvg_shader_texture textures[PVG_SHADER_TEXTURES];
    struct pvg_shader_sampler samplers[PVG_SHADER_SAMPLERS];
    struct pvg_shader_constant_sampler constant_samplers[PVG_SHADER_CONSTANT_SAMPLERS];
    struct pvg_shader_attribute attributes[PVG_SHADER_ATTRIBUTES];
    struct pvg_shader_colour colours[2 * PVG_SHADER_COLOURS];
    struct pvg_shader_threadgroup threadgroups[PVG_SHADER_BUFFERS];
    struct pvg_shader_member members[PVG_SHADER_MEMBERS];
    struct pvg_varyings varyings; /* outputs of vertex and mesh, inputs of fragment */
    uint32_t heap_count;
    struct pvg_shader_heap heaps[PVG_SHADER_HEAPS];
    char entry[PVG_SHADER_NAME_SIZE]; /* terminated; the SPIR-V entry point is named "main" */
};

struct pvg_translate_request {
    const void *air;  /* raw or wrapped bitcode; borrowed */
    size_t air_size;  /* bytes */
    const char *entry; /* AIR name; NULL: the module's only entry of options->stage */
    const struct pvg_shader_options *options;
};

/* A translation owns its words. */
struct pvg_translation {
    enum pvg_translate_status status;
    uint64_t missing;      /* FEATURE: which, PVG_SHADER_FEATURE() */
    uint64_t nanoseconds[4]; /* spent in read, passes, emission, validation */
    char reason[256];      /* for people: "air.foo.f32 is not known"; empty when DONE */
    uint32_t *words;       /* g_free; NULL unless DONE */
    uint32_t word_count;
    struct pvg_shader_reflection reflection; /* zero unless DONE */
};

void pvg_translation_finish(struct pvg_translation *translation);

/* ---- libpvg-translate: LLVM inside ---- */

/* Translates; always fills @out, to be finished with pvg_translation_finish. Any thread, several at
 * once. Hostile bitcode can crash LLVM's reader: see pvg-airc. */
void pvg_translate(const struct pvg_translate_request *request, struct pvg_translation *out);

struct pvg_air_entry {
    uint32_t stage; /* enum pvg_shader_stage; ANY: a kind that cannot be translated */
    uint32_t argument_count;
    char name[PVG_SHADER_NAME_SIZE];
};

/* The entry points of a module: fills at most @capacity and returns how many there are; 0 with
 * @reason (256 bytes) when the module cannot be read. */
size_t pvg_air_entries(const void *air, size_t air_size, struct pvg_air_entry *entries,
                       size_t capacity, char *reason);

/* ---- libpvg-shader: no LLVM ---- */

/* A translation as flat bytes, and back. Decoding trusts nothing: false when any size, count,
 * enumerant or index is out of range, and @out is empty then. */
size_t pvg_translation_encoded_size(const struct pvg_translation *translation);
void pvg_translation_encode(const struct pvg_translation *translation, void *out);
PVG_NODISCARD bool pvg_translation_decode(const void *bytes, size_t size,
                                          struct pvg_translation *out);

/* Whether counts, indices and enumerants of a record are in range. */
PVG_NODISCARD bool pvg_reflection_is_sound(const struct pvg_shader_reflection *reflection);
PVG_NODISCARD bool pvg_shader_options_are_sound(const struct pvg_shader_options *options);

#endif
