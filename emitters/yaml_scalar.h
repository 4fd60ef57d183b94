/* How a string is written in YAML so that every reader gets exactly its bytes. */
#ifndef DVO_EMITTERS_YAML_SCALAR_H
#define DVO_EMITTERS_YAML_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/base/buf.h"

enum yaml_style { YAML_PLAIN, YAML_SINGLE, YAML_DOUBLE, YAML_LITERAL };

enum {
    YAML_WIDTH = 150, /* columns of a line that can be broken; ansible-lint allows 160 */
};

/* The most readable style that is exact for these bytes, which begin in column `column`;
 * a literal block would be indented by `indent` columns. Keys allow no literal block. */
enum yaml_style yaml_style(const char *s, size_t len, int column, int indent, bool key);

/* Appends the string in one of the one-line styles, Double-quoted text that is
 * too long for one line goes on in the next, `indent` columns deep, unless that is
 * negative. Returns the number of line breaks written. */
unsigned yaml_scalar(struct buf *out, enum yaml_style style, const char *s, size_t len,
                     int column, int indent);
/* Appends a literal block behind its header's place, without a last newline. Returns the
 * number of line breaks written. */
unsigned yaml_literal(struct buf *out, const char *s, size_t len, int indent);

#endif
