/* SPDX-License-Identifier: MIT */
/* Sampling, gathering, reading, writing and querying textures. Spec: 70-air 8.2, 8.3, 10.9;
 * 02-errata-gpu rows 9 to 11, 43, 47.
 *
 * An operand that may be one of several textures or samplers becomes a run-time choice between
 * instructions with one each. */
#include "shader/translator/translator.h"

#include <string.h>

struct texture_call {
    struct call *call;
    uint32_t (*emit)(struct translator *t, struct texture_call *x);
    struct root *texture_root, *sampler_root;
    struct pointer *handle, *sampler;
    uint32_t slot; /* of a texture out of memory */
    char kind[48];
    bool compare, gradients;
    struct texture *texture;
    unsigned next; /* operand */
};

static uint32_t type_of(struct translator *t, uint32_t id)
{
    return spirv_type_of(&t->spirv, id);
}

static uint32_t f32(struct translator *t)
{
    return spirv_float(&t->spirv, 32);
}

static enum pvg_component_class texel_class(const struct call *c)
{
    if (g_str_has_prefix(c->rest, "u.") || strstr(c->rest, ".u.")) {
        return PVG_CLASS_UNSIGNED;
    }
    if (g_str_has_prefix(c->rest, "s.") || strstr(c->rest, ".s.")) {
        return PVG_CLASS_SIGNED;
    }
    return strstr(c->rest, "f32") || strstr(c->rest, "f16") ? PVG_CLASS_FLOAT : PVG_CLASS_NONE;
}

static uint32_t texel_type(struct translator *t, const struct texture *texture)
{
    return spirv_vector(&t->spirv, texture->scalar, 4);
}

static unsigned dimensions(const struct texture *texture)
{
    switch (texture->dimension) {
    case PVG_TEXTURE_1D:
    case PVG_TEXTURE_TEXEL_BUFFER:
        return 1;
    case PVG_TEXTURE_2D:
        return 2;
    case PVG_TEXTURE_3D:
    case PVG_TEXTURE_CUBE:
        return 3;
    }
    return 2;
}

static uint32_t take(struct translator *t, struct texture_call *x)
{
    return call_value(t, x->call, x->next++);
}

static LLVMValueRef peek(struct texture_call *x)
{
    return x->next < x->call->count ? call_operand(x->call, x->next) : NULL;
}

static bool is_bool_value(LLVMValueRef value)
{
    return value && LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMIntegerTypeKind &&
           LLVMGetIntTypeWidth(LLVMTypeOf(value)) == 1;
}

/* Depth forms carry a constant behind the handles that says nothing new. */
static void skip_depth_mark(struct texture_call *x)
{
    if (x->texture->depth && peek(x) && LLVMIsAConstantInt(peek(x)) && !is_bool_value(peek(x))) {
        x->next++;
    }
}

/* ---- Results: {vector, i8}, a bare vector (AIR 1.x), or scalars of depth textures ---- */

static uint32_t fit_texel(struct translator *t, uint32_t texel, uint32_t type)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t scalar = spirv_scalar(b, type_of(t, texel));

    if (spirv_components(b, type) == 1 && spirv_components(b, type_of(t, texel)) > 1) {
        texel = spirv_op(b, SpvOpCompositeExtract, scalar, texel, 0);
    }
    if (type_of(t, texel) == type) {
        return texel;
    }
    if (spirv_is_float(b, type)) {
        return spirv_op(b, SpvOpFConvert, type, texel);
    }
    if (spirv_width(b, type) == 32) {
        return spirv_op(b, SpvOpBitcast, type, texel);
    }
    texel = spirv_op(b, SpvOpBitcast, spirv_shaped(b, type_of(t, texel), u32_type(t)), texel);
    return spirv_op(b, SpvOpUConvert, type, texel);
}

static uint32_t result(struct translator *t, struct call *c, uint32_t texel)
{
    struct spirv_builder *b = &t->spirv;
    LLVMTypeRef value = c->result;
    bool pair = LLVMGetTypeKind(value) == LLVMStructTypeKind;
    uint32_t id, resident;

    if (pair) {
        if (LLVMCountStructElementTypes(value) != 2) {
            call_misuse(t, c, "a result of another type");
        }
        value = LLVMStructGetTypeAtIndex(value, 0);
    }
    id = type_id(t, value);
    if (spirv_is_float(b, id) != spirv_is_float(b, type_of(t, texel)) ||
        (spirv_components(b, id) != 4 && spirv_components(b, id) != 1)) {
        call_misuse(t, c, "a result of another type");
    }
    texel = fit_texel(t, texel, id);
    if (!pair) {
        return texel;
    }
    resident = spirv_constant_int(b, type_id(t, LLVMStructGetTypeAtIndex(c->result, 1)), 1);
    return spirv_op(b, SpvOpCompositeConstruct, call_type(t, c), texel, resident);
}

