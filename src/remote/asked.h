/* SPDX-License-Identifier: MIT */
/* What the worker was asked for and will answer.
 *
 * A submission is prepared when the guest sends it, and submitted, which gives it a turn, when all
 * that it waits for is complete. Of a worker that dies, submissions that it was given are lost
 * (HOST_DEVICE), the others are sent to the next one; everything else is done with the death, as
 * the dead keep nothing and touch nothing. */
#ifndef PVG_REMOTE_ASKED_H
#define PVG_REMOTE_ASKED_H

#include "base/section.h"
#include "remote/keeper.h"
#include "remote/link.h"

#define PVG_ANSWER_LIMIT_US 2000000 /* a client of ours waits 5 s */
#define PVG_QUEUE_LIMIT_US  3000000 /* how long work waits for the next worker */

struct pvg_asked {
    uint64_t id;
    struct pvg_work *work;
    struct pvg_compute_query *query; /* filled before its work is completed */
    struct pvg_present *present;     /* drawn into picture first; NULL: nobody waits for that */
    struct pvg_keeper_picture *picture;
    struct pvg_submission *submission; /* NULL: something else */
    uint64_t turn; /* of a submission: in which it was submitted; 0: only prepared */
    bool given;    /* and that some worker was told so */
};

/* ---- Asking ---- */

/* Notes that @work is asked for. Both locks are held. */
struct pvg_asked *pvg_asked_add_locked(struct pvg_keeper *keeper, struct pvg_work *work);

/* Asks for something that is nothing without a worker: then it is done. @work and @query may be
 * NULL. */
void pvg_keeper_ask(struct pvg_keeper *keeper, enum pvg_link_type type,
                    const struct pvg_saver *payload, struct pvg_work *work,
                    struct pvg_compute_query *query);

/* Waits for @answered, which the worker's answer sets, or its burial; a worker that does not answer
 * is killed. False when even that brings none. lock is held. */
bool pvg_keeper_await_locked(struct pvg_keeper *keeper, const bool *answered);

/* Sends, and waits for the answer. HOST_DEVICE without one: then there is no worker that touches
 * anything, and what was submitted to it is completed. Control thread. */
enum pvg_refusal pvg_keeper_ask_and_wait(struct pvg_keeper *keeper, enum pvg_link_type type,
                                         const struct pvg_saver *payload);

void pvg_asked_send_prepare_locked(struct pvg_keeper *keeper, const struct pvg_asked *asked);

/* ---- The answers. Minder thread. ---- */

void pvg_asked_hear_done(struct pvg_keeper *keeper, uint64_t id, const struct pvg_link_done *done);
void pvg_asked_hear_saved(struct pvg_keeper *keeper, uint64_t id, const GByteArray *payload);

/* ---- When there is no answer ---- */

/* Tells a new worker of what waits for it. Both locks are held. */
void pvg_asked_send_again_locked(struct pvg_keeper *keeper);

/* Takes the submissions out of the table that were submitted (@given_only: to a worker). */
GPtrArray *pvg_asked_take_submitted_locked(struct pvg_keeper *keeper, bool given_only);

/* Takes what else the worker was asked for. A present that it had not taken stays: the engine,
 * which waits for that, shows guest memory. */
GPtrArray *pvg_asked_take_others_locked(struct pvg_keeper *keeper);

/* Answers what the control thread waits for, once all that the dead was given is completed. */
void pvg_asked_answer_for_the_dead(struct pvg_keeper *keeper);

/* Completes what was taken out of the table, in the order of turns. */
void pvg_asked_complete(struct pvg_asked *asked, enum pvg_refusal why);
void pvg_asked_complete_all(GPtrArray *all, enum pvg_refusal why);

#endif
