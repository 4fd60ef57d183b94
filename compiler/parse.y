/* The grammar: all of Starlark, f-strings and annotations on parameters. Actions only call the
 * makers of tree nodes in ast.c; messages for what does not fit are made in parse_error.c. */
%code requires {
#include "compiler/parser.h"
}

%define api.pure full
%define api.prefix {dvo_}
%define api.token.prefix {TOK_}
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {struct parser *p}

/* Every reduction copies it: nothing in it is larger than a register. */
%union {
    str_id id;
    const struct text *text;
    char conversion;
    enum ast_op op;
    struct expr *expr;
    struct stmt *stmt;
    uint32_t list; /* index of its first element, see ast_expr_push() */
}

%code {
#define YYLLOC_DEFAULT(Current, Rhs, N) \
    do { \
        if (N) { \
            (Current) = YYRHSLOC(Rhs, 1); \
            (Current).end = YYRHSLOC(Rhs, N).end; \
        } else { \
            (Current) = YYRHSLOC(Rhs, 0); \
            (Current).begin = (Current).end; \
        } \
    } while (0)

/* A list that begins here. */
#define EMPTY(list) ((uint32_t)p->list.n)

int dvo_scan(DVO_STYPE *value, struct span *at, void *scanner);
static int dvo_lex(DVO_STYPE *value, struct span *at, struct parser *p);
static void dvo_error(const struct span *at, struct parser *p, const char *message);
static struct span join(struct span first, struct span last);
}

%token END 0
%token NEWLINE INDENT DEDENT
%token <id> NAME ELLIPSIS
%token <expr> NUMBER STRING BYTES
%token <text> FSTRING_TEXT
%token FSTRING_BEGIN FSTRING_END HOLE_BEGIN HOLE_END
%token <conversion> CONVERSION
%token AND BREAK CONTINUE DEF ELIF ELSE FOR IF IN LAMBDA LOAD NOT OR PASS RETURN
%token RESERVED
%token EQ "==" NE "!=" LE "<=" GE ">=" SHL "<<" SHR ">>" FLOORDIV "//" STARSTAR "**" ARROW "->"
%token ADD_ASSIGN SUB_ASSIGN MUL_ASSIGN DIV_ASSIGN FLOORDIV_ASSIGN MOD_ASSIGN
%token AND_ASSIGN OR_ASSIGN XOR_ASSIGN SHL_ASSIGN SHR_ASSIGN

/* A header without a body is read as one whose body is missing only if no body follows. */
%precedence NO_BODY
%precedence INDENT

%left OR
%left AND
%precedence NOT
%left '|'
%left '^'
%left '&'
%left SHL SHR
%left '+' '-'
%left '*' '/' '%' FLOORDIV
%precedence UNARY

%type <stmt> compound small
%type <expr> test logical sum primary lambda
%type <expr> expressions targets annotation returns opt_test
%type <op> augment compare
%type <list> statements suite simple_statement small_statements else branches
%type <list> params param_list param lambda_params lambda_param_list lambda_param
%type <list> test_list test_pair target_pair entry entries fstring_parts
%type <list> comp_for comp_clause comp_clauses args arg_list arg load_items
%type <conversion> conversion

%%

file: statements { p->top = ast_toplevel(p, $1); }
    ;

/* ---- statements ---- */

/* Few levels, here and below: a plain call or name is reduced through each of them. */
statements: %empty { $$ = EMPTY(stmts); }
    | statements simple_statement
    | statements compound { $$ = $1; ast_stmt_push(p, $2); p->broken = 0; }
    | statements INDENT
        {
            if (!p->broken && !p->tabs)
                parser_error(p, SYNTAX_INDENT, @2, "this line is indented for no reason");
            p->failed = true;
        }
      statements DEDENT { $$ = $1; p->broken = TOK_IF; /* whatever it was, be quiet */ }
    | statements error NEWLINE { $$ = $1; yyerrok; p->broken = p->dropped_token; }
    ;

simple_statement: small_statements NEWLINE { $$ = $1; p->broken = 0; }
    | small_statements ';' NEWLINE { $$ = $1; p->broken = 0; }
    ;
small_statements: small { $$ = ast_stmt_push(p, $1); }
    | small_statements ';' small { $$ = $1; ast_stmt_push(p, $3); }
    ;

