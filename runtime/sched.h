/* What may start now: units with counters of unmet dependencies, and limits per class.
 * Of those that may, the one with the longest way behind it is the next. */
#ifndef DVO_RUNTIME_SCHED_H
#define DVO_RUNTIME_SCHED_H

#include <stdbool.h>
#include <stdint.h>

struct sched;

/* `limits[class]` units of a class run at once. Units are numbered from 0; of two with
 * equal ways behind them, the one with the smaller number comes first. */
struct sched *sched_new(uint32_t units, const uint32_t *limits, uint32_t classes);
void sched_free(struct sched *s);
void sched_class(struct sched *s, uint32_t unit, uint32_t class);
/* How long it takes; of several calls the largest counts. 0 if nobody says. */
void sched_cost(struct sched *s, uint32_t unit, int64_t cost);
/* `to` waits until `from` has finished. Repeated edges count once more and are harmless;
 * an edge from a unit to itself is ignored. */
void sched_edge(struct sched *s, uint32_t from, uint32_t to);
/* After the last edge. False if some units wait for each other: *cyclic is one of them.
 */
bool sched_start(struct sched *s, uint32_t *cyclic);
/* The next unit that may start and now counts as running; false if none may at the
 * moment. */
bool sched_take(struct sched *s, uint32_t *unit);
/* A running unit has finished, however it ended. */
void sched_finish(struct sched *s, uint32_t unit);
uint32_t sched_running(const struct sched *s);
bool sched_done(const struct sched *s); /* every unit has finished */

#endif
