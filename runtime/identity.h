/* Where the login at a provider leads, by what its driver says tells such places apart.
 * The state has its things in one of them: in another, none would be found, and all would
 * be taken for gone or made a second time. */
#ifndef DVO_RUNTIME_IDENTITY_H
#define DVO_RUNTIME_IDENTITY_H

#include "runtime/run.h"

/* Whether the logins of this provider ("provider" of calls.json) tell it. */
bool identity_told(const json_t *record);
/* Of a login that has extracted `vars`: whether it leads to where the state has the
 * provider's things. Where it has none, it is to have them there. `identity` is that of
 * "session", or NULL: then nothing tells. */
bool identity_check(struct run *r, const json_t *identity, const json_t *vars,
                    struct fault *f);
/* Waits for the login of the provider that the run speaks to. False if identity_check()
 * has refused it, *f says why; what else is wrong with it is left to those whose calls
 * need it.
 */
bool identity_holds(struct run *r, struct fault *f);

#endif