small: expressions { $$ = ast_stmt(p, STMT_EXPR, @$, $1); }
    | expressions '=' expressions { $$ = ast_assign(p, @$, $1, OP_NONE, $3); }
    | expressions augment expressions { $$ = ast_assign(p, @$, $1, $2, $3); }
    | RETURN { $$ = ast_stmt(p, STMT_RETURN, @$, NULL); }
    | RETURN expressions { $$ = ast_stmt(p, STMT_RETURN, @$, $2); }
    | PASS { $$ = ast_stmt(p, STMT_PASS, @$, NULL); }
    | BREAK { $$ = ast_stmt(p, STMT_BREAK, @$, NULL); }
    | CONTINUE { $$ = ast_stmt(p, STMT_CONTINUE, @$, NULL); }
    | LOAD '(' STRING load_items comma ')' { $$ = ast_load(p, @$, $3->text, @3, $4); }
    ;

augment: ADD_ASSIGN { $$ = OP_ADD; }
    | SUB_ASSIGN { $$ = OP_SUB; }
    | MUL_ASSIGN { $$ = OP_MUL; }
    | DIV_ASSIGN { $$ = OP_DIV; }
    | FLOORDIV_ASSIGN { $$ = OP_FLOORDIV; }
    | MOD_ASSIGN { $$ = OP_MOD; }
    | AND_ASSIGN { $$ = OP_BITAND; }
    | OR_ASSIGN { $$ = OP_BITOR; }
    | XOR_ASSIGN { $$ = OP_BITXOR; }
    | SHL_ASSIGN { $$ = OP_SHL; }
    | SHR_ASSIGN { $$ = OP_SHR; }
    ;

load_items: %empty { $$ = EMPTY(load_items); }
    | load_items ',' load_item
    ;
load_item: STRING { ast_load_push(p, @1, 0, @1, $1->text); }
    | NAME '=' STRING { ast_load_push(p, @1, $1, @3, $3->text); }
    ;
comma: %empty
    | ','
    ;

compound: IF branches else { $$ = ast_if(p, join(@1, @2), $2, $3); }
    | FOR targets IN expressions ':' suite { $$ = ast_for(p, join(@1, @5), $2, $4, $6); }
    | DEF NAME '(' params ')' returns ':' suite
        { $$ = ast_def(p, join(@1, @7), ast_ident(p, @2, $2), $4, $6, $8); }
    ;

branches: test ':' suite
        {
            $$ = ast_branch_push(p, $1, $3);
            @$ = join(@1, @2);
        }
    | branches ELIF test ':' suite
        {
            $$ = $1;
            ast_branch_push(p, $3, $5);
            @$ = @1;
        }
    ;
else: %empty { $$ = EMPTY(stmts); }
    | ELSE ':' suite { $$ = $3; }
    ;

suite: simple_statement
    | NEWLINE INDENT { p->broken = 0; } statements DEDENT { $$ = $4; p->broken = 0; }
    | NEWLINE %prec NO_BODY
        {
            $$ = EMPTY(stmts);
            bool failed = p->line_failed; /* of the next line, which has begun already */
            struct diag *d = parser_error(p, SYNTAX_NO_BODY, @1,
                                          "an indented block must follow this line");
            diag_help(p->diags, d, "indent the lines that belong to it, or write 'pass'");
            p->line_failed = failed;
        }
    ;

/* ---- parameters ---- */

params: %empty { $$ = EMPTY(params); }
    | param_list comma
    ;
param_list: param
    | param_list ',' param
    ;
param: NAME annotation
        { $$ = ast_param_push(p, PARAM_PLAIN, ast_ident(p, @1, $1), $2, NULL, @$); }
    | NAME annotation '=' test
        { $$ = ast_param_push(p, PARAM_PLAIN, ast_ident(p, @1, $1), $2, $4, @$); }
    | '*' { $$ = ast_param_push(p, PARAM_BARE_STAR, (struct ident){0}, NULL, NULL, @$); }
    | '*' NAME annotation
        { $$ = ast_param_push(p, PARAM_STAR, ast_ident(p, @2, $2), $3, NULL, @$); }
    | STARSTAR NAME annotation
        { $$ = ast_param_push(p, PARAM_STARSTAR, ast_ident(p, @2, $2), $3, NULL, @$); }
    ;
annotation: %empty { $$ = NULL; }
    | ':' test { $$ = $2; }
    ;
returns: %empty { $$ = NULL; }
    | ARROW test { $$ = $2; }
    ;

lambda_params: %empty { $$ = EMPTY(params); }
    | lambda_param_list comma
    ;
lambda_param_list: lambda_param
    | lambda_param_list ',' lambda_param
    ;