/* ---- Coordinates ---- */

static uint32_t components_of(struct translator *t, uint32_t vector, uint32_t *parts)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = type_of(t, vector), count = spirv_components(b, type);

    for (uint32_t i = 0; i < count; i++) {
        parts[i] = count == 1 ? vector
                              : spirv_op(b, SpvOpCompositeExtract, spirv_scalar(b, type), vector, i);
    }
    return count;
}

static uint32_t compose(struct translator *t, uint32_t scalar, const uint32_t *parts,
                        unsigned count)
{
    return count == 1 ? parts[0]
                      : spirv_emit(&t->spirv, SpvOpCompositeConstruct,
                                   spirv_vector(&t->spirv, scalar, count), parts, count);
}

/* Float coordinates, checked. */
static uint32_t take_coordinates(struct translator *t, struct texture_call *x)
{
    uint32_t value = take(t, x);

    value = spirv_is_float(&t->spirv, type_of(t, value)) ? math_to_float32(t, value) : value;
    if (!spirv_is_float(&t->spirv, type_of(t, value)) ||
        spirv_components(&t->spirv, type_of(t, value)) != dimensions(x->texture)) {
        call_misuse(t, x->call, "coordinates of another type");
    }
    return value;
}

static uint32_t with_layer(struct translator *t, uint32_t coordinates, uint32_t layer)
{
    uint32_t parts[4], count = components_of(t, coordinates, parts);

    parts[count++] = spirv_op(&t->spirv, SpvOpConvertUToF, f32(t), u32_from(t, layer, false));
    return compose(t, f32(t), parts, count);
}

/* ---- Sampler state that the shader emulates: pixel coordinates ---- */

static bool may_be_pixel(const struct texture *texture)
{
    return !texture->arrayed && !texture->depth &&
           (texture->dimension == PVG_TEXTURE_1D || texture->dimension == PVG_TEXTURE_2D);
}

/* Whether the sampler has pixel coordinates: 0 never, 1 always, 2 as @condition says. */
static int pixel_coordinates(struct translator *t, struct texture_call *x, uint32_t *condition)
{
    struct root *root = x->sampler_root;
    uint32_t word, bit;

    if (!may_be_pixel(x->texture)) {
        return 0;
    }
    if (root->kind == ROOT_CONSTANT_SAMPLER) {
        return root->words[0] >> 15 & 1;
    }
    if (root->kind == ROOT_HEAP) {
        word = u32_shr(t, memory_offset_bytes(t, x->sampler), 31);
        *condition = spirv_op(&t->spirv, SpvOpINotEqual, spirv_bool(&t->spirv), word,
                              u32_constant(t, 0));
        return 2;
    }
    bit = root->index + (resource_set(t) == 1 ? 16 : 0);
    word = u32_and(t, resource_push(t, PVG_PUSH_PIXEL_SAMPLERS), 1u << bit);
    *condition = spirv_op(&t->spirv, SpvOpINotEqual, spirv_bool(&t->spirv), word,
                          u32_constant(t, 0));
    return 2;
}

static uint32_t image_value(struct translator *t, const struct texture_call *x)
{
    return x->texture->heap
               ? heap_image(t, x->texture, x->slot)
               : spirv_op(&t->spirv, SpvOpLoad, x->texture->type, x->texture->variable);
}

/* Coordinates divided by the size of level 0. */
static uint32_t normalised(struct translator *t, struct texture_call *x, uint32_t coordinates)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type = type_of(t, coordinates);
    uint32_t size;

    spirv_capability(b, SpvCapabilityImageQuery);
    size = spirv_op(b, SpvOpImageQuerySizeLod, spirv_shaped(b, type, u32_type(t)),
                    image_value(t, x), u32_constant(t, 0));
    size = spirv_op(b, SpvOpConvertUToF, type, size);
    return spirv_op(b, SpvOpFDiv, type, coordinates, size);
}

static uint32_t sampler_value(struct translator *t, const struct texture_call *x)
{
    if (x->sampler_root->kind == ROOT_HEAP) {
        return heap_sampler(t, memory_offset_bytes(t, x->sampler), x->compare);
    }
    return spirv_op(&t->spirv, SpvOpLoad, spirv_unique_type(&t->spirv, SpvOpTypeSampler, NULL, 0),
                    resource_sampler(t, x->sampler_root, x->compare));
}

static uint32_t sampled_image(struct translator *t, struct texture_call *x)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t type, sampler, id;

    if (x->texture->cube_as_array && !x->texture->storage) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a cube that is sampled and read by face");
    }
    if (x->texture->storage || x->texture->multisampled ||
        x->texture->dimension == PVG_TEXTURE_TEXEL_BUFFER) {
        call_misuse(t, x->call, "a texture that cannot be sampled");
    }
    type = spirv_unique_type(b, SpvOpTypeSampledImage, &x->texture->type, 1);
    sampler = sampler_value(t, x);
    id = spirv_op(b, SpvOpSampledImage, type, image_value(t, x), sampler);
    if (x->texture->heap || x->sampler_root->kind == ROOT_HEAP) {
        spirv_decorate(b, id, SpvDecorationNonUniform);
    }
    return id;
}

