/* SPDX-License-Identifier: MIT */
/* The intrinsic catalogue, row by row: whatever it names is known to the translator, which either
 * translates it (other tests say how well) or refuses it with a reason of its own. A call without
 * operands tells the two from a name that nobody has heard of. Spec: 70-air 8.2 to 8.10. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "devices.h"
#include "ir.h"
#include "shader/translate.h"
#include "tap.h"

/* The names of a row, without "air."; {a,b} stands for either. */
static const char *const translated[] = {
    /* 8.2 sampling */
    "sample_texture_{1d,1d_array,2d,2d_array,3d,cube,cube_array}.v4f32",
    "sample_depth_{2d,2d_array,cube,cube_array}.f32",
    "sample_compare_depth_{2d,2d_array,cube,cube_array}.f32",
    "sample_texture_{2d,3d,cube}_grad.v4f32",
    "sample_depth_{2d,cube}_grad.f32",
    "gather_texture_{2d,2d_array,cube,cube_array}.v4f32",
    "gather_depth_{2d,2d_array,cube,cube_array}.v4f32",
    "gather_compare_depth_{2d,2d_array,cube,cube_array}.v4f32",
    "calculate_{clamped,unclamped}_lod_texture_2d",
    /* 8.3 reading, writing, querying */
    "read_texture_{1d,1d_array,2d,2d_array,2d_ms,2d_ms_array,3d,cube,cube_array,buffer_1d}.v4f32",
    "read_depth_{2d,2d_array,2d_ms,cube}.f32",
    "write_texture_{1d,1d_array,2d,2d_array,3d,cube,cube_array,buffer_1d}.v4f32",
    "get_{width,height,depth,array_size,num_mip_levels,num_samples}_texture_2d_array",
    "{fence,is_null}_texture_2d",
    "atomic_fetch_{add,sub,and,or,xor,min,max}_explicit_texture_2d.{s,u}.v4i32",
    "atomic_{exchange,load,store,compare_exchange_weak}_explicit_texture_2d.u.v4i32",
    /* 8.4 fragments */
    "{discard_fragment,dfdx.f32,dfdy.f32,fwidth.f32,get_num_samples.i32}",
    "interpolate_{center,centroid,sample,offset}_{perspective,no_perspective}.v4f32",
    "{simd_is_helper_thread,is_helper_thread}",
    /* 8.5 barriers and atomics */
    "{wg.barrier,simdgroup.barrier,atomic.fence,mem_barrier}",
    "atomic.{global,local}.{load,store,xchg}.{i32,f32}",
    "atomic.{global,local}.{add,sub,min,max,and,or,xor}.{s,u}.i32",
    "atomic.{global,local}.{add,sub}.f32",
    "atomic.{global,local}.cmpxchg.weak.{i32,f32}",
    /* 8.6 floats */
    "{fabs,ceil,floor,trunc,sqrt,sin,cos,tan,asin,acos,atan,sinh,cosh,tanh}.f32",
    "{asinh,acosh,atanh,exp,exp2,log,log2,exp10,log10,rsqrt,rint,round,fract}.f32",
    "fast_{sin,exp,log,pow,fract,fmin,clamp,saturate}.f32",
    "{fmin,fmax,fmin3,fmax3,fmedian3,min3,max3,median3,clamp,saturate,mix,sign}.f32",
    "{step,smoothstep,length,normalize,distance,fma,pow,powr,atan2,fmod}.f32",
    "{sinpi,cospi,tanpi,ldexp,frexp,modf,ilogb,nextafter,fdim,hypot,cbrt,copysign,sincos}.f32",
    "dot.{v2f32,v3f32,v4f32}",
    /* 8.7 integers and logic */
    "{abs,min,max,clamp}.{s,u}.i32",
    "{popcount,clz,ctz,reverse_bits,rotate,bswap}.i32",
    "{extract_bits.s,extract_bits.u,insert_bits.u,mul_hi.s,mul_hi.u,mul24.s,mad24.u}.i32",
    "{mad_sat,add_sat,sub_sat,hadd,rhadd,abs_diff}.{s,u}.i32",
    "{any,all}.v4i1",
    "{isnan,isinf,isfinite,isnormal,signbit,isordered,isunordered}.f32",
    "select.f32",
    /* 8.8 conversion and packing */
    "convert.{s.i32,u.i32,f.f16}.f.f32",
    "{pack,unpack}.{unorm4x8,snorm4x8}.v4f32",
    "{pack,unpack}.{unorm2x16,snorm2x16}.v2f32",
    "{pack,unpack}.unorm.{rgb10a2,srgb4x8}.v4f32",
    "{pack,unpack}.{rg11b10f,rgb9e5}.v3f32",
    /* 8.9 SIMD groups and quads */
    "simd_{sum,product,min,max,and,or,xor}.u.i32",
    "simd_prefix_{inclusive,exclusive}_{sum,product}.f32",
    "{simd,quad}_{shuffle,broadcast,shuffle_xor,shuffle_up,shuffle_down}.u.i32",
    "{simd,quad}_shuffle_rotate_{up,down}.u.i32",
    "{simd,quad}_shuffle_and_fill_{up,down}.u.i32",
    "{simd,quad}_{broadcast_first.u.i32,is_first,ballot.i64,vote_all.i64,vote_any.i64,all,any}",
    "{simd,quad}_active_threads_mask.i64",
    "quad_{sum,product,min,max,and,or,xor}.u.i32",
    "quad_prefix_{inclusive,exclusive}_{sum,product}.f32",
    "simdgroup_matrix_8x8_{load,store,init_filled,init_diag,multiply_accumulate}.v64f32",
    /* 8.10 meshes */
    "set_{position,point_size,index,indices,primitive_count}_mesh",
    "set_{vertex,primitive}_data_mesh.f32",
    "set_{render_target,viewport}_array_index_mesh.i32",
    "set_threadgroups_per_grid_mesh_properties",
};

