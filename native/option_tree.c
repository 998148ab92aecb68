/* The option tree: an `options` set goes in, one MessagePack map for each option comes out.
 *
 * Order, fields and meaning are those of lib.options.optionAttrSetToDocList (nixpkgs, lib/options.nix), with this
 * difference: what cannot be evaluated there ends the whole list, and costs one field here. */
#include <stdlib.h>
#include <string.h>

#define HMEVAL_INTERNAL
#include "hmeval.h"

/* Sub-options below sub-options: a type that contains itself has no end. */
#define DEEPEST 16
#define SINK_SIZE (256 * 1024)
#define LARGEST_VALUE (32 * 1024)

typedef struct {
    hmeval_session * session;
    hmeval_buffer * buffer; /* complete options, and the one that is being written */
    hmeval_buffer errors;   /* of the option that is being written: [class, message, report] by field */
    size_t error_count, field_count, option_count;
    unsigned flags;
    hmeval_sink sink;
    void * reader;
    int depth;
} walker;

typedef hmeval_status (*field_writer)(walker * self, nix_value * option);

static hmeval_status walk(walker * self, nix_value * options);

/* Statuses that cost one field; every other ends the walk. */
static bool is_the_fields_own(hmeval_status status)
{
    return status == HMEVAL_FAILED || status == HMEVAL_ABSENT;
}

static void keep_error(walker * self, const char * field)
{
    const hmeval_error * error = hmeval_session_error(self->session);
    hmeval_pack_text(&self->errors, field);
    hmeval_pack_array(&self->errors, 3);
    hmeval_pack_text(&self->errors, error->class_name);
    hmeval_pack_text(&self->errors, error->message);
    hmeval_pack_text(&self->errors, error->report);
    ++self->error_count;
}

/* Write one field; one that is absent, or fails, leaves nothing behind. */
static hmeval_status write_field(walker * self, const char * name, nix_value * option, field_writer write)
{
    size_t before = self->buffer->size;
    hmeval_pack_text(self->buffer, name);
    hmeval_status status = write(self, option);
    if (status == HMEVAL_OK) {
        ++self->field_count;
        return status;
    }
    self->buffer->size = before;
    if (status == HMEVAL_FAILED) keep_error(self, name);
    return is_the_fields_own(status) ? HMEVAL_OK : status;
}

/* `or`: absent attributes, and attributes of what is no set, are left out. */
static hmeval_status pack_attribute(walker * self, nix_value * option, const char * name)
{
    nix_value * value;
    hmeval_status status = hmeval_get(self->session, option, name, &value);
    if (status == HMEVAL_OK) status = hmeval_pack_value(self->session, self->buffer, value, false);
    hmeval_value_release(self->session, value);
    return status;
}

/* hmeval_get along a path of two names. */
static hmeval_status get_below(
    walker * self, nix_value * value, const char * first, const char * second, nix_value ** result)
{
    nix_value * between;
    *result = NULL;
    hmeval_status status = hmeval_get(self->session, value, first, &between);
    if (status == HMEVAL_OK) status = hmeval_get(self->session, between, second, result);
    hmeval_value_release(self->session, between);
    return status;
}

static hmeval_status write_loc(walker * self, nix_value * option)
{
    return pack_attribute(self, option, "loc");
}

typedef struct {
    char text[512];
} short_text;

static void copy_callback(const char * start, unsigned size, void * argument)
{
    short_text * copy = argument;
    size_t kept = size < sizeof(copy->text) ? size : 0;
    memcpy(copy->text, start, kept);
    copy->text[kept] = 0;
}

static bool is_placeholder(const char * part)
{
    size_t size = strlen(part);
    return !strcmp(part, "*") || (size >= 2 && part[0] == '<' && part[size - 1] == '>');
}

static hmeval_status append_part(walker * self, hmeval_buffer * name, nix_value * part)
{
    short_text text;
    if (hmeval_value_type(self->session, part) != HMEVAL_TYPE_STRING)
        return hmeval_fail(self->session, "nix::TypeError", "a part of an option's loc is no string");
    nix_get_string(self->session->context, part, copy_callback, &text);
    if (!is_placeholder(text.text)) return hmeval_render_name(self->session, name, text.text);
    hmeval_append_text(name, text.text);
    return HMEVAL_OK;
}