/* ---- Image operands ---- */

struct image_operands {
    uint32_t mask;
    uint32_t ids[8];
    unsigned count;
};

static void add_operand(struct image_operands *o, uint32_t bit, uint32_t id)
{
    o->mask |= bit; /* callers add in the order of the bits */
    o->ids[o->count++] = id;
}

static uint32_t emit_image(struct translator *t, SpvOp op, uint32_t type, const uint32_t *head,
                           unsigned head_count, const struct image_operands *o)
{
    uint32_t words[16];
    unsigned n = 0;

    for (unsigned i = 0; i < head_count; i++) {
        words[n++] = head[i];
    }
    if (o->mask) {
        words[n++] = o->mask;
        for (unsigned i = 0; i < o->count; i++) {
            words[n++] = o->ids[i];
        }
    }
    return spirv_emit(&t->spirv, op, type, words, n);
}

static bool is_constant_zero(LLVMValueRef value)
{
    return LLVMIsConstant(value) && LLVMIsNull(value);
}

/* [enabled i1, offset]: absent for cubes. */
static LLVMValueRef take_offset(struct translator *t, struct texture_call *x)
{
    LLVMValueRef enabled = peek(x), offset;

    if (x->texture->dimension == PVG_TEXTURE_CUBE) {
        return NULL;
    }
    if (!is_bool_value(enabled) || x->next + 1 >= x->call->count) {
        call_misuse(t, x->call, "no offset operand");
    }
    offset = call_operand(x->call, x->next + 1);
    x->next += 2;
    if (LLVMIsAConstantInt(enabled) && !LLVMConstIntGetZExtValue(enabled)) {
        return NULL;
    }
    return is_constant_zero(offset) ? NULL : offset;
}

/* A constant within what every device takes and Metal allows. */
static uint32_t constant_component(struct translator *t, struct texture_call *x, LLVMValueRef value)
{
    int64_t offset;

    if (!LLVMIsAConstantInt(value)) {
        call_misuse(t, x->call, "an offset of another type");
    }
    offset = LLVMConstIntGetSExtValue(value);
    if (offset < -8 || offset > 7) {
        refuse(t, PVG_TRANSLATE_LIMIT, "an offset of %d texels", (int)offset);
    }
    return spirv_constant_int(&t->spirv, spirv_sint(&t->spirv), (uint64_t)offset);
}

/* Offsets are signed, which makes a difference to Vulkan. */
static uint32_t constant_offset(struct translator *t, struct texture_call *x, LLVMValueRef offset)
{
    struct spirv_builder *b = &t->spirv;
    const unsigned count = dimensions(x->texture);
    LLVMTypeRef type = LLVMTypeOf(offset);
    uint32_t parts[3];

    if (count == 1) {
        return constant_component(t, x, offset);
    }
    if (LLVMGetTypeKind(type) != LLVMVectorTypeKind || LLVMGetVectorSize(type) != count) {
        call_misuse(t, x->call, "an offset of another type");
    }
    for (unsigned i = 0; i < count; i++) {
        parts[i] = constant_component(t, x, LLVMGetAggregateElement(offset, i));
    }
    return spirv_constant_composite(b, spirv_vector(b, spirv_sint(b), count), parts, count);
}

static void add_offset(struct translator *t, struct texture_call *x, struct image_operands *o,
                       LLVMValueRef offset, bool gather)
{
    struct spirv_builder *b = &t->spirv;

    if (!offset) {
        return;
    }
    if (LLVMIsConstant(offset)) {
        add_operand(o, SpvImageOperandsConstOffsetMask, constant_offset(t, x, offset));
    } else if (gather) {
        uint32_t id = value_id(t, offset);

        need(t, PVG_SHADER_FEATURE_BIT_GATHER_EXTENDED, "a gather offset that is no constant");
        if (spirv_components(b, type_of(t, id)) != dimensions(x->texture) ||
            spirv_scalar(b, type_of(t, id)) != u32_type(t)) {
            call_misuse(t, x->call, "an offset of another type");
        }
        spirv_capability(b, SpvCapabilityImageGatherExtended);
        add_operand(o, SpvImageOperandsOffsetMask,
                    spirv_op(b, SpvOpBitcast, spirv_shaped(b, type_of(t, id), spirv_sint(b)), id));
    } else {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a sampling offset that is no constant");
    }
}

static bool is_zero_float(LLVMValueRef value)
{
    return value && LLVMIsAConstantFP(value) && LLVMIsNull(value);
}

