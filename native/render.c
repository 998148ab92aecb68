/* A value as Nix text: what lib.generators.toPretty { multiline = true; allowPrettyValues = true; } gives
 * (nixpkgs, lib/generators.nix). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define HMEVAL_INTERNAL
#include "hmeval.h"

#define DEEPEST 1000

typedef struct {
    hmeval_session * session;
    hmeval_buffer * text;
    int depth;                  /* each level is indented by two spaces */
    hmeval_failures * failures; /* NULL: a part that fails ends it */
    const hmeval_part * at;
} renderer;

/* In the place of what there was no time for. */
static const char cut[] = "…";

static hmeval_status render(renderer * self, nix_value * value);

static void new_line(renderer * self, int depth)
{
    hmeval_append_text(self->text, "\n");
    for (int i = 0; i < depth; ++i)
        hmeval_append_text(self->text, "  ");
}

/* Append what a builtin makes of the value, which is text. */
static hmeval_status append_json(hmeval_session * session, hmeval_buffer * text, nix_value * value)
{
    nix_value * json;
    hmeval_status status = hmeval_call_builtin(session, HMEVAL_TO_JSON, value, &json);
    if (status == HMEVAL_OK) hmeval_append_string(session, text, json);
    hmeval_value_release(session, json);
    return status;
}

static void append_int(hmeval_buffer * text, int64_t value)
{
    char digits[24];
    char * start = digits + sizeof(digits) - 1;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    *start = 0;
    do
        *--start = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0) *--start = '-';
    hmeval_append_text(text, start);
}

static void append_single_line(renderer * self, const char * text, size_t size)
{
    hmeval_append_text(self->text, "\"");
    for (size_t i = 0; i < size; ++i) {
        bool opens = text[i] == '$' && i + 1 < size && text[i + 1] == '{';
        if (text[i] == '\\' || text[i] == '"' || opens) hmeval_append_text(self->text, "\\");
        hmeval_append(self->text, text + i, 1);
    }
    hmeval_append_text(self->text, "\"");
}

static void append_escaped_line(renderer * self, const char * line, size_t size)
{
    for (size_t i = 0; i < size; ++i) {
        bool pair = i + 1 < size;
        bool quotes = pair && line[i] == '\'' && line[i + 1] == '\'';
        if (pair && line[i] == '$' && line[i + 1] == '{') hmeval_append_text(self->text, "''");
        hmeval_append_text(self->text, quotes ? "'''" : (char[]){line[i], 0});
        i += quotes;
    }
}

/* An empty last line puts the closing quotes on a line of their own, one level further out. */
static void append_lines(renderer * self, const char * text, size_t size)
{
    const char * end = text + size;
    hmeval_append_text(self->text, "''");
    for (;;) {
        const char * newline = memchr(text, '\n', (size_t)(end - text));
        const char * line_end = newline ? newline : end;
        bool last_and_empty = !newline && text == end;
        new_line(self, last_and_empty ? self->depth : self->depth + 1);
        append_escaped_line(self, text, (size_t)(line_end - text));
        if (!newline) break;
        text = newline + 1;
    }
    hmeval_append_text(self->text, "''");
}

static void string_callback(const char * start, unsigned size, void * self)
{
    if (memchr(start, '\n', size))
        append_lines(self, start, size);
    else
        append_single_line(self, start, size);
}

static hmeval_status render_string(renderer * self, nix_value * value)
{
    nix_get_string(self->session->context, value, string_callback, self);
    return HMEVAL_OK;
}

/* Render a part, `value`, if getting it went well (`got`). One that fails leaves its error in its place. */
static hmeval_status render_part(renderer * self, hmeval_status got, nix_value * value)
{
    size_t before = self->text->size;
    hmeval_status status = got == HMEVAL_OK ? render(self, value) : got;
    if (status != HMEVAL_FAILED) return status;
    status = hmeval_keep_failure(self->session, self->failures, self->at);
    if (status != HMEVAL_OK) return status;
    self->text->size = before;
    hmeval_append_failure(self->session, self->text);
    return hmeval_buffer_status(self->text);
}

