/* SPDX-License-Identifier: MIT */
/* The records of the specification's test vectors, and what they mean there. 0xa5 stands for bytes
 * that the guest does not write. */
#include "wire/print.h"
#include "wire/walk.h"

#include <string.h>

#include "form.h"
#include "hex.h"
#include "test.h"

static const struct {
    enum pvg_wire_space space;
    const char *bytes;
    const char *means;
} vectors[] = {
    /* 40-render 17.1, 17.3, 17.4, 17.5 */
    {PVG_WIRE_SPACE_RENDER,
     "01000000 10000000 03000000 07000b00",
     "drawPrimitives primitive=triangle start=7 count=0xb"},
    {PVG_WIRE_SPACE_RENDER,
     "01000000 10000000 04000000 02000500",
     "drawPrimitives primitive=triangle_strip start=2 count=5"},
    {PVG_WIRE_SPACE_RENDER,
     "01000000 10000000 03000000 0000ffff",
     "drawPrimitives primitive=triangle start=0 count=0xffff"},
    {PVG_WIRE_SPACE_RENDER,
     "00000000 1c000000 03000000 00000000 00000000 00000100 00000000",
     "drawPrimitives primitive=triangle start=0 count=0x10000"},
    {PVG_WIRE_SPACE_RENDER,
     "00000000 1c000000 03000000 11110100 00000000 22220200 00000000",
     "drawPrimitives primitive=triangle start=0x11111 count=0x22222"},
    {PVG_WIRE_SPACE_RENDER,
     "03000000 10000000 00000400 0d000400",
     "drawPrimitives:instanceCount start=0 count=4 instance_count=0xd "
     "primitive=triangle_strip"},
    {PVG_WIRE_SPACE_RENDER,
     "02000000 24000000 01000000 00000000 02000000 00000000 00000100 00000000 0300a5a5",
     "drawPrimitives:instanceCount start=1 count=2 instance_count=0x10000 "
     "primitive=triangle"},
    {PVG_WIRE_SPACE_RENDER,
     "05000000 14000000 01000200 03000400 0300a5a5",
     "drawPrimitives:instanceCount:baseInstance start=1 count=2 instance_count=3 "
     "base_instance=4 primitive=triangle"},
    {PVG_WIRE_SPACE_RENDER,
     "04000000 2c000000 01000000 00000000 02000000 00000000 03000000 00000000 00000100 "
     "00000000 0300a5a5",
     "drawPrimitives:instanceCount:baseInstance start=1 count=2 instance_count=3 "
     "base_instance=0x10000 primitive=triangle"},
    {PVG_WIRE_SPACE_RENDER,
     "07000000 14000000 03000000 1f140000 06004000",
     "drawIndexedPrimitives primitive=triangle index_type=u16 index_buffer=0x141f "
     "index_count=6 index_offset=0x40"},
    {PVG_WIRE_SPACE_RENDER,
     "07000000 14000000 04000100 1f140000 11112222",
     "drawIndexedPrimitives primitive=triangle_strip index_type=u32 index_buffer=0x141f "
     "index_count=0x1111 index_offset=0x2222"},
    {PVG_WIRE_SPACE_RENDER,
     "06000000 20000000 03000000 1f140000 00000100 00000000 40000000 00000000",
     "drawIndexedPrimitives primitive=triangle index_type=u16 index_buffer=0x141f "
     "index_count=0x10000 index_offset=0x40"},
    {PVG_WIRE_SPACE_RENDER,
     "09000000 18000000 03000100 1f140000 06004000 0200a5a5",
     "drawIndexedPrimitives:instanceCount primitive=triangle index_type=u32 "
     "index_buffer=0x141f index_count=6 index_offset=0x40 instance_count=2"},
    {PVG_WIRE_SPACE_RENDER,
     "08000000 28000000 03000100 1f140000 06000000 00000000 40000000 00000000 00000100 "
     "00000000",
     "drawIndexedPrimitives:instanceCount primitive=triangle index_type=u32 "
     "index_buffer=0x141f index_count=6 index_offset=0x40 instance_count=0x10000"},
    {PVG_WIRE_SPACE_RENDER,
     "0b000000 1c000000 03000100 1f140000 22221111 3333feff 5555a5a5",
     "drawIndexedPrimitives:baseVertex:baseInstance primitive=triangle index_type=u32 "
     "index_buffer=0x141f index_offset=0x2222 index_count=0x1111 instance_count=0x3333 "
     "base_vertex=-2 base_instance=0x5555"},
    {PVG_WIRE_SPACE_RENDER,
     "0b000000 1c000000 03000100 1f140000 40000600 010090ee 0000a5a5",
     "drawIndexedPrimitives:baseVertex:baseInstance primitive=triangle index_type=u32 "
     "index_buffer=0x141f index_offset=0x40 index_count=6 instance_count=1 "
     "base_vertex=-4464 base_instance=0"},
    {PVG_WIRE_SPACE_RENDER,
     "0a000000 38000000 03000100 1f140000 40000000 00000000 06000000 00000000 00000100 "
     "00000000 90eefeff ffffffff 00000000 00000000",
     "drawIndexedPrimitives:baseVertex:baseInstance primitive=triangle index_type=u32 "
     "index_buffer=0x141f index_offset=0x40 index_count=6 instance_count=0x10000 "
     "base_vertex=-70000 base_instance=0"},
    {PVG_WIRE_SPACE_RENDER,
     "10000000 18000000 11110000 00000000 1f140000 0300a5a5",
     "drawPrimitives:indirectBuffer offset=0x1111 buffer=0x141f primitive=triangle"},
    {PVG_WIRE_SPACE_RENDER,
     "11000000 24000000 04000100 1f140000 84140000 11110000 00000000 22220000 00000000",
     "drawIndexedPrimitives:indirectBuffer primitive=triangle_strip index_type=u32 "
     "index_buffer=0x141f buffer=0x1484 index_offset=0x1111 offset=0x2222"},
    {PVG_WIRE_SPACE_RENDER,
     "0d000000 18000000 11002200 1f140000 33004400 55000300",
     "drawPatches patch_start=0x11 patch_count=0x22 patch_index_buffer=0x141f "
     "patch_index_offset=0x33 instance_count=0x44 base_instance=0x55 control_points=3"},
    {PVG_WIRE_SPACE_RENDER,
     "0c000000 38000000 00000000 00000000 00000100 00000000 00000000 00000000 00000000 "
     "01000000 00000000 00000000 00000000 0400a5a5",
     "drawPatches patch_start=0 patch_count=0x10000 patch_index_buffer=0 "
     "patch_index_offset=0 instance_count=1 base_instance=0 control_points=4"},
    {PVG_WIRE_SPACE_RENDER,
     "0f000000 20000000 11002200 1f140000 33008414 00004400 55006600 0300a5a5",
     "drawIndexedPatches patch_start=0x11 patch_count=0x22 patch_index_buffer=0x141f "
     "patch_index_offset=0x33 control_point_buffer=0x1484 control_point_offset=0x44 "
     "instance_count=0x55 base_instance=0x66 control_points=3"},
    {PVG_WIRE_SPACE_RENDER,
     "0c000000 44000000 00000000 00000000 00000100 00000000 00000000 00000000 00000000 "
     "84140000 10000000 00000000 01000000 00000000 00000000 00000000 0400a5a5",
     "drawIndexedPatches patch_start=0 patch_count=0x10000 patch_index_buffer=0 "
     "patch_index_offset=0 control_point_buffer=0x1484 control_point_offset=0x10 "
     "instance_count=1 base_instance=0 control_points=4"},
    {PVG_WIRE_SPACE_RENDER,
     "12000000 24000000 1f140000 e9140000 10000000 00000000 20000000 00000000 0300a5a5",
     "drawPatches:indirectBuffer patch_index_buffer=0x141f buffer=0x14e9 "
     "patch_index_offset=0x10 offset=0x20 control_points=3"},
    {PVG_WIRE_SPACE_RENDER,
     "13000000 30000000 1f140000 84140000 e9140000 10000000 00000000 20000000 00000000 "
     "30000000 00000000 0300a5a5",
     "drawIndexedPatches:indirectBuffer patch_index_buffer=0x141f "
     "control_point_buffer=0x1484 buffer=0x14e9 patch_index_offset=0x10 "
     "control_point_offset=0x20 offset=0x30 control_points=3"},
    {PVG_WIRE_SPACE_RENDER,
     "74000000 0c000000 11180000",
     "setRenderPipelineState pipeline=0x1811"},
    {PVG_WIRE_SPACE_RENDER,
     "68000000 0c000000 76180000",
     "setDepthStencilState state=0x1876"},
    {PVG_WIRE_SPACE_RENDER,
     "75000000 28000000 01000000 00000000 02000000 00000000 2c010000 00000000 90010000 "
     "00000000",
     "setScissorRect rect={x=1 y=2 width=0x12c height=0x190}"},
    {PVG_WIRE_SPACE_RENDER,
     "76000000 50000000 02000000 00000000 11000000 00000000 22000000 00000000 33000000 "
     "00000000 44000000 00000000 55000000 00000000 66000000 00000000 77000000 00000000 "
     "88000000 00000000",
     "setScissorRects count=2 rects=[{x=0x11 y=0x22 width=0x33 height=0x44} {x=0x55 "
     "y=0x66 width=0x77 height=0x88}]"},
    {PVG_WIRE_SPACE_RENDER,
     "82000000 38000000 00000000 00000000 00000000 00000000 00000000 00008440 00000000 "
     "00007e40 00000000 00000000 00000000 0000f03f",
     "setViewport viewport={x=0 y=0 width=640 height=480 near=0 far=1}"},
    {PVG_WIRE_SPACE_RENDER,
     "6b000000 10000000 02000000 00000000",
     "setCullMode mode=back"},
    {PVG_WIRE_SPACE_RENDER,
     "73000000 10000000 01000000 00000000",
     "setFrontFacingWinding winding=counter_clockwise"},
    {PVG_WIRE_SPACE_RENDER,
     "7c000000 10000000 01000000 00000000",
     "setTriangleFillMode mode=lines"},
    {PVG_WIRE_SPACE_RENDER,
     "6d000000 10000000 01000000 00000000",
     "setDepthClipMode mode=clamp"},
    {PVG_WIRE_SPACE_RENDER,
     "6c000000 14000000 0000803e 0000c03f 00001040",
     "setDepthBias bias=0.25 slope_scale=1.5 clamp=2.25"},
    {PVG_WIRE_SPACE_RENDER,
     "65000000 18000000 0000803e 0000003f 0000403f 0000803f",
     "setBlendColor rgba=[0.25 0.5 0.75 1]"},
    {PVG_WIRE_SPACE_RENDER,
     "77000000 10000000 44332211 88776655",
     "setStencilReference front=0x11223344 back=0x55667788"},
    {PVG_WIRE_SPACE_RENDER,
     "84000000 18000000 30120000 00000000 02000000 00000000",
     "setVisibilityResultMode offset=0x1230 mode=counting"},
    {PVG_WIRE_SPACE_RENDER,
     "88000000 0c000000 00002040",
     "setLineWidth width=2.5"},
    {PVG_WIRE_SPACE_RENDER,
     "66000000 10000000 02000000 03000000",
     "setColorStoreAction action=multisample_resolve index=3"},
    {PVG_WIRE_SPACE_RENDER,
     "67000000 14000000 01000000 00000000 03000000",
     "setColorStoreActionOptions options=custom_sample_positions index=3"},
    {PVG_WIRE_SPACE_RENDER,
     "69000000 10000000 01000000 00000000",
     "setDepthStoreAction action=store"},
    {PVG_WIRE_SPACE_RENDER,
     "78000000 10000000 00000000 00000000",
     "setStencilStoreAction action=dont_care"},
    {PVG_WIRE_SPACE_RENDER,
     "6a000000 10000000 01000000 00000000",
     "setDepthStoreActionOptions options=custom_sample_positions"},
    {PVG_WIRE_SPACE_RENDER,
     "7a000000 1c000000 1f140000 56340000 00000000 67450000 00000000",
     "setTessellationFactorBuffer buffer=0x141f offset=0x3456 instance_stride=0x4567"},
    {PVG_WIRE_SPACE_RENDER,
     "7b000000 0c000000 0000a03f",
     "setTessellationFactorScale scale=1.25"},
    {PVG_WIRE_SPACE_RENDER,
     "99000000 10000000 55550000 66660000",
     "setVertexAmplificationMode mode=0x5555 value=0x6666"},
    {PVG_WIRE_SPACE_RENDER,
     "9a000000 1c000000 02000000 11110000 22220000 33330000 44440000",
     "setVertexAmplificationCount count=2 mappings=[{viewport_offset=0x1111 "
     "array_offset=0x2222} {viewport_offset=0x3333 array_offset=0x4444}]"},
    {PVG_WIRE_SPACE_RENDER,
     "7d000000 1c000000 05000000 01000000 1f140000 34120000 00000000",
     "setVertexBuffers first=5 count=1 binds=[{buffer=0x141f offset=0x1234}]"},
    {PVG_WIRE_SPACE_RENDER,
     "7e000000 14000000 05000000 34120000 00000000",
     "setVertexBufferOffset index=5 offset=0x1234"},
    {PVG_WIRE_SPACE_RENDER,
     "6e000000 28000000 04000000 02000000 1f140000 11110000 00000000 84140000 22220000 "
     "00000000",
     "setFragmentBuffers first=4 count=2 binds=[{buffer=0x141f offset=0x1111} "
     "{buffer=0x1484 offset=0x2222}]"},
    {PVG_WIRE_SPACE_RENDER,
     "6f000000 14000000 06000000 78560000 00000000",
     "setFragmentBufferOffset index=6 offset=0x5678"},
    {PVG_WIRE_SPACE_RENDER,
     "81000000 1c000000 02000000 03000000 92100000 f7100000 92100000",
     "setVertexTextures first=2 count=3 textures=[0x1092 0x10f7 0x1092]"},
    {PVG_WIRE_SPACE_RENDER,
     "72000000 14000000 04000000 01000000 92100000",
     "setFragmentTextures first=4 count=1 textures=[0x1092]"},
    {PVG_WIRE_SPACE_RENDER,
     "72000000 14000000 04000000 01000000 00000000",
     "setFragmentTextures first=4 count=1 textures=[0]"},
    {PVG_WIRE_SPACE_RENDER,
     "70000000 14000000 07000000 01000000 db180000",
     "setFragmentSamplerStates first=7 count=1 samplers=[0x18db]"},
    {PVG_WIRE_SPACE_RENDER,
     "71000000 28000000 00000000 02000000 db180000 0000803e 0000403f db180000 0000003f "
     "0000603f",
     "setFragmentSamplerStates:lodClamps first=0 count=2 binds=[{sampler=0x18db "
     "lod_min=0.25 lod_max=0.75} {sampler=0x18db lod_min=0.5 lod_max=0.875}]"},
    {PVG_WIRE_SPACE_RENDER,
     "a5000000 38000000 09000000 02000000 1f140000 33330000 00000000 55550000 00000000 "
     "1f140000 44440000 00000000 66660000 00000000",
     "setVertexBuffers:attributeStrides first=9 count=2 binds=[{buffer=0x141f "
     "offset=0x3333 stride=0x5555} {buffer=0x141f offset=0x4444 stride=0x6666}]"},
    {PVG_WIRE_SPACE_RENDER,
     "a6000000 1c000000 08000000 67450000 00000000 78560000 00000000",
     "setVertexBufferOffset:attributeStride index=8 offset=0x4567 stride=0x5678"},
    {PVG_WIRE_SPACE_RENDER,
     "7d000000 1c000000 03000000 01000000 f51f0000 99990000 00000000",
     "setVertexBuffers first=3 count=1 binds=[{buffer=0x1ff5 offset=0x9999}]"},
    {PVG_WIRE_SPACE_RENDER,
     "16000000 18000000 02000000 01000200 1f140000 f7100000",
     "memoryBarrierWithResources count=2 after=vertex before=fragment resources=[0x141f "
     "0x10f7]"},
    {PVG_WIRE_SPACE_RENDER,
     "17000000 0c000000 04000102",
     "memoryBarrierWithScope scope=render_targets after=vertex before=fragment"},
    {PVG_WIRE_SPACE_RENDER,
     "18000000 10000000 40190000 02000000",
     "updateFence:afterStages fence=0x1940 stages=fragment"},
    {PVG_WIRE_SPACE_RENDER,
     "19000000 10000000 40190000 01000000",
     "waitForFence:beforeStages fence=0x1940 stages=vertex"},
    {PVG_WIRE_SPACE_RENDER,
     "1b000000 14000000 01000000 0200a519 0000a5a5",
     "useHeaps:stages count=1 stages=fragment heaps=[0x19a5]"},
    {PVG_WIRE_SPACE_RENDER,
     "85000000 08000000",
     "textureBarrier"},
    {PVG_WIRE_SPACE_RENDER,
     "86000000 10000000 01000000 a5190000",
     "useHeaps count=1 heaps=[0x19a5]"},
    {PVG_WIRE_SPACE_RENDER,
     "87000000 14000000 01000000 01000000 1f140000",
     "useResources:usage count=1 usage=read resources=[0x141f]"},
    {PVG_WIRE_SPACE_RENDER,
     "89000000 18000000 02000000 01000200 1f140000 f7100000",
     "useResources:usage:stages count=2 usage=read stages=fragment resources=[0x141f "
     "0x10f7]"},
    {PVG_WIRE_SPACE_RENDER,
     "14000000 18000000 031c0000 1f140000 11110000 00000000",
     "executeCommandsInBuffer:indirectBuffer commands=0x1c03 buffer=0x141f offset=0x1111"},
    {PVG_WIRE_SPACE_RENDER,
     "15000000 1c000000 031c0000 00110000 00000000 00220000 00000000",
     "executeCommandsInBuffer:withRange commands=0x1c03 first=0x1100 count=0x2200"},
    {PVG_WIRE_SPACE_RENDER,
     "9b000000 20000000 11000000 00000000 22000000 00000000 33000000 00000000",
     "dispatchThreadsPerTile threads={width=0x11 height=0x22 depth=0x33}"},
    {PVG_WIRE_SPACE_RENDER,
     "9c000000 1c000000 34120000 00000000 45230000 00000000 05000000",
     "setThreadgroupMemoryLength length=0x1234 offset=0x2345 index=5"},
    {PVG_WIRE_SPACE_RENDER,
     "a2000000 54000000 11000000 00000000 22000000 00000000 33000000 00000000 44000000 "
     "00000000 55000000 00000000 66000000 00000000 77000000 00000000 88000000 00000000 "
     "99000000 00000000 a5a5a5a5",
     "dispatchThreadsPerTile:inRegion threads={width=0x11 height=0x22 depth=0x33} "
     "region_origin={x=0x44 y=0x55 z=0x66} region_size={width=0x77 height=0x88 "
     "depth=0x99}"},
    {PVG_WIRE_SPACE_RENDER,
     "a3000000 54000000 11000000 00000000 22000000 00000000 33000000 00000000 44000000 "
     "00000000 55000000 00000000 66000000 00000000 77000000 00000000 88000000 00000000 "
     "99000000 00000000 bc0a0000",
     "dispatchThreadsPerTile:inRegion:withRenderTargetArrayIndex threads={width=0x11 "
     "height=0x22 depth=0x33} region_origin={x=0x44 y=0x55 z=0x66} "
     "region_size={width=0x77 height=0x88 depth=0x99} layer=0xabc"},
    {PVG_WIRE_SPACE_RENDER,
     "a4000000 14000000 f51f0000 99990000 00000000",
     "getTileDimensions buffer=0x1ff5 offset=0x9999"},
    /* 50-compute-blit 13.1 */
    {PVG_WIRE_SPACE_COMPUTE,
     "c8000000 38000000 11000000 00000000 22000000 00000000 33000000 00000000 44000000 "
     "00000000 55000000 00000000 66000000 00000000",
     "dispatchThreadgroups grid={width=0x11 height=0x22 depth=0x33} group={width=0x44 "
     "height=0x55 depth=0x66}"},
    {PVG_WIRE_SPACE_COMPUTE,
     "c9000000 2c000000 44000000 00000000 55000000 00000000 66000000 00000000 11110000 "
     "00000000 1f140000",
     "dispatchThreadgroups:indirectBuffer group={width=0x44 height=0x55 depth=0x66} "
     "offset=0x1111 buffer=0x141f"},
    {PVG_WIRE_SPACE_COMPUTE,
     "e6000000 14000000 20220000 00000000 1f140000",
     "dispatchThreads:indirectBuffer offset=0x2220 buffer=0x141f"},
    {PVG_WIRE_SPACE_COMPUTE,
     "cb000000 28000000 02000000 02000000 1f140000 00010000 00000000 00000000 00000000 "
     "00000000",
     "setBuffers first=2 count=2 binds=[{buffer=0x141f offset=0x100} {buffer=0 "
     "offset=0}]"},
    {PVG_WIRE_SPACE_COMPUTE,
     "cb000000 1c000000 05000000 01000000 f51f0000 99990000 00000000",
     "setBuffers first=5 count=1 binds=[{buffer=0x1ff5 offset=0x9999}]"},
    {PVG_WIRE_SPACE_COMPUTE,
     "cc000000 14000000 00000000 01000000 9e1b0000",
     "setSamplerStates first=0 count=1 samplers=[0x1b9e]"},
    {PVG_WIRE_SPACE_COMPUTE,
     "cd000000 28000000 01000000 02000000 9e1b0000 0000003f 00008040 031c0000 00000000 "
     "00007a44",
     "setSamplerStates:lodClamps first=1 count=2 binds=[{sampler=0x1b9e lod_min=0.5 "
     "lod_max=4} {sampler=0x1c03 lod_min=0 lod_max=1000}]"},
    {PVG_WIRE_SPACE_COMPUTE,
     "ce000000 18000000 00000000 02000000 92100000 00000000",
     "setTextures first=0 count=2 textures=[0x1092 0]"},
    {PVG_WIRE_SPACE_COMPUTE,
     "cf000000 14000000 02000000 00020000 00000000",
     "setBufferOffset index=2 offset=0x200"},
    {PVG_WIRE_SPACE_COMPUTE,
     "d9000000 24000000 02000000 01000000 1f140000 00010000 00000000 18000000 00000000",
     "setBuffers:attributeStrides first=2 count=1 binds=[{buffer=0x141f offset=0x100 "
     "stride=0x18}]"},
    {PVG_WIRE_SPACE_COMPUTE,
     "da000000 1c000000 02000000 00020000 00000000 30000000 00000000",
     "setBufferOffset:attributeStride index=2 offset=0x200 stride=0x30"},
    {PVG_WIRE_SPACE_COMPUTE,
     "d0000000 0c000000 11180000",
     "setComputePipelineState pipeline=0x1811"},
    {PVG_WIRE_SPACE_COMPUTE,
     "d1000000 38000000 44000000 00000000 55000000 00000000 66000000 00000000 11000000 "
     "00000000 22000000 00000000 33000000 00000000",
     "setStageInRegion size={width=0x44 height=0x55 depth=0x66} origin={x=0x11 y=0x22 "
     "z=0x33}"},
    {PVG_WIRE_SPACE_COMPUTE,
     "d2000000 14000000 1f140000 40000000 00000000",
     "setStageInRegion:indirectBuffer buffer=0x141f offset=0x40"},
    {PVG_WIRE_SPACE_COMPUTE,
     "d3000000 14000000 00100000 00000000 03000000",
     "setThreadgroupMemoryLength length=0x1000 index=3"},
    {PVG_WIRE_SPACE_COMPUTE,
     "d6000000 14000000 02000000 1f140000 92100000",
     "memoryBarrierWithResources count=2 resources=[0x141f 0x1092]"},
    {PVG_WIRE_SPACE_COMPUTE,
     "d7000000 0c000000 0300a5a5",
     "memoryBarrierWithScope scope=buffers|textures"},
    {PVG_WIRE_SPACE_COMPUTE,
     "d8000000 10000000 20000000 10000000",
     "setImageblockWidth:height width=0x20 height=0x10"},
    {PVG_WIRE_SPACE_COMPUTE,
     "db000000 0c000000 01000000",
     "computePass type=concurrent"},
    {PVG_WIRE_SPACE_COMPUTE,
     "de000000 1c000000 1f140000 10000000 00000000 01000000 07000000",
     "startWhile buffer=0x141f offset=0x10 compare=less reference=7"},
    {PVG_WIRE_SPACE_COMPUTE,
     "e4000000 1c000000 031c0000 04000000 00000000 02000000 00000000",
     "executeCommandsInBuffer:withRange commands=0x1c03 first=4 count=2"},
    {PVG_WIRE_SPACE_COMPUTE,
     "e5000000 18000000 031c0000 1f140000 80000000 00000000",
     "executeCommandsInBuffer:indirectBuffer commands=0x1c03 buffer=0x141f offset=0x80"},
    {PVG_WIRE_SPACE_COMPUTE,
     "86000000 10000000 01000000 40190000",
     "useHeaps count=1 heaps=[0x1940]"},
    {PVG_WIRE_SPACE_COMPUTE,
     "87000000 18000000 02000000 03000000 1f140000 92100000",
     "useResources:usage count=2 usage=read|write resources=[0x141f 0x1092]"},
    /* 50-compute-blit 13.2, 13.3 */
    {PVG_WIRE_SPACE_BLIT,
     "2c010000 60000000 1f140000 92100000 00100000 00000000 00040000 00000000 00000400 "
     "00000000 00010000 00000000 80000000 00000000 01000000 00000000 10000000 00000000 "
     "20000000 00000000 00000000 00000000 03000200 01000000",
     "copyFromBuffer:toTexture source=0x141f destination=0x1092 source_offset=0x1000 "
     "bytes_per_row=0x400 bytes_per_image=0x40000 size={width=0x100 height=0x80 "
     "depth=1} origin={x=0x10 y=0x20 z=0} slice=3 level=2 "
     "options=depth_from_depth_stencil"},
    {PVG_WIRE_SPACE_BLIT,
     "2d010000 28000000 1f140000 84140000 00010000 00000000 00020000 00000000 40000000 "
     "00000000",
     "copyFromBuffer:toBuffer source=0x141f destination=0x1484 source_offset=0x100 "
     "destination_offset=0x200 size=0x40"},
    {PVG_WIRE_SPACE_BLIT,
     "2e010000 60000000 92100000 1f140000 10000000 00000000 20000000 00000000 00000000 "
     "00000000 00010000 00000000 80000000 00000000 01000000 00000000 00100000 00000000 "
     "00040000 00000000 00000000 00000000 03000200 0000a5a5",
     "copyFromTexture:toBuffer source=0x1092 destination=0x141f origin={x=0x10 y=0x20 "
     "z=0} size={width=0x100 height=0x80 depth=1} destination_offset=0x1000 "
     "bytes_per_row=0x400 bytes_per_image=0 slice=3 level=2 options=0"},
    {PVG_WIRE_SPACE_BLIT,
     "2f010000 60000000 92100000 f7100000 01000000 00000000 02000000 00000000 00000000 "
     "00000000 40000000 00000000 20000000 00000000 01000000 00000000 03000000 00000000 "
     "04000000 00000000 00000000 00000000 05000100 06000200",
     "copyFromTexture:toTexture source=0x1092 destination=0x10f7 source_origin={x=1 y=2 "
     "z=0} size={width=0x40 height=0x20 depth=1} destination_origin={x=3 y=4 z=0} "
     "source_slice=5 source_level=1 destination_slice=6 destination_level=2"},
    {PVG_WIRE_SPACE_BLIT,
     "30010000 64000000 92100000 f7100000 01000000 00000000 02000000 00000000 00000000 "
     "00000000 40000000 00000000 20000000 00000000 01000000 00000000 03000000 00000000 "
     "04000000 00000000 00000000 00000000 05000100 06000200 00000000",
     "copyFromTexture:toTexture:options source=0x1092 destination=0x10f7 "
     "source_origin={x=1 y=2 z=0} size={width=0x40 height=0x20 depth=1} "
     "destination_origin={x=3 y=4 z=0} source_slice=5 source_level=1 "
     "destination_slice=6 destination_level=2 options=0"},
    {PVG_WIRE_SPACE_BLIT,
     "31010000 28000000 031c0000 681c0000 04000000 00000000 02000000 00000000 08000000 "
     "00000000",
     "copyIndirectCommandBuffer source=0x1c03 destination=0x1c68 first=4 count=2 "
     "destination_index=8"},
    {PVG_WIRE_SPACE_BLIT,
     "32010000 20000000 1f140000 40000000 00000000 80000000 00000000 7fa5a5a5",
     "fillBuffer buffer=0x141f start=0x40 size=0x80 value=0x7f"},
    {PVG_WIRE_SPACE_BLIT,
     "3f010000 20000000 1f140000 40000000 00000000 80000000 00000000 efbeadde",
     "fillBuffer:pattern4 buffer=0x141f start=0x40 size=0x80 pattern=0xdeadbeef"},
    {PVG_WIRE_SPACE_BLIT,
     "33010000 0c000000 92100000",
     "generateMipmaps texture=0x1092"},
    {PVG_WIRE_SPACE_BLIT,
     "36010000 10000000 92100000 01000300",
     "optimizeContentsForCPUAccess:slice:level texture=0x1092 slice=1 level=3"},
    {PVG_WIRE_SPACE_BLIT,
     "39010000 1c000000 031c0000 00000000 00000000 10000000 00000000",
     "resetCommandsInBuffer commands=0x1c03 first=0 count=0x10"},
    {PVG_WIRE_SPACE_BLIT,
     "3a010000 0c000000 1f140000",
     "synchronizeResource resource=0x141f"},
    {PVG_WIRE_SPACE_BLIT,
     "3b010000 10000000 92100000 01000300",
     "synchronizeTexture:slice:level resource=0x1092 slice=1 level=3"},
    {PVG_WIRE_SPACE_BLIT,
     "3e010000 1c000000 92100000 f7100000 01000000 02000100 03000400",
     "copyFromTexture:toTexture:sliceCount:levelCount source=0x1092 destination=0x10f7 "
     "source_slice=1 source_level=0 destination_slice=2 destination_level=1 "
     "slice_count=3 level_count=4"},
    {PVG_WIRE_SPACE_BLIT,
     "40010000 54000000 92100000 02000300 40000000 00000000 20000000 00000000 01000000 "
     "00000000 01000000 00000000 02000000 00000000 00000000 00000000 f51f0000 99990000 "
     "00000000 04000000 00000000",
     "fillTexture:bytes texture=0x1092 level=2 slice=3 size={width=0x40 height=0x20 "
     "depth=1} origin={x=1 y=2 z=0} buffer=0x1ff5 offset=0x9999 length=4"},
    {PVG_WIRE_SPACE_BLIT,
     "41010000 64000000 92100000 02000300 40000000 00000000 20000000 00000000 01000000 "
     "00000000 01000000 00000000 02000000 00000000 00000000 00000000 00000000 0000d03f "
     "00000000 0000e03f 00000000 0000e83f 00000000 0000f03f 4600a5a5",
     "fillTexture:color texture=0x1092 level=2 slice=3 size={width=0x40 height=0x20 "
     "depth=1} origin={x=1 y=2 z=0} rgba=[0.25 0.5 0.75 1] format=RGBA8Unorm"},
    {PVG_WIRE_SPACE_BLIT,
     "3c010000 0c000000 40190000",
     "updateFence fence=0x1940"},
    /* 50-compute-blit 13.3 */
    {PVG_WIRE_SPACE_EVENT,
     "90010000 14000000 5a000000 05000000 00000000",
     "waitForEvent event=0x5a value=5"},
    {PVG_WIRE_SPACE_EVENT,
     "91010000 14000000 5a000000 06000000 00000000",
     "signalEvent event=0x5a value=6"},
    {PVG_WIRE_SPACE_EVENT,
     "92010000 18000000 5a000000 05000000 00000000 e8030000",
     "waitForEvent:timeout event=0x5a value=5 timeout=0x3e8"},
    /* 30-resources 21.2; 50-compute-blit 13.3 */
    {PVG_WIRE_SPACE_CREATE,
     "0d000000 0c000000 40190000",
     "newFence object=0x1940"},
    {PVG_WIRE_SPACE_CREATE,
     "01000000 2c000000 10000000 42055000 80070000 38040000 01000000 01000100 01002000 "
     "00000000 00000000",
     "newTexture object=0x10 body={type=2d unknown_flags=0 gpu_optimized=1 "
     "usage=shader_read|render_target format=BGRA8Unorm width=0x780 height=0x438 "
     "depth=1 levels=1 samples=1 array_length=1 options={cpu_cache=default_cache "
     "storage=private hazards=default unused=0} protection=0}"},
    {PVG_WIRE_SPACE_CREATE,
     "34000000 34000000 10000000 42500005 00000080 07000038 04000001 00000001 00010001 "
     "00200000 00000000 00000002 03040500",
     "newTexture object=0x10 body={type=2d unknown_flags=0 gpu_optimized=1 "
     "unknown_flag7=0 format=BGRA8Unorm usage=shader_read|render_target width=0x780 "
     "height=0x438 depth=1 levels=1 samples=1 array_length=1 "
     "options={cpu_cache=default_cache storage=private hazards=default unused=0} "
     "protection=0 swizzle_red=red swizzle_green=green swizzle_blue=blue "
     "swizzle_alpha=alpha}"},
    {PVG_WIRE_SPACE_CREATE,
     "03000000 24000000 21000000 05000086 00000000 00000000 ffff7f7f 00000000 00000000",
     "newSamplerState object=0x21 min=linear mag=linear lod_average=0 compare=never "
     "address_s=clamp_to_edge spare11=0 address_t=clamp_to_edge spare15=0 "
     "address_r=clamp_to_edge spare19=0 border=transparent_black spare22=0 mip=linear "
     "max_anisotropy=1 normalized=1 argument_buffers=0 reduction=0 lod_min=0 "
     "lod_max=3.40282e+38"},
    {PVG_WIRE_SPACE_CREATE,
     "04000000 28000000 22000000 3b000000 02060000 ff000000 ff000000 07000000 ffffffff "
     "ffffffff",
     "newDepthStencilState object=0x22 depth_compare=less_equal depth_write=1 "
     "unknown4=3 front={compare=equal fail=keep depth_fail=keep pass=increment_clamp "
     "read_mask=0xff write_mask=0xff} back={compare=always fail=keep depth_fail=keep "
     "pass=keep read_mask=0xffffffff write_mask=0xffffffff}"},
    {PVG_WIRE_SPACE_CREATE,
     "07000000 14000000 23000000 10000000 51000000",
     "newTextureView object=0x23 base=0x10 format=BGRA8Unorm_sRGB"},
    {PVG_WIRE_SPACE_CREATE,
     "08000000 34000000 24000000 10000000 00000200 01000000 00000000 01000000 00000000 "
     "00000000 00000000 01000000 00000000",
     "newTextureView:levels:slices object=0x24 base=0x10 format=Invalid type=2d "
     "first_level=1 level_count=1 first_slice=0 slice_count=1"},
    {PVG_WIRE_SPACE_CREATE,
     "1b000000 38000000 25000000 10000000 00000200 00000000 00000000 01000000 00000000 "
     "00000000 00000000 01000000 00000000 04030205",
     "newTextureView:levels:slices:swizzle object=0x25 base=0x10 format=Invalid type=2d "
     "first_level=0 level_count=1 first_slice=0 slice_count=1 swizzle_red=blue "
     "swizzle_green=green swizzle_blue=red swizzle_alpha=alpha"},
    {PVG_WIRE_SPACE_CREATE,
     "09000000 40000000 09000000 08000000 00000000 00000000 00050000 00000000 42115000 "
     "1c010000 1c010000 01000000 01000100 01001000 00000000 00000000",
     "newTextureWithBuffer object=9 buffer=8 offset=0 bytes_per_row=0x500 body={type=2d "
     "unknown_flags=0 gpu_optimized=1 usage=shader_read|pixel_format_view "
     "format=BGRA8Unorm width=0x11c height=0x11c depth=1 levels=1 samples=1 "
     "array_length=1 options={cpu_cache=default_cache storage=managed hazards=default "
     "unused=0} protection=0}"},
    {PVG_WIRE_SPACE_CREATE,
     "37000000 48000000 09000000 08000000 00000000 00000000 00050000 00000000 42500011 "
     "0000001c 0100001c 01000001 00000001 00010001 00100000 00000000 00000002 03040500",
     "newTextureWithBuffer object=9 buffer=8 offset=0 bytes_per_row=0x500 body={type=2d "
     "unknown_flags=0 gpu_optimized=1 unknown_flag7=0 format=BGRA8Unorm "
     "usage=shader_read|pixel_format_view width=0x11c height=0x11c depth=1 levels=1 "
     "samples=1 array_length=1 options={cpu_cache=default_cache storage=managed "
     "hazards=default unused=0} protection=0 swizzle_red=red swizzle_green=green "
     "swizzle_blue=blue swizzle_alpha=alpha}"},
    {PVG_WIRE_SPACE_CREATE,
     "15000000 3c000000 50000000 51000000 42055000 00010000 00010000 01000000 01000100 "
     "01002000 00000000 00000000 01000000 00000100 00000000",
     "newTextureWithHeap object=0x50 heap=0x51 body={type=2d unknown_flags=0 "
     "gpu_optimized=1 usage=shader_read|render_target format=BGRA8Unorm width=0x100 "
     "height=0x100 depth=1 levels=1 samples=1 array_length=1 "
     "options={cpu_cache=default_cache storage=private hazards=default unused=0} "
     "protection=0} use_offset=1 offset=0x10000"},
    {PVG_WIRE_SPACE_CREATE,
     "38000000 44000000 50000000 51000000 42500005 00000000 01000000 01000001 00000001 "
     "00010001 00200000 00000000 00000002 03040500 01000000 00000100 00000000",
     "newTextureWithHeap object=0x50 heap=0x51 body={type=2d unknown_flags=0 "
     "gpu_optimized=1 unknown_flag7=0 format=BGRA8Unorm usage=shader_read|render_target "
     "width=0x100 height=0x100 depth=1 levels=1 samples=1 array_length=1 "
     "options={cpu_cache=default_cache storage=private hazards=default unused=0} "
     "protection=0 swizzle_red=red swizzle_green=green swizzle_blue=blue "
     "swizzle_alpha=alpha} use_offset=1 offset=0x10000"},
    {PVG_WIRE_SPACE_CREATE,
     "0d000000 0c000000 31000000",
     "newFence object=0x31"},
    {PVG_WIRE_SPACE_CREATE,
     "32000000 40000000 60000000 40004000 01000000 02000000 00000000 02000200 0000803f "
     "0000803f 0000003f 0000003f aaaaaaaa aaaaaaaa aaaaaaaa aaaaaaaa",
     "newRasterizationRateMap object=0x60 screen_width=0x40 screen_height=0x40 "
     "layer_count=1 unknown0c=2 unknown10=0 layers=[{width=2 height=2}] qualities=[00 "
     "00 80 3f 00 00 80 3f 00 00 00 3f 00 00 00 3f aa aa aa aa aa aa aa aa aa aa aa aa "
     "aa aa aa aa]"},
    {PVG_WIRE_SPACE_CREATE,
     "36000000 58000000 01000000 02010000 001f0001 0100f07f 00000000 00000400 08004000 "
     "60000000 64000000 8c000000 a0000000 a0000000 a0000000 a0000000 a0000000 a0000000 "
     "a0000000 c4000000 10000000 10000000",
     "newIndirectCommandBuffer types=draw vertex_buffers=2 fragment_buffers=1 "
     "kernel_buffers=0 object_buffers=0 mesh_buffers=0 kernel_lengths=0x1f "
     "object_lengths=0 unknown0b=1 unknown0c=1 inherit_pipeline=0 inherit_buffers=0 "
     "ray_tracing=0 dynamic_stride=0 inherit_depth_stencil=1 inherit_depth_bias=1 "
     "unknown_flag6=1 inherit_depth_clip=1 inherit_cull=1 inherit_winding=1 "
     "inherit_fill=1 unknown_flags11=0xf unknown10=0 layout={type=0 barrier=4 "
     "kernel_arguments=8 tessellation=0x40 pipeline=0x60 vertex_buffers=0x64 "
     "fragment_buffers=0x8c object_buffers=0xa0 mesh_buffers=0xa0 kernel_buffers=0xa0 "
     "strides=0xa0 object_lengths=0xa0 kernel_lengths=0xa0 arguments=0xa0 size=0xc4} "
     "max_count=0x10 options={cpu_cache=default_cache storage=managed hazards=default "
     "unused=0}"},
    /* 30-resources 21.5 */
    {PVG_WIRE_SPACE_INFO,
     "c2010000 18000000 0a000000 30000000 00010000 00000000",
     "computePipelineInfo object=0xa buffer=0x30 offset=0x100"},
    {PVG_WIRE_SPACE_INFO,
     "c3010000 34000000 42037d00 b4000000 87000000 01000000 01000100 01002000 00000000 "
     "00000000 30000000 00020000 00000000",
     "heapTextureSizeAndAlign texture={type=2d unknown_flags=0 gpu_optimized=1 "
     "usage=shader_read|shader_write format=RGBA32Float width=0xb4 height=0x87 depth=1 "
     "levels=1 samples=1 array_length=1 options={cpu_cache=default_cache "
     "storage=private hazards=default unused=0} protection=0} buffer=0x30 offset=0x200"},
    {PVG_WIRE_SPACE_INFO,
     "c4010000 20000000 60000000 30000000 00030000 00000000 18000000 00000000",
     "rasterizationRateMapInfo rate_map=0x60 buffer=0x30 offset=0x300 reply_length=0x18"},
    {PVG_WIRE_SPACE_INFO,
     "c6010000 24000000 60000000 30000000 00040000 00000000 00000000 00002841 0000a241",
     "mapScreenToPhysical rate_map=0x60 buffer=0x30 offset=0x400 layer=0 x=10.5 y=20.25"},
    {PVG_WIRE_SPACE_INFO,
     "ca010000 30000000 40000000 10000000 00000000 10000000 00000000 01000000 00000000 "
     "30000000 00050000 00000000",
     "imageblockMemoryLength pipeline=0x40 size={width=0x10 height=0x10 depth=1} "
     "buffer=0x30 offset=0x500"},
};