static uint32_t take_float(struct translator *t, struct texture_call *x)
{
    uint32_t value = take(t, x);

    if (!spirv_is_float(&t->spirv, type_of(t, value)) ||
        spirv_components(&t->spirv, type_of(t, value)) != 1) {
        call_misuse(t, x->call, "an operand that is no float");
    }
    return math_to_float32(t, value);
}

/* ---- Sampling ---- */

static uint32_t sample(struct translator *t, struct texture_call *x, uint32_t coordinates,
                       uint32_t reference, bool explicit_level, const struct image_operands *o)
{
    uint32_t head[3] = {sampled_image(t, x), coordinates, reference};
    SpvOp op = reference ? explicit_level ? SpvOpImageSampleDrefExplicitLod
                                          : SpvOpImageSampleDrefImplicitLod
               : explicit_level ? SpvOpImageSampleExplicitLod
                                : SpvOpImageSampleImplicitLod;

    return emit_image(t, op, reference ? f32(t) : texel_type(t, x->texture), head,
                      reference ? 3 : 2, o);
}

/* A minimum level other than zero. Spec: 02-errata-gpu row 43. */
static bool wants_min_lod(LLVMValueRef b)
{
    return b && !is_zero_float(b);
}

static uint32_t emit_sample(struct translator *t, struct texture_call *x)
{
    struct image_operands o = {0};
    struct spirv_builder *b = &t->spirv;
    bool fragment = t->entry.stage == PVG_STAGE_FRAGMENT, control_known, level;
    uint32_t coordinates, layer = 0, reference = 0, pixel = 0, dx = 0, dy = 0;
    LLVMValueRef offset, control, a, minimum;
    int pixels;

    skip_depth_mark(x);
    coordinates = take_coordinates(t, x);
    if (x->texture->arrayed) {
        layer = take(t, x);
    }
    if (x->compare) {
        reference = take_float(t, x);
    }
    pixels = pixel_coordinates(t, x, &pixel);
    if (pixels == 1) {
        coordinates = normalised(t, x, coordinates);
    } else if (pixels == 2) {
        uint32_t unit = normalised(t, x, coordinates);

        coordinates = math_select(t, pixel, unit, coordinates);
    }
    if (x->gradients) {
        dx = math_to_float32(t, take(t, x));
        dy = math_to_float32(t, take(t, x));
        minimum = peek(x);
        x->next++;
        offset = take_offset(t, x);
        if (wants_min_lod(minimum)) {
            need(t, PVG_SHADER_FEATURE_BIT_MIN_LOD, "a minimum level with gradients");
        }
        if (type_of(t, dx) != type_of(t, coordinates) || type_of(t, dy) != type_of(t, dx)) {
            call_misuse(t, x->call, "gradients of another type");
        }
        o.mask |= SpvImageOperandsGradMask;
        o.ids[o.count++] = dx;
        o.ids[o.count++] = dy;
        add_offset(t, x, &o, offset, false);
        coordinates = layer ? with_layer(t, coordinates, layer) : coordinates;
        return result(t, x->call, sample(t, x, coordinates, reference, true, &o));
    }
    offset = take_offset(t, x);
    control = peek(x);
    if (!is_bool_value(control) || x->next + 1 >= x->call->count) {
        call_misuse(t, x->call, "no level operand");
    }
    control_known = LLVMIsAConstantInt(control);
    if (!control_known) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a level whose meaning is decided at run time");
    }
    level = LLVMConstIntGetZExtValue(control);
    x->next++;
    a = peek(x);
    {
        uint32_t lod = take_float(t, x), zero = spirv_constant_float(b, f32(t), 0.0);

        minimum = peek(x);
        if (minimum && LLVMGetTypeKind(LLVMTypeOf(minimum)) == LLVMIntegerTypeKind) {
            minimum = NULL; /* AIR 1.x: no minimum */
        }
        if (!level && !fragment) {
            level = true; /* implicit levels exist in fragment functions only */
            lod = minimum ? math_to_float32(t, value_id(t, minimum)) : zero;
            minimum = NULL;
        }
        if (level) {
            if (pixels) {
                lod = pixels == 1 ? zero : math_select(t, pixel, zero, lod);
            }
            add_operand(&o, SpvImageOperandsLodMask, lod);
        } else if (wants_min_lod(minimum) && !has(t, PVG_SHADER_FEATURE_BIT_MIN_LOD)) {
            /* the level that would be used, not below the minimum */
            uint32_t pair, image = sampled_image(t, x);

            spirv_capability(b, SpvCapabilityImageQuery);
            pair = spirv_op(b, SpvOpImageQueryLod, spirv_vector(b, f32(t), 2), image, coordinates);
            pair = spirv_op(b, SpvOpCompositeExtract, f32(t), pair, 1);
            pair = spirv_op(b, SpvOpFAdd, f32(t), pair, lod);
            pair = spirv_ext(b, GLSLstd450NMax, f32(t), pair,
                             math_to_float32(t, value_id(t, minimum)));
            add_operand(&o, SpvImageOperandsLodMask, pair);
            level = true;
        } else {
            if (pixels) {
                /* level 0 whatever the derivatives: sixteen levels of bias */
                uint32_t low = spirv_constant_float(b, f32(t), -16.0);

                add_operand(&o, SpvImageOperandsBiasMask,
                            pixels == 1 ? low : math_select(t, pixel, low, lod));
            } else if (!is_zero_float(a)) {
                add_operand(&o, SpvImageOperandsBiasMask, lod);
            }
        }
        add_offset(t, x, &o, offset, false);
        if (!level && wants_min_lod(minimum)) {
            need(t, PVG_SHADER_FEATURE_BIT_MIN_LOD, "a minimum level");
            spirv_capability(b, SpvCapabilityMinLod);
            add_operand(&o, SpvImageOperandsMinLodMask,
                        math_to_float32(t, value_id(t, minimum)));
        }
    }
    coordinates = layer ? with_layer(t, coordinates, layer) : coordinates;
    return result(t, x->call, sample(t, x, coordinates, reference, level, &o));
}

