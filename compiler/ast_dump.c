/* The text form of a syntax tree: a statement per line, indented, with its expressions as
 * parenthesised prefix terms; names carry the place that the resolver gave them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compiler/ast.h"

struct dump {
    const struct intern *names;
    struct buf *out;
};

static void dump_expr(struct dump *d, const struct expr *e);

static void dump_name(struct dump *d, str_id name, struct binding binding)
{
    static const char *const scopes[] = {
        [SCOPE_LOCAL] = "local",   [SCOPE_CELL] = "cell",           [SCOPE_FREE] = "free",
        [SCOPE_GLOBAL] = "global", [SCOPE_UNIVERSAL] = "universal",
    };
    buf_add(d->out, intern_text(d->names, name), intern_len(d->names, name));
    if (binding.scope == SCOPE_NONE)
        return;
    buf_printf(d->out, ":%s", scopes[binding.scope]);
    if (binding.scope != SCOPE_UNIVERSAL)
        buf_printf(d->out, "%" PRIu32, binding.index);
}

static void dump_bytes(struct dump *d, const struct text *text)
{
    buf_str(d->out, "b\"");
    for (size_t i = 0; i < text->len; i++) {
        unsigned char c = (unsigned char)text->p[i];
        if (c < ' ' || c > '~' || c == '"' || c == '\\')
            buf_printf(d->out, "\\x%02x", c);
        else
            buf_char(d->out, (char)c);
    }
    buf_char(d->out, '"');
}

static void dump_float(struct dump *d, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", value);
    buf_str(d->out, text);
    if (!strpbrk(text, ".e"))
        buf_str(d->out, ".0");
}

static void dump_operand(struct dump *d, const struct expr *e)
{
    buf_char(d->out, ' ');
    if (e)
        dump_expr(d, e);
    else
        buf_char(d->out, '_');
}

static void dump_items(struct dump *d, const char *head, const struct expr_list *items)
{
    buf_printf(d->out, "(%s", head);
    for (uint32_t i = 0; i < items->n; i++)
        dump_operand(d, items->v[i]);
    buf_char(d->out, ')');
}

static void dump_fstring(struct dump *d, const struct fpart_list *parts)
{
    buf_str(d->out, "(f");
    for (uint32_t i = 0; i < parts->n; i++) {
        const struct fpart *part = &parts->v[i];
        buf_char(d->out, ' ');
        if (!part->expr) {
            buf_json(d->out, part->text.p, part->text.len);
            continue;
        }
        buf_char(d->out, '{');
        dump_expr(d, part->expr);
        if (part->conversion)
            buf_printf(d->out, " !%c", part->conversion);
        buf_char(d->out, '}');
    }
    buf_char(d->out, ')');
}

static void dump_comp(struct dump *d, const struct comp *comp)
{
    buf_printf(d->out, "(comp slots=%" PRIu32 "+%" PRIu32, comp->first_slot,
               comp->nslots);
    if (comp->key) {
        dump_operand(d, comp->key);
        buf_char(d->out, ':');
    }
    dump_operand(d, comp->value);
    for (uint32_t i = 0; i < comp->clauses.n; i++) {
        const struct comp_clause *clause = &comp->clauses.v[i];
        buf_str(d->out, clause->target ? " (for" : " (if");
        if (clause->target)
            dump_operand(d, clause->target);
        dump_operand(d, clause->operand);
        buf_char(d->out, ')');
    }
    buf_char(d->out, ')');
}

static void dump_call(struct dump *d, const struct expr *e)
{
    buf_str(d->out, "(call");
    dump_operand(d, e->call.callee);
    for (uint32_t i = 0; i < e->call.args.n; i++) {
        const struct arg *arg = &e->call.args.v[i];
        buf_char(d->out, ' ');
        if (arg->kind == ARG_KEYWORD)
            buf_printf(d->out, "%s=", intern_text(d->names, arg->name));
        else if (arg->kind != ARG_POSITIONAL)
            buf_str(d->out, arg->kind == ARG_STAR ? "*" : "**");
        dump_expr(d, arg->value);
    }
    buf_char(d->out, ')');
}

/* Parameters, result annotation and what the resolver found. */
static void dump_function(struct dump *d, const struct function *f)
{
    buf_char(d->out, '(');
    uint32_t varargs = f->npositional + f->nkwonly;
    for (uint32_t i = 0; i < f->nparams; i++) {
        const struct param *param = &f->params[i];
        buf_str(d->out, i > 0 ? " " : "");
        if (i == f->npositional && f->nkwonly > 0)
            buf_str(d->out, "| ");
        if (i >= varargs)
            buf_str(d->out, i == varargs && f->has_varargs ? "*" : "**");
        dump_name(d, param->ident.name, param->ident.binding);
        if (param->annotation) {
            buf_str(d->out, "::");
            dump_expr(d, param->annotation);
        }
        if (param->default_value) {
            buf_char(d->out, '=');
            dump_expr(d, param->default_value);
        }
    }
    buf_char(d->out, ')');
    if (f->returns) {
        buf_str(d->out, " -> ");
        dump_expr(d, f->returns);
    }
    buf_printf(d->out, " slots=%" PRIu32, f->nlocals);
    for (uint32_t i = 0; i < f->ncells; i++)
        buf_printf(d->out, "%s%" PRIu32, i == 0 ? " cells=" : ",", f->cells[i]);
    for (uint32_t i = 0; i < f->nfree; i++) {
        buf_str(d->out, i == 0 ? " free=" : ",");
        dump_name(d, f->free[i].name, f->free[i].binding);
    }
}

