/* A Chef Infra Server between this computer and the machines: the cookbooks of the build
 * go to it once per run, through the user's own knife; each machine then pulls. */
#ifndef DVO_RUNTIME_CHEF_SERVER_H
#define DVO_RUNTIME_CHEF_SERVER_H

#include "ir/base/digest.h"
#include "runtime/run.h"

struct chef_server;

/* `fault` says why the cookbooks are not there; NULL: they are. May be emptied. */
typedef void chef_server_fn(void *ctx, struct fault *fault);

/* A setting of `chef` in the configuration; "" if it is not given. */
const char *chef_setting(const struct run_plan *plan, const char *name);
/* Whether machines pull from a server. */
bool chef_server_used(const struct run_plan *plan);
/* What the cookbooks of this build are: one digest of all their files. */
void chef_digest(const struct run_plan *plan, char out[DIGEST_TEXT_SIZE]);

/* Whether this run has uploaded them. */
bool chef_server_ready(const struct run *r);
/* Calls `done` once the cookbooks are on the server, never before it returns; several
 * callers share one upload. False with a fault if it cannot begin. */
bool chef_server_upload(struct run *r, chef_server_fn *done, void *ctx, struct fault *f);
/* Signals the upload at work, which then fails for all who wait. */
void chef_server_signal(struct run *r, int sig);
void chef_server_free(struct chef_server *s);

/* The run list of a segment's machine: all of the program's recipes for it, each at the
 * version of this build. */
void chef_server_run_list(const struct run_plan *plan, const struct segment *s,
                          struct buf *out);
/* What knife and chef-client say about a server that does not answer, or refuses; DVO_OK
 * if they say nothing of it. */
enum dvo_error chef_server_error(const char *words);

#endif