static uint32_t emit_gather(struct translator *t, struct texture_call *x)
{
    struct image_operands o = {0};
    uint32_t coordinates, layer = 0, last = 0, pixel = 0, head[3];
    LLVMValueRef offset;
    int pixels;

    skip_depth_mark(x);
    coordinates = take_coordinates(t, x);
    if (x->texture->arrayed) {
        layer = take(t, x);
    }
    if (x->compare) {
        last = take_float(t, x);
    }
    pixels = pixel_coordinates(t, x, &pixel);
    if (pixels) {
        uint32_t unit = normalised(t, x, coordinates);

        coordinates = pixels == 1 ? unit : math_select(t, pixel, unit, coordinates);
    }
    offset = take_offset(t, x);
    if (!x->compare) {
        last = u32_constant(t, x->texture->depth ? 0 : call_constant(t, x->call, x->next, 4));
    }
    add_offset(t, x, &o, offset, true);
    head[0] = sampled_image(t, x);
    head[1] = layer ? with_layer(t, coordinates, layer) : coordinates;
    head[2] = last;
    return result(t, x->call,
                  emit_image(t, x->compare ? SpvOpImageDrefGather : SpvOpImageGather,
                             texel_type(t, x->texture), head, 3, &o));
}

static uint32_t emit_query_lod(struct translator *t, struct texture_call *x)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t coordinates, pair;

    if (t->entry.stage != PVG_STAGE_FRAGMENT) {
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "a level query outside fragment functions");
    }
    skip_depth_mark(x);
    coordinates = take_coordinates(t, x);
    spirv_capability(b, SpvCapabilityImageQuery);
    pair = spirv_op(b, SpvOpImageQueryLod, spirv_vector(b, f32(t), 2), sampled_image(t, x),
                    coordinates);
    return spirv_op(b, SpvOpCompositeExtract, f32(t), pair, x->call->row->detail);
}

/* ---- Reading and writing texels ---- */

/* Position, face and layer as integers; cubes become layers. */
static uint32_t take_position(struct translator *t, struct texture_call *x)
{
    uint32_t parts[5], count, position = take(t, x);
    unsigned wanted = x->texture->dimension == PVG_TEXTURE_CUBE ? 2 : dimensions(x->texture);

    if (!spirv_is_int(&t->spirv, type_of(t, position)) ||
        spirv_components(&t->spirv, type_of(t, position)) != wanted) {
        call_misuse(t, x->call, "a position of another type");
    }
    count = components_of(t, position, parts);
    for (uint32_t i = 0; i < count; i++) {
        parts[i] = u32_from(t, parts[i], false);
    }
    if (x->texture->dimension == PVG_TEXTURE_CUBE) {
        uint32_t face = u32_min(t, u32_from(t, take(t, x), false), u32_constant(t, 5));

        if (x->texture->arrayed) {
            uint32_t layer = u32_from(t, take(t, x), false);

            face = u32_add(t, u32_mul(t, layer, u32_constant(t, 6)), face);
        }
        parts[count++] = face;
    } else if (x->texture->arrayed) {
        parts[count++] = u32_from(t, take(t, x), false);
    }
    return compose(t, u32_type(t), parts, count);
}

static bool has_levels(const struct texture *texture)
{
    return texture->dimension != PVG_TEXTURE_TEXEL_BUFFER && !texture->multisampled;
}

/* The level, not above the last. */
static uint32_t clamped_level(struct translator *t, struct texture_call *x, uint32_t level)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t known, levels;

    if (spirv_constant_value(b, level, &known) && known == 0) {
        return level;
    }
    spirv_capability(b, SpvCapabilityImageQuery);
    levels = spirv_op(b, SpvOpImageQueryLevels, u32_type(t), image_value(t, x));
    levels = spirv_op(b, SpvOpISub, u32_type(t), levels, u32_constant(t, 1));
    return u32_min(t, level, levels);
}