lambda_param: NAME
        { $$ = ast_param_push(p, PARAM_PLAIN, ast_ident(p, @1, $1), NULL, NULL, @$); }
    | NAME '=' test
        { $$ = ast_param_push(p, PARAM_PLAIN, ast_ident(p, @1, $1), NULL, $3, @$); }
    | '*' { $$ = ast_param_push(p, PARAM_BARE_STAR, (struct ident){0}, NULL, NULL, @$); }
    | '*' NAME { $$ = ast_param_push(p, PARAM_STAR, ast_ident(p, @2, $2), NULL, NULL, @$); }
    | STARSTAR NAME
        { $$ = ast_param_push(p, PARAM_STARSTAR, ast_ident(p, @2, $2), NULL, NULL, @$); }
    ;

/* ---- expressions ---- */

/* Without brackets a tuple may not end in a comma. */
expressions: test
    | test_pair { $$ = ast_sequence(p, EXPR_TUPLE, @$, $1); }
    ;
test_pair: test ',' test
        {
            $$ = ast_expr_push(p, $1);
            ast_expr_push(p, $3);
        }
    | test_pair ',' test { $$ = $1; ast_expr_push(p, $3); }
    ;
test_list: test { $$ = ast_expr_push(p, $1); }
    | test_list ',' test { $$ = $1; ast_expr_push(p, $3); }
    ;

test: logical
    | logical IF logical ELSE test { $$ = ast_cond(p, @$, $1, $3, $5); }
    | lambda
    ;
opt_test: %empty { $$ = NULL; }
    | test
    ;
lambda: LAMBDA lambda_params ':' test { $$ = ast_lambda(p, @$, $2, $4); }
    ;
logical: sum
    | sum compare sum { $$ = ast_binary(p, @$, $2, $1, $3); }
    | NOT logical { $$ = ast_unary(p, @$, OP_NOT, $2); }
    | logical AND logical { $$ = ast_binary(p, @$, OP_AND, $1, $3); }
    | logical OR logical { $$ = ast_binary(p, @$, OP_OR, $1, $3); }
    ;
compare: EQ { $$ = OP_EQ; }
    | NE { $$ = OP_NE; }
    | '<' { $$ = OP_LT; }
    | LE { $$ = OP_LE; }
    | '>' { $$ = OP_GT; }
    | GE { $$ = OP_GE; }
    | IN { $$ = OP_IN; }
    | NOT IN { $$ = OP_NOT_IN; }
    ;
sum: primary
    | sum '|' sum { $$ = ast_binary(p, @$, OP_BITOR, $1, $3); }
    | sum '^' sum { $$ = ast_binary(p, @$, OP_BITXOR, $1, $3); }
    | sum '&' sum { $$ = ast_binary(p, @$, OP_BITAND, $1, $3); }
    | sum SHL sum { $$ = ast_binary(p, @$, OP_SHL, $1, $3); }
    | sum SHR sum { $$ = ast_binary(p, @$, OP_SHR, $1, $3); }
    | sum '+' sum { $$ = ast_binary(p, @$, OP_ADD, $1, $3); }
    | sum '-' sum { $$ = ast_binary(p, @$, OP_SUB, $1, $3); }
    | sum '*' sum { $$ = ast_binary(p, @$, OP_MUL, $1, $3); }
    | sum '/' sum { $$ = ast_binary(p, @$, OP_DIV, $1, $3); }
    | sum '%' sum { $$ = ast_binary(p, @$, OP_MOD, $1, $3); }
    | sum FLOORDIV sum { $$ = ast_binary(p, @$, OP_FLOORDIV, $1, $3); }
    | '+' sum %prec UNARY { $$ = ast_unary(p, @$, OP_POS, $2); }
    | '-' sum %prec UNARY { $$ = ast_unary(p, @$, OP_NEG, $2); }
    | '~' sum %prec UNARY { $$ = ast_unary(p, @$, OP_INVERT, $2); }
    ;