/* lib.options.showOption */
static hmeval_status append_option_name(walker * self, hmeval_buffer * name, nix_value * loc)
{
    hmeval_status status = HMEVAL_OK;
    size_t size = hmeval_value_size(self->session, loc);
    for (size_t i = 0; status == HMEVAL_OK && i < size; ++i) {
        nix_value * part;
        if (i) hmeval_append_text(name, ".");
        status = hmeval_value_element(self->session, loc, i, &part);
        if (status == HMEVAL_OK) status = append_part(self, name, part);
        hmeval_value_release(self->session, part);
    }
    return status;
}

static hmeval_status write_name(walker * self, nix_value * option)
{
    hmeval_buffer name = {0};
    nix_value * loc;
    hmeval_status status = hmeval_get(self->session, option, "loc", &loc);
    if (status == HMEVAL_OK) status = append_option_name(self, &name, loc);
    hmeval_pack_bytes(self->buffer, name.bytes, name.size);
    hmeval_value_release(self->session, loc);
    hmeval_buffer_free(&name);
    return status;
}

static hmeval_status write_description(walker * self, nix_value * option)
{
    hmeval_status status = pack_attribute(self, option, "description");
    if (status == HMEVAL_ABSENT) hmeval_pack_nil(self->buffer);
    return status == HMEVAL_ABSENT ? HMEVAL_OK : status;
}

/* Copies the declarations but for those that come from nowhere (lib.modules.unknownModule). */
static hmeval_status pack_known_declarations(walker * self, nix_value * declarations)
{
    size_t size = hmeval_value_size(self->session, declarations), known = 0;
    hmeval_buffer files = {0}, *options = self->buffer;
    hmeval_status status = HMEVAL_OK;
    for (size_t i = 0; status == HMEVAL_OK && i < size; ++i) {
        nix_value * file;
        status = hmeval_value_element(self->session, declarations, i, &file);
        if (status == HMEVAL_OK && !hmeval_string_is(self->session, file, "<unknown-file>")) {
            status = hmeval_pack_value(self->session, &files, file, false);
            ++known;
        }
        hmeval_value_release(self->session, file);
    }
    hmeval_pack_array(options, known);
    hmeval_append(options, files.bytes, files.size);
    hmeval_buffer_free(&files);
    return status;
}

static hmeval_status write_declarations(walker * self, nix_value * option)
{
    nix_value * declarations;
    hmeval_status status = hmeval_get(self->session, option, "declarations", &declarations);
    if (status == HMEVAL_OK) status = pack_known_declarations(self, declarations);
    hmeval_value_release(self->session, declarations);
    return status;
}

static hmeval_status pack_flag(walker * self, nix_value * option, const char * name)
{
    hmeval_status status = pack_attribute(self, option, name);
    if (status == HMEVAL_ABSENT) hmeval_pack_bool(self->buffer, false);
    return status == HMEVAL_ABSENT ? HMEVAL_OK : status;
}

static hmeval_status write_internal(walker * self, nix_value * option)
{
    return pack_flag(self, option, "internal");
}

static hmeval_status write_read_only(walker * self, nix_value * option)
{
    return pack_flag(self, option, "readOnly");
}

static hmeval_status write_type(walker * self, nix_value * option)
{
    nix_value * description;
    hmeval_status status = get_below(self, option, "type", "description", &description);
    if (status == HMEVAL_ABSENT)
        hmeval_pack_text(self->buffer, "unspecified");
    else if (status == HMEVAL_OK)
        status = hmeval_pack_value(self->session, self->buffer, description, false);
    hmeval_value_release(self->session, description);
    return status == HMEVAL_ABSENT ? HMEVAL_OK : status;
}

