/* The things at providers that the state knows of: what they need of each other, and
 * which of them a deletion takes. */
#ifndef DVO_RUNTIME_THINGS_H
#define DVO_RUNTIME_THINGS_H

#include <stdio.h>

#include "runtime/run.h"

enum thing_fate {
    THING_GOES,
    THING_STAYS,   /* it is not asked for */
    THING_LOOKED,  /* the program only looked for it: there is nothing to delete */
    THING_FOUND,   /* kept: it was found, not made */
    THING_DATA,    /* kept: it holds data */
    THING_NEEDED,  /* kept: something that stays needs it */
    THING_UNKNOWN, /* how it is deleted is not known: it is of an older version */
};

struct thing {
    struct state_op row; /* all of it */
    uint32_t op;         /* of the plan; 0: its call is gone */
    bool ours;           /* of this plan's program */
    bool protect;        /* the program's word is the last one */
    enum thing_fate fate;
    size_t needed_by; /* THING_NEEDED: index of what needs it */
    struct {
        size_t *v;
        size_t n, cap;
    } needs; /* indices */
};

struct things {
    struct thing *v; /* in the order of their creation */
    size_t n, cap;
    json_t *index; /* by address */
    struct {
        char **v;
        size_t n, cap;
    } others; /* addresses of all other rows */
};

/* Everything; fates are THING_STAYS. To be freed, with or without success. */
bool things_read(struct run *r, struct things *t, struct fault *f);
void things_free(struct things *t);
/* Whether the run speaks to the provider of this id, NULL: of the plan; and speaks to it
 * from now on, as it was told when the things were made. Nothing may be under way. */
bool things_spoken(const struct run *r, const char *provider);
bool things_speak(struct run *r, const char *provider, struct fault *f);
/* How many things the state has at the provider that the run speaks to, whoever made
 * them: what was only looked for is none of it. */
bool things_at_provider(struct run *r, size_t *n, struct fault *f);
/* Addresses of things that this program made and the plan has no more: how many, and one
 * of them (to be freed). */
bool things_left_over(struct run *r, size_t *n, char **one, struct fault *f);
/* Chooses what is deleted: of what is `ours`, everything, or what the plan has no more;
 * and keeps what must be kept, as the options say. False with a fault of the state. */
bool things_choose(struct run *r, struct things *t, bool left_over, struct fault *f);
size_t things_count(const struct things *t, enum thing_fate fate);
/* Tells what would be deleted although protect=True; 0, or the exit status. */
int things_check_protected(const struct run *r, const struct things *t);
/* Lists what goes, or what is kept and why. */
void things_print_going(const struct things *t, FILE *out);
void things_print_kept(const struct things *t, FILE *out);
/* How the thing is deleted, to be released; NULL with *f if that cannot be read, without
 * one if nobody knows. */
json_t *thing_recipe(struct run *r, const struct thing *t, struct fault *f);
/* Whether an address is of a call on this machine: MACHINE.CALL(...). */
bool thing_carries(const char *machine, const char *address);
/* The state forgets the thing and what was done on it. */
bool thing_forget(struct run *r, const struct things *all, const struct thing *t,
                  struct fault *f);

#endif