static hmeval_status render_element(renderer * self, nix_value * list, size_t index)
{
    const hmeval_part * above = self->at;
    nix_value * element;
    self->at = &(hmeval_part){.above = above, .index = index};
    double until = hmeval_begin_part(self->session, self->at);
    hmeval_status got = hmeval_value_element(self->session, list, index, &element);
    hmeval_status status = render_part(self, got, element);
    hmeval_end_part(self->session, until);
    self->at = above;
    hmeval_value_release(self->session, element);
    return status;
}

static hmeval_status render_elements(renderer * self, nix_value * list, size_t size)
{
    hmeval_status status = HMEVAL_OK;
    ++self->depth;
    for (size_t i = 0; status == HMEVAL_OK && i < size; ++i) {
        new_line(self, self->depth);
        if (hmeval_is_late(self->session)) {
            hmeval_append_text(self->text, cut);
            break; /* those after it have no names that would say more */
        }
        status = render_element(self, list, i);
    }
    --self->depth;
    return status;
}

static hmeval_status render_list(renderer * self, nix_value * list)
{
    size_t size = hmeval_value_size(self->session, list);
    hmeval_append_text(self->text, size ? "[" : "[ ]");
    if (!size) return HMEVAL_OK;
    hmeval_status status = render_elements(self, list, size);
    new_line(self, self->depth);
    hmeval_append_text(self->text, "]");
    return status;
}

static bool is_identifier(const char * name)
{
    static const char * const keywords[] = {"assert", "else", "if",  "in",   "inherit",
                                            "let",    "or",   "rec", "then", "with"};
    for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); ++i)
        if (!strcmp(name, keywords[i])) return false;
    if (!isalpha((unsigned char)*name) && *name != '_') return false;
    for (; *name; ++name)
        if (!isalnum((unsigned char)*name) && !strchr("_'-", *name)) return false;
    return true;
}

/* In place of builtins.toJSON, which since Nix 2.20 refuses bytes that are no UTF-8. */
static void append_quoted_bytes(hmeval_buffer * json, const char * name)
{
    hmeval_append_text(json, "\"");
    for (; *name; ++name) {
        if (*name == '"' || *name == '\\') hmeval_append_text(json, "\\");
        hmeval_append(json, name, 1);
    }
    hmeval_append_text(json, "\"");
}

/* As builtins.toJSON quotes it, with every $ escaped (lib.strings.escapeNixString). */
static hmeval_status render_quoted_name(hmeval_session * session, hmeval_buffer * text, const char * name)
{
    hmeval_buffer json = {0};
    nix_value * value;
    hmeval_status status = hmeval_value_string(session, name, &value);
    if (status == HMEVAL_OK) status = append_json(session, &json, value);
    if (status == HMEVAL_FAILED) {
        append_quoted_bytes(&json, name);
        status = HMEVAL_OK;
    }
    for (size_t i = 0; status == HMEVAL_OK && i < json.size; ++i) {
        if (json.bytes[i] == '$') hmeval_append_text(text, "\\");
        hmeval_append(text, json.bytes + i, 1);
    }
    hmeval_value_release(session, value);
    hmeval_buffer_free(&json);
    return status;
}

hmeval_status hmeval_render_name(hmeval_session * session, hmeval_buffer * text, const char * name)
{
    if (!is_identifier(name)) return render_quoted_name(session, text, name);
    hmeval_append_text(text, name);
    return HMEVAL_OK;
}

static hmeval_status render_attribute_value(renderer * self, nix_value * set, hmeval_attribute attribute)
{
    const hmeval_part * above = self->at;
    nix_value * value;
    self->at = &(hmeval_part){.above = above, .name = attribute.name};
    double until = hmeval_begin_part(self->session, self->at);
    hmeval_status got = hmeval_attribute_value(self->session, set, attribute, &value);
    hmeval_status status = render_part(self, got, value);
    hmeval_end_part(self->session, until);
    self->at = above;
    hmeval_value_release(self->session, value);
    return status;
}

