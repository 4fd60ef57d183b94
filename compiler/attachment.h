/* What a machine is sent as a file: kept under its digest in .dvo/files beside the
 * program, so that the graph needs to name nothing but the digest. */
#ifndef DVO_COMPILER_ATTACHMENT_H
#define DVO_COMPILER_ATTACHMENT_H

#include "compiler/program.h"

/* What a record says about an argument that is looked up outside of the program. */
enum attachment_kind {
    ATTACHMENT_FOLDER, /* arg(..., packs=TO): a folder beside the program as an archive */
    ATTACHMENT_URL, /* arg(..., fetches=TO): what a URL answers with; TO is its digest */
    ATTACHMENT_COMMIT, /* arg(..., pins=TO, of=REPO): the commit that a branch or tag is
                        */
};

struct attachment_rule {
    enum attachment_kind kind;
    uint32_t from, to; /* arguments: what is written, and the digest or commit */
    uint32_t of;       /* of ATTACHMENT_COMMIT */
};

/* Carries out one rule for an op whose arguments are bound; `at` and `of` are where the
 * arguments of these names were written. False after an error. */
bool attachment_make(struct vm *vm, const struct attachment_rule *rule, op_id op,
                     struct span at, struct span of);

#endif
