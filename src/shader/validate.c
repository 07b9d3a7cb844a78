/* SPDX-License-Identifier: MIT */
#include "shader/validate.h"

#include "shader/spirv_tools.h"

bool pvg_shader_validate(const uint32_t *words, uint32_t count, struct pvg_error *error)
{
    spv_context context = spvContextCreate(SPV_ENV_VULKAN_1_3);
    spv_const_binary_t binary = {words, count};
    spv_diagnostic diagnostic = NULL;
    bool valid = spvValidate(context, &binary, &diagnostic) == SPV_SUCCESS;

    if (!valid) {
        pvg_error_set(error, "the module is not valid SPIR-V: %s",
                      diagnostic ? diagnostic->error : "no reason given");
    }
    spvDiagnosticDestroy(diagnostic);
    spvContextDestroy(context);
    return valid;
}