static hmeval_status render_attribute(renderer * self, nix_value * set, hmeval_attribute attribute)
{
    new_line(self, self->depth);
    hmeval_status status = hmeval_render_name(self->session, self->text, attribute.name);
    if (status != HMEVAL_OK) return status;
    hmeval_append_text(self->text, " = ");
    if (hmeval_is_late(self->session))
        hmeval_append_text(self->text, cut);
    else
        status = render_attribute_value(self, set, attribute);
    hmeval_append_text(self->text, ";");
    return status;
}

static hmeval_status render_attributes(renderer * self, nix_value * set)
{
    hmeval_attribute * attributes;
    size_t count;
    hmeval_status status = hmeval_sorted_attributes(self->session, set, &attributes, &count);
    hmeval_append_text(self->text, "{");
    ++self->depth;
    for (size_t i = 0; status == HMEVAL_OK && i < count; ++i)
        status = render_attribute(self, set, attributes[i]);
    --self->depth;
    new_line(self, self->depth);
    hmeval_append_text(self->text, "}");
    free(attributes);
    return status;
}

static hmeval_status render_argument_name(renderer * self, nix_value * arguments, hmeval_attribute argument)
{
    nix_value * has_default;
    hmeval_status status = hmeval_attribute_value(self->session, arguments, argument, &has_default);
    bool is_bool = status == HMEVAL_OK && hmeval_value_type(self->session, has_default) == HMEVAL_TYPE_BOOL;
    hmeval_append_text(self->text, argument.name);
    if (is_bool && nix_get_bool(self->session->context, has_default)) hmeval_append_text(self->text, "?");
    hmeval_value_release(self->session, has_default);
    if (status != HMEVAL_OK || is_bool) return status;
    return hmeval_fail(self->session, "nix::TypeError", "a boolean was expected among a function's arguments");
}

static hmeval_status render_argument_names(renderer * self, nix_value * arguments)
{
    hmeval_attribute * attributes;
    size_t count;
    hmeval_status status = hmeval_sorted_attributes(self->session, arguments, &attributes, &count);
    for (size_t i = 0; status == HMEVAL_OK && i < count; ++i) {
        if (i) hmeval_append_text(self->text, ", ");
        status = render_argument_name(self, arguments, attributes[i]);
    }
    free(attributes);
    return status;
}

static hmeval_status render_arguments(renderer * self, nix_value * arguments)
{
    if (hmeval_value_type(self->session, arguments) != HMEVAL_TYPE_SET)
        return hmeval_fail(self->session, "nix::TypeError", "a set was expected as a function's arguments");
    if (!hmeval_value_size(self->session, arguments)) {
        hmeval_append_text(self->text, "<function>");
        return HMEVAL_OK;
    }
    hmeval_append_text(self->text, "<function, args: {");
    hmeval_status status = render_argument_names(self, arguments);
    hmeval_append_text(self->text, "}>");
    return status;
}

static hmeval_status render_function(renderer * self, nix_value * function)
{
    nix_value * arguments;
    hmeval_status status = hmeval_call_builtin(self->session, HMEVAL_FUNCTION_ARGS, function, &arguments);
    if (status == HMEVAL_OK) status = render_arguments(self, arguments);
    hmeval_value_release(self->session, arguments);
    return status;
}

/* A set with `__functor` says its arguments in `__functionArgs` if it has it (lib.trivial.functionArgs). */
static hmeval_status render_functor(renderer * self, nix_value * set, nix_value * function)
{
    nix_value * arguments;
    hmeval_status status = hmeval_get(self->session, set, "__functionArgs", &arguments);
    if (status == HMEVAL_OK)
        status = render_arguments(self, arguments);
    else if (status == HMEVAL_ABSENT)
        status = render_function(self, function);
    hmeval_value_release(self->session, arguments);
    return status;
}

/* Append the text that a builtin makes of the set. */
static hmeval_status render_through(renderer * self, hmeval_builtin builtin, nix_value * set)
{
    nix_value * text;
    hmeval_status status = hmeval_call_builtin(self->session, builtin, set, &text);
    if (status == HMEVAL_OK) hmeval_append_string(self->session, self->text, text);
    hmeval_value_release(self->session, text);
    return status;
}