/* The value as { _type = "literalExpression"; text = …; }. */
static hmeval_status pack_literal(walker * self, nix_value * value)
{
    hmeval_buffer text = {0};
    hmeval_status status = hmeval_render(self->session, &text, value);
    hmeval_pack_map(self->buffer, 2);
    hmeval_pack_text(self->buffer, "_type");
    hmeval_pack_text(self->buffer, "literalExpression");
    hmeval_pack_text(self->buffer, "text");
    hmeval_pack_bytes(self->buffer, text.bytes, text.size);
    hmeval_buffer_free(&text);
    return status;
}

/* lib.options.renderOptionValue: what has `_type` and `text` renders itself. */
static hmeval_status pack_rendered(walker * self, nix_value * value)
{
    nix_value *type = NULL, *text = NULL;
    hmeval_status status = hmeval_get(self->session, value, "_type", &type);
    if (status == HMEVAL_OK) status = hmeval_get(self->session, value, "text", &text);
    if (status == HMEVAL_OK)
        status = hmeval_pack_value(self->session, self->buffer, value, false);
    else if (status == HMEVAL_ABSENT)
        status = pack_literal(self, value);
    hmeval_value_release(self->session, text);
    hmeval_value_release(self->session, type);
    return status;
}

static hmeval_status write_example(walker * self, nix_value * option)
{
    nix_value * example;
    hmeval_status status = hmeval_get(self->session, option, "example", &example);
    if (status == HMEVAL_OK) status = pack_rendered(self, example);
    hmeval_value_release(self->session, example);
    return status;
}

/* A type's empty value serves as the default, but not a submodule's, whose evaluation may need definitions. */
static hmeval_status get_empty_value(walker * self, nix_value * option, nix_value ** result)
{
    nix_value * sub_modules;
    hmeval_status status = get_below(self, option, "type", "getSubModules", &sub_modules);
    bool none = status == HMEVAL_ABSENT
        || (status == HMEVAL_OK && hmeval_value_type(self->session, sub_modules) == HMEVAL_TYPE_NULL);
    hmeval_value_release(self->session, sub_modules);
    *result = NULL;
    if (!none) return status == HMEVAL_OK ? HMEVAL_ABSENT : status;

    nix_value * empty;
    status = get_below(self, option, "type", "emptyValue", &empty);
    if (status == HMEVAL_OK) status = hmeval_get(self->session, empty, "value", result);
    hmeval_value_release(self->session, empty);
    return status;
}

static hmeval_status write_default(walker * self, nix_value * option)
{
    nix_value * value;
    hmeval_status status = hmeval_get(self->session, option, "defaultText", &value);
    if (status == HMEVAL_ABSENT) status = hmeval_get(self->session, option, "default", &value);
    if (status == HMEVAL_ABSENT) status = get_empty_value(self, option, &value);
    if (status == HMEVAL_OK) status = pack_rendered(self, value);
    hmeval_value_release(self->session, value);
    return status;
}

static hmeval_status write_related_packages(walker * self, nix_value * option)
{
    nix_value * packages;
    hmeval_status status = hmeval_get(self->session, option, "relatedPackages", &packages);
    if (status == HMEVAL_OK && hmeval_value_type(self->session, packages) == HMEVAL_TYPE_NULL) status = HMEVAL_ABSENT;
    if (status == HMEVAL_OK) status = hmeval_pack_value(self->session, self->buffer, packages, false);
    hmeval_value_release(self->session, packages);
    return status;
}

static hmeval_status write_is_defined(walker * self, nix_value * option)
{
    return pack_attribute(self, option, "isDefined");
}

static hmeval_status write_priority(walker * self, nix_value * option)
{
    return pack_attribute(self, option, "highestPrio");
}

static hmeval_status write_declaration_positions(walker * self, nix_value * option)
{
    return pack_attribute(self, option, "declarationPositions");
}

static hmeval_status write_type_info(walker * self, nix_value * option)
{
    nix_value * name;
    hmeval_status status = get_below(self, option, "type", "name", &name);
    if (status == HMEVAL_OK) {
        hmeval_pack_map(self->buffer, 1);
        hmeval_pack_text(self->buffer, "name");
        status = hmeval_pack_value(self->session, self->buffer, name, false);
    }
    hmeval_value_release(self->session, name);
    return status;
}

