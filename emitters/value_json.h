/* Values as JSON: the VALUE expressions of plan.json and api/calls.json (docs/plan.md).
 */
#ifndef DVO_EMITTERS_VALUE_JSON_H
#define DVO_EMITTERS_VALUE_JSON_H

#include "emitters/emission.h"
#include "emitters/json.h"

/* Writes a value on one line, with the holes of templates filled for `op`. What JSON
 * cannot carry is an error at the op. */
void value_json(struct emission *e, op_id op, val_id v, struct json *j);
/* Writes the op's number; of a carrier, the list of its ops' numbers. */
void value_json_op(struct emission *e, op_id op, struct json *j);
/* As value_json(); the items of a list have a line each. */
void value_json_lines(struct emission *e, op_id op, val_id v, struct json *j);

/* Writes the op's arguments as an object: those that differ from their defaults, sorted
 * by name. Ops stand there by address, so it says the same after an edit elsewhere in the
 * program. */
void value_json_args(struct emission *e, op_id op, struct json *j);
/* The same as compact text: what a provider keeps beside the thing it made. */
void value_json_args_text(struct emission *e, op_id op, struct buf *out);

/* Writes native steps: the list of a template as an array of objects. */
void value_json_steps(struct emission *e, op_id op, val_id steps, struct json *j);

#endif
