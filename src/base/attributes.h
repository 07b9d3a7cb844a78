/* SPDX-License-Identifier: MIT */
/* The compiler attributes and the scope-bound ownership that all floors use. */
#ifndef PVG_BASE_ATTRIBUTES_H
#define PVG_BASE_ATTRIBUTES_H

#define PVG_NODISCARD __attribute__((warn_unused_result))
#define PVG_PRINTF(text, first) __attribute__((format(printf, text, first)))

/* A local that owns: PVG_AUTO(pvg_thing) t = ...; is destroyed when it leaves its scope, unless
 * g_steal_pointer(&t) gave it away. PVG_DEFINE_AUTO(pvg_thing) stands once, below
 * pvg_thing_destroy(), which must accept NULL. */
#define PVG_AUTO(name) __attribute__((cleanup(name##_auto_destroy))) struct name *
#define PVG_DEFINE_AUTO(name)                                                                      \
    static inline __attribute__((unused)) void name##_auto_destroy(struct name **owned)            \
    {                                                                                              \
        name##_destroy(*owned);                                                                    \
    }

#endif
