/* SPDX-License-Identifier: MIT */
/* Commands to a running QEMU, one at a time. */
#ifndef CLI_QMP_H
#define CLI_QMP_H

#include <json-glib/json-glib.h>
#include <stdbool.h>

#include <pvg/error.h>

struct machine;
struct qmp;

/* The running machine's QMP; NULL and @error when it does not run or does not answer. */
struct qmp *qmp_open(const struct machine *machine, struct pvg_error *error);
void qmp_close(struct qmp *qmp);

/* Executes {"execute": @command, "arguments": @arguments}, @arguments being JSON or NULL. Returns
 * what "return" holds, the caller's; NULL and @error on failure. */
JsonNode *qmp_execute(struct qmp *qmp, const char *command, const char *arguments,
                      struct pvg_error *error);

/* qmp_execute for commands that return nothing of interest. */
bool qmp_do(struct qmp *qmp, const char *command, const char *arguments, struct pvg_error *error);

/* Waits until QEMU has hung up, which it does at its end; false after @seconds. */
bool qmp_wait_end(struct qmp *qmp, unsigned seconds);

#endif