/* { nix = text; truncated = true; }, the latter where the text was cut. */
static hmeval_status pack_value_as_nix(walker * self, nix_value * value)
{
    hmeval_buffer text = {.limit = LARGEST_VALUE};
    hmeval_status status = hmeval_render(self->session, &text, value);
    bool truncated = status == (hmeval_status)HMEVAL_TOO_LARGE;
    hmeval_pack_map(self->buffer, truncated ? 2 : 1);
    hmeval_pack_text(self->buffer, "nix");
    hmeval_pack_bytes(self->buffer, text.bytes, truncated ? LARGEST_VALUE : text.size);
    if (truncated) {
        hmeval_pack_text(self->buffer, "truncated");
        hmeval_pack_bool(self->buffer, true);
    }
    hmeval_buffer_free(&text);
    return truncated ? HMEVAL_OK : status;
}

/* { json = value; } where the value is plain and not too large, otherwise its text. */
static hmeval_status pack_shown_value(walker * self, nix_value * value)
{
    hmeval_buffer json = {.limit = LARGEST_VALUE};
    hmeval_status status = hmeval_pack_value(self->session, &json, value, true);
    if (status == HMEVAL_OK) {
        hmeval_pack_map(self->buffer, 1);
        hmeval_pack_text(self->buffer, "json");
        hmeval_append(self->buffer, json.bytes, json.size);
    }
    hmeval_buffer_free(&json);
    bool as_nix = status == (hmeval_status)HMEVAL_NOT_PLAIN || status == (hmeval_status)HMEVAL_TOO_LARGE;
    return as_nix ? pack_value_as_nix(self, value) : status;
}

static hmeval_status write_value(walker * self, nix_value * option)
{
    nix_value * value;
    hmeval_status status = hmeval_get(self->session, option, "value", &value);
    if (status == HMEVAL_OK) status = pack_shown_value(self, value);
    hmeval_value_release(self->session, value);
    return status;
}

static hmeval_status pack_definition(walker * self, nix_value * definition)
{
    nix_value * value = NULL;
    hmeval_pack_map(self->buffer, 2);
    hmeval_pack_text(self->buffer, "file");
    hmeval_status status = pack_attribute(self, definition, "file");
    hmeval_pack_text(self->buffer, "value");
    if (status == HMEVAL_OK) status = hmeval_get(self->session, definition, "value", &value);
    if (status == HMEVAL_OK) status = pack_shown_value(self, value);
    hmeval_value_release(self->session, value);
    return status;
}

static hmeval_status write_definitions(walker * self, nix_value * option)
{
    nix_value * definitions;
    hmeval_status status = hmeval_get(self->session, option, "definitionsWithLocations", &definitions);
    size_t size = status == HMEVAL_OK ? hmeval_value_size(self->session, definitions) : 0;
    hmeval_pack_array(self->buffer, size);
    for (size_t i = 0; status == HMEVAL_OK && i < size; ++i) {
        nix_value * definition;
        status = hmeval_value_element(self->session, definitions, i, &definition);
        if (status == HMEVAL_OK) status = pack_definition(self, definition);
        hmeval_value_release(self->session, definition);
    }
    hmeval_value_release(self->session, definitions);
    return status;
}

/* The documentation, in the order of optionAttrSetToDocList; then what the flags ask for. */
static const struct {
    const char * name;
    field_writer write;
    unsigned flag; /* 0: always */
} fields[] = {
    {"loc", write_loc, 0},
    {"name", write_name, 0},
    {"description", write_description, 0},
    {"declarations", write_declarations, 0},
    {"internal", write_internal, 0},
    {"readOnly", write_read_only, 0},
    {"type", write_type, 0},
    {"example", write_example, 0},
    {"default", write_default, 0},
    {"relatedPackages", write_related_packages, 0},
    {"is_defined", write_is_defined, HMEVAL_OPTIONS_STATE},
    {"priority", write_priority, HMEVAL_OPTIONS_STATE},
    {"declaration_positions", write_declaration_positions, HMEVAL_OPTIONS_DETAILS},
    {"type_info", write_type_info, HMEVAL_OPTIONS_DETAILS},
    {"value", write_value, HMEVAL_OPTIONS_VALUES},
    {"definitions", write_definitions, HMEVAL_OPTIONS_VALUES},
};

