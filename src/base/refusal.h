/* SPDX-License-Identifier: MIT */
/* The guest's faults: one reason for each way in which a guest's command can be wrong.
 *
 * The finder returns the reason; one place, the channel that ran the command, counts and logs it
 * (DESIGN: typed refusal, counted, logged once per reason, completed). Add a reason at the end of
 * the list; refusal names appear in statistics and logs. */
#ifndef PVG_BASE_REFUSAL_H
#define PVG_BASE_REFUSAL_H

/* X(enumerator suffix, words for a log line) */
#define PVG_REFUSALS(X)                                                                            \
    X(SHORT, "record ends before its last field")                                                  \
    X(COUNT, "count exceeds the elements that are there")                                          \
    X(RANGE, "range outside its object")                                                           \
    X(LIMIT, "value above what the device supports")                                               \
    X(VALUE, "value with no meaning")                                                              \
    X(NO_TASK, "no such task")                                                                     \
    X(NO_OBJECT, "no such object")                                                                 \
    X(KIND, "object of another kind")                                                              \
    X(UNMAPPED, "address without a page-table entry")                                              \
    X(NOT_RAM, "address outside guest memory")                                                     \
    X(NOT_WRITABLE, "address in read-only guest memory")                                           \
    X(LEVEL, "mip level or slice that the texture does not have")                                  \
    X(FORMAT, "pixel format not supported here")                                                   \
    X(STATE, "command not allowed in this state")                                                  \
    X(OPCODE, "unknown or unsupported command")                                                    \
    X(SHADER, "shader that could not be translated")                                               \
    X(HOST_MEMORY, "host memory exhausted")                                                        \
    X(HOST_DEVICE, "host GPU refused or lost")                                                     \
    X(STALE, "its driver session or address space is gone")                                        \
    X(MOVED, "page moved without notice, the write was dropped")                                   \
    X(CORRUPT, "page table holds an entry that no guest writes")

enum pvg_refusal {
    PVG_ACCEPTED,
#define PVG_REFUSAL_ENUMERATOR(name, words) PVG_REFUSED_##name,
    PVG_REFUSALS(PVG_REFUSAL_ENUMERATOR)
#undef PVG_REFUSAL_ENUMERATOR
        PVG_REFUSAL_COUNT,
};

/* "RANGE" */
const char *pvg_refusal_name(enum pvg_refusal refusal);

/* "range outside its object" */
const char *pvg_refusal_words(enum pvg_refusal refusal);

#endif