static void each_vector_means_what_the_specification_says(void **state)
{
    char text[2048];

    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        struct hex bytes = hex(vectors[i].bytes);
        struct pvg_cursor c = hex_cursor(&bytes, 0);
        struct pvg_wire_record record;

        assert_true(pvg_wire_take_record(&c, &record));
        assert_int_equal(c.left, 0);
        pvg_wire_print(text, sizeof(text), vectors[i].space, record.opcode, record.payload.at,
                       record.payload.left);
        assert_string_equal(text, vectors[i].means);
    }
}

static const struct form *form_of(enum pvg_wire_space space, uint32_t opcode, size_t size)
{
    for (size_t i = 0; i < form_count; i++) {
        if (forms[i].space == space && forms[i].opcode == opcode &&
            (!forms[i].only_size || forms[i].only_size == size)) {
            return &forms[i];
        }
    }
    fail_msg("no form for opcode %#x", opcode);
    return NULL;
}

/* Makes the vector again on top of zeros and on top of ones: where both agree, the guest writes, and
 * the vector must have the same bits. */
static void each_vector_is_encoded_as_the_guest_does(void **state)
{
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        struct hex bytes = hex(vectors[i].bytes);
        struct pvg_cursor c = hex_cursor(&bytes, 0);
        struct pvg_wire_record record;
        const struct form *form;
        uint8_t made[2][1024];
        void *rec;

        assert_true(pvg_wire_take_record(&c, &record));
        form = form_of(vectors[i].space, record.opcode, bytes.size);
        rec = test_calloc(1, form->size);
        assert_int_equal(form->decode(&record.payload, rec), PVG_ACCEPTED);
        memset(made[0], 0x00, sizeof(made[0]));
        memset(made[1], 0xff, sizeof(made[1]));
        for (unsigned j = 0; j < 2; j++) {
            struct pvg_writer w = pvg_writer_over(made[j], sizeof(made[j]));

            form->encode(&w, rec);
            assert_int_equal(w.size, bytes.size);
        }
        for (size_t j = 0; j < bytes.size; j++) {
            uint8_t written = (uint8_t)~(made[0][j] ^ made[1][j]);

            assert_int_equal(made[0][j] & written, bytes.bytes[j] & written);
        }
        test_free(rec);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_vector_means_what_the_specification_says),
        cmocka_unit_test(each_vector_is_encoded_as_the_guest_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