static uint32_t emit_read(struct translator *t, struct texture_call *x)
{
    struct image_operands o = {0};
    uint32_t head[2], sample_index = 0, level = 0;

    skip_depth_mark(x);
    head[1] = take_position(t, x);
    if (x->texture->multisampled) {
        sample_index = u32_from(t, take(t, x), false);
    } else if (has_levels(x->texture) && x->next + 1 < x->call->count) {
        level = u32_from(t, take(t, x), false);
    }
    if (x->texture->twin) {
        head[0] = spirv_op(&t->spirv, SpvOpLoad, x->texture->twin_type, x->texture->twin);
        if (has_levels(x->texture)) {
            add_operand(&o, SpvImageOperandsLodMask, u32_constant(t, 0));
        }
        return result(t, x->call,
                      emit_image(t, SpvOpImageFetch, texel_type(t, x->texture), head, 2, &o));
    }
    head[0] = image_value(t, x);
    if (x->texture->storage) {
        if (sample_index) {
            add_operand(&o, SpvImageOperandsSampleMask, sample_index);
        }
        o.mask |= SpvImageOperandsNonPrivateTexelMask;
        return result(t, x->call, emit_image(t, SpvOpImageRead, texel_type(t, x->texture), head, 2,
                                             &o));
    }
    if (sample_index) {
        add_operand(&o, SpvImageOperandsSampleMask, sample_index);
    } else if (has_levels(x->texture)) {
        add_operand(&o, SpvImageOperandsLodMask,
                    clamped_level(t, x, level ? level : u32_constant(t, 0)));
    }
    return result(t, x->call,
                  emit_image(t, SpvOpImageFetch, texel_type(t, x->texture), head, 2, &o));
}

static uint32_t emit_write(struct translator *t, struct texture_call *x)
{
    struct spirv_builder *b = &t->spirv;
    struct image_operands o = {0};
    uint32_t head[3], texel, type = texel_type(t, x->texture);

    if (!x->texture->storage) {
        call_misuse(t, x->call, "a texture that is not writable");
    }
    head[1] = take_position(t, x);
    texel = take(t, x);
    if (spirv_components(b, type_of(t, texel)) != 4 ||
        spirv_is_float(b, type_of(t, texel)) != spirv_is_float(b, type)) {
        call_misuse(t, x->call, "a texel of another type");
    }
    if (spirv_is_float(b, type)) {
        texel = math_to_float32(t, texel);
    } else if (spirv_width(b, type_of(t, texel)) < 32) {
        texel = spirv_op(b, x->texture->class == PVG_CLASS_SIGNED ? SpvOpSConvert : SpvOpUConvert,
                         spirv_vector(b, u32_type(t), 4), texel);
    }
    if (type_of(t, texel) != type) {
        texel = spirv_op(b, SpvOpBitcast, type, texel);
    }
    head[0] = image_value(t, x);
    head[2] = texel;
    o.mask |= SpvImageOperandsNonPrivateTexelMask;
    (void)emit_image(t, SpvOpImageWrite, 0, head, 3, &o);
    return 0;
}

/* ---- Queries ---- */

enum query {
    QUERY_WIDTH,
    QUERY_HEIGHT,
    QUERY_DEPTH,
    QUERY_LAYERS,
    QUERY_LEVELS,
    QUERY_SAMPLES,
};

static uint32_t emit_query(struct translator *t, struct texture_call *x)
{
    struct spirv_builder *b = &t->spirv;
    const struct texture *texture = x->texture;
    enum query query = (enum query)x->call->row->detail;
    uint32_t image = image_value(t, x), size, wanted, count, value;

    spirv_capability(b, SpvCapabilityImageQuery);
    if (query == QUERY_LEVELS) {
        return texture->storage ? u32_constant(t, 1)
                                : spirv_op(b, SpvOpImageQueryLevels, u32_type(t), image);
    }
    if (query == QUERY_SAMPLES) {
        return texture->multisampled ? spirv_op(b, SpvOpImageQuerySamples, u32_type(t), image)
                                     : u32_constant(t, 1);
    }
    count = texture->dimension == PVG_TEXTURE_CUBE ? 2 : dimensions(texture);
    wanted = query == QUERY_LAYERS ? count : (uint32_t)query;
    if (query == QUERY_LAYERS && !texture->arrayed) {
        call_misuse(t, x->call, "no array");
    }
    count += texture->arrayed || texture->cube_as_array;
    if (wanted >= count) {
        return u32_constant(t, 1);
    }
    if (texture->storage || !has_levels(texture)) {
        size = spirv_op(b, SpvOpImageQuerySize, spirv_vector(b, u32_type(t), count), image);
    } else {
        uint32_t level = x->call->count > 1 ? u32_from(t, call_value(t, x->call, 1), false)
                                            : u32_constant(t, 0);

        size = spirv_op(b, SpvOpImageQuerySizeLod, spirv_vector(b, u32_type(t), count), image,
                        clamped_level(t, x, level));
    }
    value = count == 1 ? size : spirv_op(b, SpvOpCompositeExtract, u32_type(t), size, wanted);
    if (query == QUERY_LAYERS && texture->cube_as_array) {
        value = spirv_op(b, SpvOpUDiv, u32_type(t), value, u32_constant(t, 6));
    }
    return value;
}