static void dump_expr(struct dump *d, const struct expr *e)
{
    switch ((enum expr_kind)e->kind) {
    case EXPR_NAME: dump_name(d, e->name.id, e->name.binding); return;
    case EXPR_INT: buf_printf(d->out, "%" PRId64, e->integer); return;
    case EXPR_BIGINT:
        buf_printf(d->out, "%s%s",
                   e->big.base == 16  ? "0x"
                   : e->big.base == 8 ? "0o"
                   : e->big.base == 2 ? "0b"
                                      : "",
                   e->big.digits);
        return;
    case EXPR_FLOAT: dump_float(d, e->real); return;
    case EXPR_STRING: buf_json(d->out, e->text.p, e->text.len); return;
    case EXPR_BYTES: dump_bytes(d, &e->text); return;
    case EXPR_FSTRING: dump_fstring(d, &e->fstring); return;
    case EXPR_LIST: dump_items(d, "list", &e->items); return;
    case EXPR_TUPLE: dump_items(d, "tuple", &e->items); return;
    case EXPR_DICT:
        buf_str(d->out, "(dict");
        for (uint32_t i = 0; i < e->dict.n; i++) {
            dump_operand(d, e->dict.v[i].key);
            buf_char(d->out, ':');
            dump_operand(d, e->dict.v[i].value);
        }
        break;
    case EXPR_LIST_COMP:
    case EXPR_DICT_COMP: dump_comp(d, e->comp); return;
    case EXPR_UNARY:
        buf_printf(d->out, "(%s", ast_op_text(e->op));
        dump_operand(d, e->unary.operand);
        break;
    case EXPR_BINARY:
        buf_printf(d->out, "(%s", ast_op_text(e->op));
        dump_operand(d, e->binary.left);
        dump_operand(d, e->binary.right);
        break;
    case EXPR_COND:
        buf_str(d->out, "(if");
        dump_operand(d, e->cond.test);
        dump_operand(d, e->cond.yes);
        dump_operand(d, e->cond.no);
        break;
    case EXPR_LAMBDA:
        buf_str(d->out, "(lambda ");
        dump_function(d, e->lambda);
        dump_operand(d, e->lambda->result);
        break;
    case EXPR_CALL: dump_call(d, e); return;
    case EXPR_DOT:
        buf_str(d->out, "(.");
        dump_operand(d, e->dot.object);
        buf_printf(d->out, " %s", intern_text(d->names, e->dot.name));
        break;
    case EXPR_INDEX:
        buf_str(d->out, "(index");
        dump_operand(d, e->index.object);
        dump_operand(d, e->index.key);
        break;
    case EXPR_SLICE:
        buf_str(d->out, "(slice");
        dump_operand(d, e->slice.object);
        dump_operand(d, e->slice.start);
        dump_operand(d, e->slice.stop);
        dump_operand(d, e->slice.step);
        break;
    }
    buf_char(d->out, ')');
}