/* What `visible` says: of the option, and of its sub-options ("transparent": those alone; "shallow": the reverse). */
typedef struct {
    bool option, sub_options;
} visibility;

static hmeval_status get_visibility(walker * self, nix_value * option, visibility * visible)
{
    nix_value * value;
    hmeval_status status = hmeval_get(self->session, option, "visible", &value);
    *visible = (visibility){true, true};
    if (status == HMEVAL_OK && hmeval_value_type(self->session, value) == HMEVAL_TYPE_BOOL)
        visible->option = visible->sub_options = nix_get_bool(self->session->context, value);
    else if (status == HMEVAL_OK) {
        visible->option = hmeval_string_is(self->session, value, "shallow");
        visible->sub_options = hmeval_string_is(self->session, value, "transparent");
    } else if (status == HMEVAL_FAILED)
        keep_error(self, "visible");
    hmeval_value_release(self->session, value);
    return is_the_fields_own(status) ? HMEVAL_OK : status;
}

static bool is_true(walker * self, nix_value * option, const char * name)
{
    nix_value * value;
    bool is = hmeval_get(self->session, option, name, &value) == HMEVAL_OK
        && hmeval_value_type(self->session, value) == HMEVAL_TYPE_BOOL && nix_get_bool(self->session->context, value);
    hmeval_value_release(self->session, value);
    return is;
}

static hmeval_status flush(walker * self, size_t at_least)
{
    if (self->buffer->size < at_least) return HMEVAL_OK;
    int stop = self->sink(self->reader, self->buffer->bytes, self->buffer->size, self->option_count);
    self->buffer->size = 0;
    return stop ? HMEVAL_STOPPED : HMEVAL_OK;
}

static size_t open_option(walker * self)
{
    self->field_count = 0;
    return hmeval_pack_open_map(self->buffer);
}

static hmeval_status close_option(walker * self, size_t place)
{
    if (self->error_count) {
        hmeval_pack_text(self->buffer, "errors");
        hmeval_pack_map(self->buffer, self->error_count);
        hmeval_append(self->buffer, self->errors.bytes, self->errors.size);
        ++self->field_count;
    }
    hmeval_pack_close_map(self->buffer, place, self->field_count);
    self->errors.size = self->error_count = 0;
    ++self->option_count;
    return hmeval_buffer_status(self->buffer);
}

static hmeval_status write_fields(walker * self, nix_value * option, bool visible)
{
    hmeval_status status = HMEVAL_OK;
    unsigned flags = self->depth ? self->flags & ~(HMEVAL_OPTIONS_STATE | HMEVAL_OPTIONS_VALUES) : self->flags;
    hmeval_pack_text(self->buffer, "visible");
    hmeval_pack_bool(self->buffer, visible);
    ++self->field_count;
    for (size_t i = 0; status == HMEVAL_OK && i < sizeof(fields) / sizeof(*fields); ++i)
        if (!fields[i].flag || (flags & fields[i].flag))
            status = write_field(self, fields[i].name, option, fields[i].write);
    return status;
}

static hmeval_status write_option(walker * self, nix_value * option, visibility visible)
{
    bool hidden = !visible.option || is_true(self, option, "internal");
    if (hidden && !(self->flags & (HMEVAL_OPTIONS_HIDDEN | HMEVAL_OPTIONS_ALONE))) {
        self->errors.size = self->error_count = 0;
        return HMEVAL_OK;
    }
    size_t place = open_option(self);
    hmeval_status status = write_fields(self, option, visible.option);
    if (status == HMEVAL_OK) status = close_option(self, place);
    return status == HMEVAL_OK ? flush(self, SINK_SIZE) : status;
}