static const struct {
    const char *names, *reason;
} refused[] = {
    {"{load,store}.implicit_imageblock.v4f32", "imageblock"},
    {"imageblock_data", "imageblock"},
    {"write_imageblock_slice_to_texture_2d.v4f32", "imageblock"},
    {"{set_pipeline_state_render_command,draw_primitives_render_command}", "command"},
    {"{set_pipeline_state_compute_command,concurrent_dispatch_threads_compute_command}", "command"},
    {"{get_function_pointer_visible_function_table,get_size_visible_function_table}", "function"},
    {"{intersect_instance_acceleration_structure,reset_intersection_query}", "ray"},
    {"get_null_texture_2d", "null"},
    {"simdgroup_async_copy_2d.p3i8.p1i8", "async"},
    {"wait_simdgroup_events", "async"},
    {"set_clip_distance_mesh", "clip distances"},
    {"get_num_patch_control_points", "control points"},
    {"shuffle.v4f32", "run time"},
    {"{cross,determinant,transpose}.f32", "before"},
    {"tensor_load.f32", "tensor"},
    {"get_read_sampler", "sampler"},
};

/* Statements of which nothing is left. */
static const char *const dropped[] = {"os_log.p2i8", "assert_fail"};

/* Says what a call of @name becomes: words for the reason; the status as result. */
static enum pvg_translate_status translate(const char *name, bool result, char *reason, size_t size)
{
    g_autofree struct pvg_shader_options *options = g_new0(struct pvg_shader_options, 1);
    g_autofree struct pvg_translation *out = g_new0(struct pvg_translation, 1);
    g_autofree char *text = g_strdup_printf(
        "declare %s @air.%s()\ndefine void @k(ptr addrspace(1) %%d) {\n  %scall %s @air.%s()\n%s"
        "  ret void\n}\n!10 = " IR_BUFFER(0, 0, 4),
        result ? "i32" : "void", name, result ? "%x = " : "", result ? "i32" : "void", name,
        result ? "  store i32 %x, ptr addrspace(1) %d\n" : "");
    LLVMMemoryBufferRef bitcode = ir_kernel(text, "!{!10}");
    struct pvg_translate_request request = {.entry = "k", .options = options};
    enum pvg_translate_status status;

    options->features = EVERYTHING;
    request.air = LLVMGetBufferStart(bitcode);
    request.air_size = LLVMGetBufferSize(bitcode);
    pvg_translate(&request, out);
    status = out->status;
    g_strlcpy(reason, out->reason, size);
    pvg_translation_finish(out);
    LLVMDisposeMemoryBuffer(bitcode);
    return status;
}

/* All that @row stands for. */
static void expand(const char *row, GPtrArray *names)
{
    const char *open = strchr(row, '{'), *close = open ? strchr(open, '}') : NULL;
    g_autofree char *inside = close ? g_strndup(open + 1, (gsize)(close - open - 1)) : NULL;
    g_auto(GStrv) choices = close ? g_strsplit(inside, ",", -1) : NULL;

    if (!close) {
        g_ptr_array_add(names, g_strdup(row));
    }
    for (char **choice = choices; choice && *choice; choice++) {
        g_autofree char *one = g_strdup_printf("%.*s%s%s", (int)(open - row), row, *choice, close + 1);

        expand(one, names);
    }
}

/* @reason NULL: it is translated, so what is amiss is the call. */
static void check_row(const char *row, const char *reason)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *sentence = g_strdup_printf("air.%s %s", row, reason ? "is refused" : "is known");
    char why[300] = "";
    bool ok = true;

    expand(row, names);
    for (guint i = 0; ok && i < names->len; i++) {
        char said[256];
        enum pvg_translate_status status = translate(names->pdata[i], true, said, sizeof(said));

        ok = !strstr(said, "is not known") &&
             (reason ? status == PVG_TRANSLATE_UNSUPPORTED && strstr(said, reason) != NULL &&
                           g_str_has_prefix(said, "air.")
                     : status == PVG_TRANSLATE_INTRINSIC || status == PVG_TRANSLATE_DONE);
        snprintf(why, sizeof(why), "%s: %s", (char *)names->pdata[i], said);
    }
    tap_result(ok, sentence, why);
}

int main(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(translated); i++) {
        check_row(translated[i], NULL);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        check_row(refused[i].names, refused[i].reason);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(dropped); i++) {
        g_autofree char *sentence = g_strdup_printf("air.%s is dropped", dropped[i]);
        char said[256];

        tap_result(translate(dropped[i], false, said, sizeof(said)) == PVG_TRANSLATE_DONE, sentence,
                   said);
    }
    return tap_end();
}