static void dump_block(struct dump *d, const struct block *block, int indent);

static void dump_indent(struct dump *d, int indent)
{
    buf_printf(d->out, "%*s", indent, "");
}

static void dump_if(struct dump *d, const struct stmt *s, int indent)
{
    for (uint32_t i = 0; i < s->if_.clauses.n; i++) {
        if (i > 0)
            dump_indent(d, indent);
        buf_str(d->out, i == 0 ? "if" : "elif");
        dump_operand(d, s->if_.clauses.v[i].test);
        buf_char(d->out, '\n');
        dump_block(d, &s->if_.clauses.v[i].body, indent + 2);
    }
    if (s->if_.otherwise.n > 0) {
        dump_indent(d, indent);
        buf_str(d->out, "else\n");
        dump_block(d, &s->if_.otherwise, indent + 2);
    }
}

static void dump_load(struct dump *d, const struct stmt *s)
{
    buf_str(d->out, "load ");
    buf_json(d->out, s->load.module.p, s->load.module.len);
    for (uint32_t i = 0; i < s->load.items.n; i++) {
        const struct load_item *item = &s->load.items.v[i];
        buf_char(d->out, ' ');
        dump_name(d, item->local.name, item->local.binding);
        buf_printf(d->out, "=%s", intern_text(d->names, item->remote));
    }
    buf_char(d->out, '\n');
}

/* Compound statements end their own lines. */
static void dump_stmt(struct dump *d, const struct stmt *s, int indent)
{
    dump_indent(d, indent);
    switch ((enum stmt_kind)s->kind) {
    case STMT_EXPR:
        buf_str(d->out, "do");
        dump_operand(d, s->expr);
        break;
    case STMT_ASSIGN:
    case STMT_AUGMENT:
        buf_printf(d->out, "%s=", ast_op_text(s->op));
        dump_operand(d, s->assign.target);
        dump_operand(d, s->assign.value);
        break;
    case STMT_RETURN:
        buf_str(d->out, "return");
        if (s->expr)
            dump_operand(d, s->expr);
        break;
    case STMT_PASS: buf_str(d->out, "pass"); break;
    case STMT_BREAK: buf_str(d->out, "break"); break;
    case STMT_CONTINUE: buf_str(d->out, "continue"); break;
    case STMT_IF: dump_if(d, s, indent); return;
    case STMT_FOR:
        buf_str(d->out, "for");
        dump_operand(d, s->for_.target);
        dump_operand(d, s->for_.iter);
        buf_char(d->out, '\n');
        dump_block(d, &s->for_.body, indent + 2);
        return;
    case STMT_DEF:
        buf_str(d->out, "def ");
        dump_name(d, s->def.ident.name, s->def.ident.binding);
        dump_function(d, s->def.function);
        buf_char(d->out, '\n');
        dump_block(d, &s->def.function->body, indent + 2);
        return;
    case STMT_LOAD: dump_load(d, s); return;
    }
    buf_char(d->out, '\n');
}

static void dump_block(struct dump *d, const struct block *block, int indent)
{
    for (uint32_t i = 0; i < block->n; i++)
        dump_stmt(d, block->v[i], indent);
}

void ast_dump(const struct ast_file *file, struct buf *out)
{
    struct dump d = {file->names, out};
    buf_str(out, "file ");
    dump_function(&d, file->top);
    for (uint32_t i = 0; i < file->nglobals; i++)
        buf_printf(out, "%s%s%s", i == 0 ? " globals=" : ",",
                   intern_text(file->names, file->globals[i]),
                   file->loaded[i] ? "(loaded)" : "");
    buf_char(out, '\n');
    dump_block(&d, &file->top->body, 2);
}