primary: NAME { $$ = ast_name(p, @1, $1); }
    | ELLIPSIS { $$ = ast_name(p, @1, $1); }
    | NUMBER
    | STRING
    | BYTES
    | FSTRING_BEGIN fstring_parts FSTRING_END { $$ = ast_fstring(p, @$, $2); }
    | '(' ')' { $$ = ast_sequence(p, EXPR_TUPLE, @$, EMPTY(exprs)); }
    | '(' test ')' { $$ = $2; $$->span = @$; }
    | '(' test ',' ')'
        { $$ = ast_sequence(p, EXPR_TUPLE, @$, ast_expr_push(p, $2)); }
    | '(' test_pair comma ')' { $$ = ast_sequence(p, EXPR_TUPLE, @$, $2); }
    | '[' ']' { $$ = ast_sequence(p, EXPR_LIST, @$, EMPTY(exprs)); }
    | '[' test_list comma ']' { $$ = ast_sequence(p, EXPR_LIST, @$, $2); }
    | '[' test comp_clauses ']'
        { $$ = ast_comp(p, @$, NULL, $2, $3); }
    | '{' '}' { $$ = ast_dict(p, @$, EMPTY(entries)); }
    | '{' entries comma '}' { $$ = ast_dict(p, @$, $2); }
    | '{' test ':' test comp_clauses '}' { $$ = ast_comp(p, @$, $2, $4, $5); }
    | primary '.' NAME { $$ = ast_dot(p, @$, $1, $3, @3); }
    | primary '(' args ')' { $$ = ast_call(p, @$, $1, $3); }
    | primary '[' expressions ']' { $$ = ast_index(p, @$, $1, $3); }
    | primary '[' opt_test ':' opt_test ']' { $$ = ast_slice(p, @$, $1, $3, $5, NULL); }
    | primary '[' opt_test ':' opt_test ':' opt_test ']'
        { $$ = ast_slice(p, @$, $1, $3, $5, $7); }
    ;

entry: test ':' test { $$ = ast_entry_push(p, $1, $3); }
    ;
entries: entry
    | entries ',' entry
    ;

comp_clauses: comp_for
    | comp_clauses comp_clause
    ;
comp_clause: comp_for
    | IF logical { $$ = ast_clause_push(p, NULL, $2); }
    ;
comp_for: FOR targets IN logical { $$ = ast_clause_push(p, $2, $4); }
    ;

targets: primary
    | target_pair { $$ = ast_sequence(p, EXPR_TUPLE, @$, $1); }
    ;
target_pair: primary ',' primary
        {
            $$ = ast_expr_push(p, $1);
            ast_expr_push(p, $3);
        }
    | target_pair ',' primary { $$ = $1; ast_expr_push(p, $3); }
    ;

args: %empty { $$ = EMPTY(args); }
    | arg_list
    | arg_list ','
    ;
arg_list: arg
    | arg_list ',' arg
    ;
arg: test { $$ = ast_arg_push(p, ARG_POSITIONAL, 0, @1, $1); }
    | NAME '=' test { $$ = ast_arg_push(p, ARG_KEYWORD, $1, @1, $3); }
    | '*' test { $$ = ast_arg_push(p, ARG_STAR, 0, @$, $2); }
    | STARSTAR test { $$ = ast_arg_push(p, ARG_STARSTAR, 0, @$, $2); }
    ;

fstring_parts: %empty { $$ = EMPTY(parts); }
    | fstring_parts FSTRING_TEXT
        {
            $$ = $1;
            ast_part_push(p, $1, (struct fpart){.text = *$2, .span = @2});
        }
    | fstring_parts HOLE_BEGIN expressions conversion HOLE_END
        {
            $$ = $1;
            ast_part_push(p, $1, ast_hole(join(@2, @5), $3, $4));
        }
    ;
conversion: %empty { $$ = 0; }
    | CONVERSION
    ;

%%

static struct span join(struct span first, struct span last)
{
    first.end = last.end;
    return first;
}

/* Remembers the last tokens, which messages speak about. */
static int dvo_lex(DVO_STYPE *value, struct span *at, struct parser *p)
{
    at->file = p->file;
    if (!p->line_open)
        p->line_failed = false;
    int token = dvo_scan(value, at, p->scanner);
    p->previous = p->token;
    p->token = token;
    if (p->tokens)
        *vec_push(p->tokens) = (struct token){token, at->begin, at->end};
    if (!p->line_open && token != TOK_NEWLINE && token != TOK_INDENT && token != TOK_DEDENT) {
        p->line_open = true;
        p->line_begin = at->begin;
        p->first_token = token;
    }
    return token;
}

/* Bison itself only calls this when its stack would grow beyond YYMAXDEPTH. */
static void dvo_error(const struct span *at, struct parser *p, const char *message)
{
    (void)message;
    parser_too_deep(p, *at, "expression");
}

static int yyreport_syntax_error(const yypcontext_t *context, struct parser *p)
{
    int token_of[YYNTOKENS] = {0};
    for (int token = 0; token <= YYMAXUTOK; token++)
        token_of[YYTRANSLATE(token)] = token;

    yysymbol_kind_t symbols[YYNTOKENS];
    int n = yypcontext_expected_tokens(context, symbols, YYNTOKENS);
    int expected[YYNTOKENS];
    for (int i = 0; i < n; i++)
        expected[i] = token_of[symbols[i]];
    parser_unexpected(p, token_of[yypcontext_token(context)], *yypcontext_location(context),
                      expected, n);
    return 0;
}
