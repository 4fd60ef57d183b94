/* The user's own clouds.yaml, as every client of OpenStack reads it. Source of names and
 * search path: openstacksdk's manual, "Configuring OpenStack SDK Applications". */
#ifndef DVO_RUNTIME_CLOUDS_H
#define DVO_RUNTIME_CLOUDS_H

#include <jansson.h>

#include "runtime/fault.h"

/* Adds the facts of a cloud to an object: of the entry `cloud`, else of the one that
 * OS_CLOUD names, else what the variables OS_AUTH_URL and so on say, else of the only
 * entry. All members of the entry and of its `auth` are facts, as texts, and beside them
 *   auth_url   without a slash at its end, with /v3
 *   user       who logs in, as the Identity API v3 takes it: {"name", "domain"} or {"id"}
 *   scope      {"project": …}, {"domain": …} or null
 *   interface  public, internal or admin
 *   verify     whether certificates are checked
 * What is not there is null. The facts hold secrets; messages do not. False with a fault.
 */
bool clouds_facts(const char *cloud, json_t *facts, struct fault *f);

#endif