static hmeval_status get_sub_options(walker * self, nix_value * option, nix_value ** result)
{
    nix_value *get, *loc = NULL;
    *result = NULL;
    hmeval_status status = get_below(self, option, "type", "getSubOptions", &get);
    if (status == HMEVAL_OK) status = hmeval_get(self->session, option, "loc", &loc);
    if (status == HMEVAL_OK) status = hmeval_call(self->session, get, loc, result);
    hmeval_value_release(self->session, loc);
    hmeval_value_release(self->session, get);
    return status;
}

/* An option of which nothing is known but that something below `of` failed. */
static hmeval_status write_failure(walker * self, nix_value * of, const char * attribute)
{
    size_t place = open_option(self);
    hmeval_status status = HMEVAL_OK;
    keep_error(self, attribute);
    if (of) status = write_field(self, "loc", of, write_loc);
    if (of && status == HMEVAL_OK) status = write_field(self, "name", of, write_name);
    return status == HMEVAL_OK ? close_option(self, place) : status;
}

static hmeval_status walk_sub_options(walker * self, nix_value * option)
{
    nix_value * sub_options;
    hmeval_status status = get_sub_options(self, option, &sub_options);
    if (status == HMEVAL_OK && self->depth == DEEPEST)
        status = hmeval_fail(
            self->session, "nix::EvalError", "sub-options are nested too deep: 16 levels are followed");
    if (status == HMEVAL_OK) {
        ++self->depth;
        status = walk(self, sub_options);
        --self->depth;
    } else if (status == HMEVAL_FAILED)
        status = write_failure(self, option, "sub_options");
    hmeval_value_release(self->session, sub_options);
    return status == HMEVAL_ABSENT ? HMEVAL_OK : status;
}

static hmeval_status walk_option(walker * self, nix_value * option)
{
    visibility visible;
    hmeval_status status = get_visibility(self, option, &visible);
    if (status == HMEVAL_OK) status = write_option(self, option, visible);
    bool follow = visible.sub_options && !(self->flags & HMEVAL_OPTIONS_ALONE);
    return status == HMEVAL_OK && follow ? walk_sub_options(self, option) : status;
}

static hmeval_status walk_attributes(walker * self, nix_value * set)
{
    hmeval_attribute * attributes;
    size_t count;
    hmeval_status status = hmeval_sorted_attributes(self->session, set, &attributes, &count);
    for (size_t i = 0; status == HMEVAL_OK && i < count; ++i) {
        nix_value * value;
        status = hmeval_attribute_value(self->session, set, attributes[i], &value);
        if (status == HMEVAL_OK)
            status = walk(self, value);
        else if (status == HMEVAL_FAILED)
            status = write_failure(self, NULL, attributes[i].name);
        hmeval_value_release(self->session, value);
    }
    free(attributes);
    return status;
}

static hmeval_status is_option(walker * self, nix_value * set, bool * is)
{
    nix_value * type;
    hmeval_status status = hmeval_get(self->session, set, "_type", &type);
    *is = status == HMEVAL_OK && hmeval_string_is(self->session, type, "option");
    hmeval_value_release(self->session, type);
    return is_the_fields_own(status) ? HMEVAL_OK : status;
}

/* lib.attrsets.collect isOption */
static hmeval_status walk(walker * self, nix_value * options)
{
    bool is;
    if (hmeval_value_type(self->session, options) != HMEVAL_TYPE_SET) return HMEVAL_OK;
    hmeval_status status = is_option(self, options, &is);
    if (status != HMEVAL_OK) return status;
    return is ? walk_option(self, options) : walk_attributes(self, options);
}

hmeval_status hmeval_write_options(
    hmeval_session * session, nix_value * options, unsigned flags, hmeval_sink sink, void * reader)
{
    hmeval_buffer buffer = {0};
    walker self = {.session = session, .buffer = &buffer, .flags = flags, .sink = sink, .reader = reader};
    hmeval_status status = walk(&self, options);
    if (status == HMEVAL_OK) status = flush(&self, 1);
    hmeval_buffer_free(&self.errors);
    hmeval_buffer_free(&buffer);
    return status;
}