static uint32_t emit_is_null(struct translator *t, struct texture_call *x)
{
    return x->texture->heap ? spirv_op(&t->spirv, SpvOpIEqual, spirv_bool(&t->spirv), x->slot,
                                       u32_constant(t, 0))
                            : spirv_constant_bool(&t->spirv, false);
}

static uint32_t emit_fence(struct translator *t, struct texture_call *x)
{
    (void)x;
    spirv_capability(&t->spirv, SpvCapabilityVulkanMemoryModelDeviceScope);
    spirv_do(&t->spirv, SpvOpMemoryBarrier, u32_constant(t, SpvScopeDevice),
             u32_constant(t, SpvMemorySemanticsAcquireReleaseMask |
                                 SpvMemorySemanticsImageMemoryMask |
                                 SpvMemorySemanticsMakeAvailableMask |
                                 SpvMemorySemanticsMakeVisibleMask));
    return 0;
}

/* ---- Atomics ---- */

static SpvOp atomic_op(const char *name, bool is_signed)
{
    static const struct {
        const char *name;
        SpvOp op, signed_op;
    } ops[] = {
        {"fetch_add", SpvOpAtomicIAdd, SpvOpAtomicIAdd}, {"fetch_sub", SpvOpAtomicISub, SpvOpAtomicISub},
        {"fetch_and", SpvOpAtomicAnd, SpvOpAtomicAnd},   {"fetch_or", SpvOpAtomicOr, SpvOpAtomicOr},
        {"fetch_xor", SpvOpAtomicXor, SpvOpAtomicXor},   {"fetch_min", SpvOpAtomicUMin, SpvOpAtomicSMin},
        {"fetch_max", SpvOpAtomicUMax, SpvOpAtomicSMax}, {"exchange", SpvOpAtomicExchange, SpvOpAtomicExchange},
        {"load", SpvOpAtomicLoad, SpvOpAtomicLoad},      {"store", SpvOpAtomicStore, SpvOpAtomicStore},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ops); i++) {
        if (g_str_has_prefix(name, ops[i].name)) {
            return is_signed ? ops[i].signed_op : ops[i].op;
        }
    }
    return SpvOpNop;
}

/* Component 0 of the texel. */
static uint32_t emit_texel_atomic(struct translator *t, struct texture_call *x)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t position = take_position(t, x), scalar = x->texture->scalar, value = 0, pointer, old;
    uint32_t scope, none = u32_constant(t, 0), parts[4];
    SpvOp op = atomic_op(x->call->name + strlen("atomic_"), x->texture->class == PVG_CLASS_SIGNED);

    if (op == SpvOpNop || !x->texture->storage || x->texture->class == PVG_CLASS_FLOAT) {
        call_misuse(t, x->call, "unknown atomic operation");
    }
    if (op != SpvOpAtomicLoad) {
        value = take(t, x);
        if (spirv_components(b, type_of(t, value)) != 4 ||
            spirv_scalar(b, type_of(t, value)) != u32_type(t)) {
            call_misuse(t, x->call, "a value of another type");
        }
        value = spirv_op(b, SpvOpCompositeExtract, u32_type(t), value, 0);
        value = scalar == u32_type(t) ? value : spirv_op(b, SpvOpBitcast, scalar, value);
    }
    pointer = spirv_op(b, SpvOpImageTexelPointer, spirv_pointer(b, SpvStorageClassImage, scalar),
                       x->texture->heap ? heap_image_pointer(t, x->texture, x->slot)
                                        : x->texture->variable,
                       position, none);
    if (x->texture->heap) {
        spirv_decorate(b, pointer, SpvDecorationNonUniform);
    }
    spirv_capability(b, SpvCapabilityVulkanMemoryModelDeviceScope);
    scope = u32_constant(t, SpvScopeDevice);
    if (op == SpvOpAtomicStore) {
        spirv_do(b, op, pointer, scope, none, value);
        return 0;
    }
    old = op == SpvOpAtomicLoad ? spirv_op(b, op, scalar, pointer, scope, none)
                                : spirv_op(b, op, scalar, pointer, scope, none, value);
    old = scalar == u32_type(t) ? old : spirv_op(b, SpvOpBitcast, u32_type(t), old);
    if (spirv_components(b, call_type(t, x->call)) == 1) {
        return old;
    }
    parts[0] = parts[1] = parts[2] = parts[3] = old;
    return compose(t, u32_type(t), parts, 4);
}

