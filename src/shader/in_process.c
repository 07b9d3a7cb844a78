/* SPDX-License-Identifier: MIT */
/* The translator called directly, for tools and tests: no confinement, no limits. */
#include "shader/compiler.h"

#include <glib.h>

static struct pvg_translator *in_process_create(const struct pvg_compiler_settings *settings,
                                                struct pvg_error *error)
{
    struct pvg_translator *translator = g_new0(struct pvg_translator, 1);

    translator->impl = &pvg_in_process_translator;
    return translator;
}

static void in_process_destroy(struct pvg_translator *translator)
{
    g_free(translator);
}

static void in_process_translate(struct pvg_translator *translator,
                                 const struct pvg_translate_request *request,
                                 struct pvg_translation *out)
{
    pvg_translate(request, out);
}

const struct pvg_translator_impl pvg_in_process_translator = {
    .name = "in-process",
    .create = in_process_create,
    .destroy = in_process_destroy,
    .translate = in_process_translate,
};