static hmeval_status render_derivation(renderer * self, nix_value * set)
{
    hmeval_append_text(self->text, "<derivation ");
    hmeval_status status = render_through(self, HMEVAL_DERIVATION_NAME, set);
    hmeval_append_text(self->text, ">");
    return status;
}

static hmeval_status render_plain_set(renderer * self, nix_value * set)
{
    nix_value * type;
    hmeval_status status = hmeval_get(self->session, set, "type", &type);
    if (!hmeval_value_size(self->session, set)) {
        hmeval_append_text(self->text, "{ }");
        status = HMEVAL_OK;
    } else if (status == HMEVAL_OK && hmeval_string_is(self->session, type, "derivation"))
        status = render_derivation(self, set);
    else if (status == HMEVAL_OK || status == HMEVAL_ABSENT || (status == HMEVAL_FAILED && self->failures))
        status = render_attributes(self, set);
    hmeval_value_release(self->session, type);
    return status;
}

static hmeval_status render_no_function(renderer * self, nix_value * set)
{
    bool pretty = hmeval_has(self->session, set, "__pretty") && hmeval_has(self->session, set, "val");
    return pretty ? render_through(self, HMEVAL_PRETTY, set) : render_plain_set(self, set);
}

/* A set whose `__functor` gives a function is one (lib.trivial.isFunction). */
static hmeval_status render_set(renderer * self, nix_value * set)
{
    nix_value * function;
    const char * known = self->failures && self->failures->most ? hmeval_known_set(self->session, set) : NULL;
    if (known) hmeval_append_text(self->text, known);
    if (known) return HMEVAL_OK;
    if (!hmeval_has(self->session, set, "__functor")) return render_no_function(self, set);
    hmeval_status status = hmeval_call_builtin(self->session, HMEVAL_CALL_FUNCTOR, set, &function);
    if (status == HMEVAL_OK && hmeval_value_type(self->session, function) == HMEVAL_TYPE_LAMBDA)
        status = render_functor(self, set, function);
    else if (status == HMEVAL_OK)
        status = render_no_function(self, set);
    hmeval_value_release(self->session, function);
    return status;
}

static hmeval_status render_by_type(renderer * self, nix_value * value)
{
    nix_c_context * context = self->session->context;
    switch (hmeval_value_type(self->session, value)) {
    case HMEVAL_TYPE_INT:
        append_int(self->text, nix_get_int(context, value));
        return HMEVAL_OK;
    case HMEVAL_TYPE_FLOAT:
        return append_json(self->session, self->text, value);
    case HMEVAL_TYPE_BOOL:
        hmeval_append_text(self->text, nix_get_bool(context, value) ? "true" : "false");
        return HMEVAL_OK;
    case HMEVAL_TYPE_NULL:
        hmeval_append_text(self->text, "null");
        return HMEVAL_OK;
    case HMEVAL_TYPE_PATH:
        hmeval_append_text(self->text, nix_get_path_string(context, value));
        return HMEVAL_OK;
    case HMEVAL_TYPE_STRING:
        return render_string(self, value);
    case HMEVAL_TYPE_LIST:
        return render_list(self, value);
    case HMEVAL_TYPE_LAMBDA:
        return render_function(self, value);
    case HMEVAL_TYPE_SET:
        return render_set(self, value);
    default:
        return hmeval_fail(self->session, "nix::TypeError", "a value of this kind has no text");
    }
}

static hmeval_status render(renderer * self, nix_value * value)
{
    if (self->depth >= DEEPEST)
        return hmeval_fail(
            self->session, "nix::EvalError", "stack overflow: the value is nested more than 1000 levels deep");
    hmeval_status status = render_by_type(self, value);
    return status == HMEVAL_OK ? hmeval_buffer_status(self->text) : status;
}

hmeval_status hmeval_render(
    hmeval_session * session, hmeval_buffer * text, nix_value * value, hmeval_failures * failures)
{
    renderer self = {.session = session, .text = text, .failures = failures};
    return render(&self, value);
}