/* ---- The way in: the kind from the name, then the texture, then the sampler ---- */

static uint32_t with_sampler(struct translator *t, struct root *root, void *data)
{
    struct texture_call *x = data, own = *x;

    own.sampler_root = root;
    return own.emit(t, &own);
}

static uint32_t result_type(struct translator *t, struct call *c)
{
    return LLVMGetTypeKind(c->result) == LLVMVoidTypeKind ? 0 : call_type(t, c);
}

static uint32_t with_texture(struct translator *t, struct root *root, void *data)
{
    struct texture_call *x = data;

    x->texture_root = root;
    x->texture = resource_texture(t, root, call_operand(x->call, 0), x->kind,
                                  texel_class(x->call));
    x->slot = x->texture->heap ? memory_offset_bytes(t, x->handle) : 0;
    if (x->sampler) {
        return memory_for_each_root(t, x->sampler, result_type(t, x->call), with_sampler, x);
    }
    {
        struct texture_call own = *x;

        return own.emit(t, &own);
    }
}

static uint32_t run(struct translator *t, struct call *c, const char *kind,
                    uint32_t (*emit)(struct translator *t, struct texture_call *x), bool sampler)
{
    struct texture_call x = {.call = c, .emit = emit, .next = sampler ? 2 : 1};
    unsigned handles = sampler ? 2 : 1;

    for (unsigned i = 0; i < handles; i++) {
        if (i >= c->count ||
            LLVMGetTypeKind(LLVMTypeOf(call_operand(c, i))) != LLVMPointerTypeKind) {
            call_misuse(t, c, "no handle");
        }
    }
    if (g_str_has_prefix(kind, "compare_")) {
        x.compare = true;
        kind += strlen("compare_");
    }
    g_strlcpy(x.kind, kind, sizeof(x.kind));
    if (g_str_has_suffix(x.kind, "_grad")) {
        x.gradients = true;
        x.kind[strlen(x.kind) - strlen("_grad")] = '\0';
    }
    x.sampler = sampler ? memory_pointer(t, call_operand(c, 1)) : NULL;
    x.handle = memory_pointer(t, call_operand(c, 0));
    return memory_for_each_root(t, x.handle, result_type(t, c), with_texture, &x);
}

static uint32_t do_sample(struct translator *t, struct call *c)
{
    return run(t, c, c->kind, emit_sample, true);
}

static uint32_t do_gather(struct translator *t, struct call *c)
{
    return run(t, c, c->kind, emit_gather, true);
}

static uint32_t do_query_lod(struct translator *t, struct call *c)
{
    return run(t, c, c->kind, emit_query_lod, true);
}

static uint32_t do_read(struct translator *t, struct call *c)
{
    return run(t, c, c->kind, emit_read, false);
}

static uint32_t do_write(struct translator *t, struct call *c)
{
    return run(t, c, c->kind, emit_write, false);
}

static uint32_t do_query(struct translator *t, struct call *c)
{
    return run(t, c, c->kind, emit_query, false);
}

static uint32_t do_is_null(struct translator *t, struct call *c)
{
    return run(t, c, c->kind, emit_is_null, false);
}

static uint32_t do_fence(struct translator *t, struct call *c)
{
    return run(t, c, c->kind, emit_fence, false);
}

static uint32_t do_atomic(struct translator *t, struct call *c)
{
    const char *kind = strstr(c->name, "_explicit_");

    if (!kind) {
        call_misuse(t, c, "unknown form");
    }
    return run(t, c, kind + strlen("_explicit_"), emit_texel_atomic, false);
}

const struct intrinsic texture_intrinsics[] = {
    {"sample_", do_sample, 0, ANY_OPERANDS, true},
    {"gather_", do_gather, 0, ANY_OPERANDS, true},
    {"calculate_clamped_lod_", do_query_lod, 0, ANY_OPERANDS, true},
    {"calculate_unclamped_lod_", do_query_lod, 1, ANY_OPERANDS, true},
    {"read_", do_read, 0, ANY_OPERANDS, true},
    {"write_", do_write, 0, ANY_OPERANDS, true},
    {"get_width_", do_query, QUERY_WIDTH, ANY_OPERANDS, true},
    {"get_height_", do_query, QUERY_HEIGHT, ANY_OPERANDS, true},
    {"get_depth_", do_query, QUERY_DEPTH, ANY_OPERANDS, true},
    {"get_array_size_", do_query, QUERY_LAYERS, 1, true},
    {"get_num_mip_levels_", do_query, QUERY_LEVELS, 1, true},
    {"get_num_samples_", do_query, QUERY_SAMPLES, 1, true},
    {"is_null_", do_is_null, 0, 1, true},
    {"fence_", do_fence, 0, 1, true},
    {"atomic_", do_atomic, 0, ANY_OPERANDS, true},
    {0},
};
