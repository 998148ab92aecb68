/* The fields of one option, by the rules of lib.options.optionAttrSetToDocList (nixpkgs, lib/options.nix). Each is
 * evaluated by itself: what fails costs that field, and is kept as an error. */
#include <stdlib.h>
#include <string.h>

#define HMEVAL_INTERNAL
#include "hmeval.h"

/* Seconds of processor time for the value of an option, and for its definitions, where many options are asked for, and
 * where few are. */
#define TIME_OF_MANY 2.0
#define TIME_OF_FEW 10.0

typedef hmeval_status (*field_writer)(hmeval_walker * self, nix_value * option);

bool hmeval_costs_a_field(hmeval_status status)
{
    return status == HMEVAL_FAILED || status == HMEVAL_ABSENT;
}

/* [class, message, report] of what went wrong last. */
static void pack_error(hmeval_walker * self, hmeval_buffer * buffer)
{
    const hmeval_error * error = hmeval_session_error(self->session);
    hmeval_pack_array(buffer, 3);
    hmeval_pack_text(buffer, error->class_name);
    hmeval_pack_text(buffer, error->message);
    hmeval_pack_text(buffer, error->report);
}

void hmeval_keep_field_error(hmeval_walker * self, const char * field)
{
    hmeval_pack_text(&self->errors, field);
    pack_error(self, &self->errors);
    ++self->error_count;
}

/* Write one field; one that is absent, or fails, leaves nothing behind. */
static hmeval_status write_field(hmeval_walker * self, const char * name, nix_value * option, field_writer write)
{
    size_t before = self->buffer->size;
    hmeval_pack_text(self->buffer, name);
    hmeval_status status = write(self, option);
    if (status == HMEVAL_OK) {
        ++self->field_count;
        return status;
    }
    self->buffer->size = before;
    if (status == HMEVAL_FAILED) hmeval_keep_field_error(self, name);
    return hmeval_costs_a_field(status) ? HMEVAL_OK : status;
}

/* `or`: absent attributes, and attributes of what is no set, are left out. */
static hmeval_status pack_attribute(hmeval_walker * self, nix_value * option, const char * name)
{
    nix_value * value;
    hmeval_status status = hmeval_get(self->session, option, name, &value);
    if (status == HMEVAL_OK) status = hmeval_pack_value(self->session, self->buffer, value, false, NULL);
    hmeval_value_release(self->session, value);
    return status;
}

/* hmeval_get along a path of two names. */
static hmeval_status get_below(
    hmeval_walker * self, nix_value * value, const char * first, const char * second, nix_value ** result)
{
    nix_value * between;
    *result = NULL;
    hmeval_status status = hmeval_get(self->session, value, first, &between);
    if (status == HMEVAL_OK) status = hmeval_get(self->session, between, second, result);
    hmeval_value_release(self->session, between);
    return status;
}

static hmeval_status write_loc(hmeval_walker * self, nix_value * option)
{
    return pack_attribute(self, option, "loc");
}

static bool is_placeholder(const char * part)
{
    size_t size = strlen(part);
    return !strcmp(part, "*") || (size >= 2 && part[0] == '<' && part[size - 1] == '>');
}

hmeval_status hmeval_append_option_part(hmeval_walker * self, hmeval_buffer * name, const char * part)
{
    if (!is_placeholder(part)) return hmeval_render_name(self->session, name, part);
    hmeval_append_text(name, part);
    return HMEVAL_OK;
}

static hmeval_status append_part(hmeval_walker * self, hmeval_buffer * name, nix_value * part)
{
    hmeval_buffer text = {0};
    if (hmeval_value_type(self->session, part) != HMEVAL_TYPE_STRING)
        return hmeval_fail(self->session, "nix::TypeError", "a part of an option's loc is no string");
    hmeval_append_string(self->session, &text, part);
    hmeval_append(&text, "", 1);
    hmeval_status status = hmeval_buffer_status(&text);
    if (status == HMEVAL_OK) status = hmeval_append_option_part(self, name, (const char *)text.bytes);
    hmeval_buffer_free(&text);
    return status;
}

hmeval_status hmeval_append_option_name(hmeval_walker * self, hmeval_buffer * name, nix_value * loc)
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

static hmeval_status write_name(hmeval_walker * self, nix_value * option)
{
    hmeval_buffer name = {0};
    nix_value * loc;
    hmeval_status status = hmeval_get(self->session, option, "loc", &loc);
    if (status == HMEVAL_OK) status = hmeval_append_option_name(self, &name, loc);
    hmeval_pack_bytes(self->buffer, name.bytes, name.size);
    hmeval_value_release(self->session, loc);
    hmeval_buffer_free(&name);
    return status;
}

static hmeval_status write_description(hmeval_walker * self, nix_value * option)
{
    hmeval_status status = pack_attribute(self, option, "description");
    if (status == HMEVAL_ABSENT) hmeval_pack_nil(self->buffer);
    return status == HMEVAL_ABSENT ? HMEVAL_OK : status;
}

/* Copies the declarations but for those that come from nowhere (lib.modules.unknownModule). */
static hmeval_status pack_known_declarations(hmeval_walker * self, nix_value * declarations)
{
    size_t size = hmeval_value_size(self->session, declarations), known = 0;
    hmeval_buffer files = {0}, *options = self->buffer;
    hmeval_status status = HMEVAL_OK;
    for (size_t i = 0; status == HMEVAL_OK && i < size; ++i) {
        nix_value * file;
        status = hmeval_value_element(self->session, declarations, i, &file);
        if (status == HMEVAL_OK && !hmeval_string_is(self->session, file, "<unknown-file>")) {
            status = hmeval_pack_value(self->session, &files, file, false, NULL);
            ++known;
        }
        hmeval_value_release(self->session, file);
    }
    hmeval_pack_array(options, known);
    hmeval_append(options, files.bytes, files.size);
    hmeval_buffer_free(&files);
    return status;
}

static hmeval_status write_declarations(hmeval_walker * self, nix_value * option)
{
    nix_value * declarations;
    hmeval_status status = hmeval_get(self->session, option, "declarations", &declarations);
    if (status == HMEVAL_OK) status = pack_known_declarations(self, declarations);
    hmeval_value_release(self->session, declarations);
    return status;
}

static hmeval_status pack_flag(hmeval_walker * self, nix_value * option, const char * name)
{
    hmeval_status status = pack_attribute(self, option, name);
    if (status == HMEVAL_ABSENT) hmeval_pack_bool(self->buffer, false);
    return status == HMEVAL_ABSENT ? HMEVAL_OK : status;
}

static hmeval_status write_internal(hmeval_walker * self, nix_value * option)
{
    return pack_flag(self, option, "internal");
}

static hmeval_status write_read_only(hmeval_walker * self, nix_value * option)
{
    return pack_flag(self, option, "readOnly");
}

static hmeval_status write_type(hmeval_walker * self, nix_value * option)
{
    nix_value * description;
    hmeval_status status = get_below(self, option, "type", "description", &description);
    if (status == HMEVAL_ABSENT)
        hmeval_pack_text(self->buffer, "unspecified");
    else if (status == HMEVAL_OK)
        status = hmeval_pack_value(self->session, self->buffer, description, false, NULL);
    hmeval_value_release(self->session, description);
    return status == HMEVAL_ABSENT ? HMEVAL_OK : status;
}

/* The value as { _type = "literalExpression"; text = …; }. */
static hmeval_status pack_literal(hmeval_walker * self, nix_value * value)
{
    hmeval_buffer text = {0};
    hmeval_status status = hmeval_render(self->session, &text, value, NULL);
    hmeval_pack_map(self->buffer, 2);
    hmeval_pack_text(self->buffer, "_type");
    hmeval_pack_text(self->buffer, "literalExpression");
    hmeval_pack_text(self->buffer, "text");
    hmeval_pack_bytes(self->buffer, text.bytes, text.size);
    hmeval_buffer_free(&text);
    return status;
}

/* lib.options.renderOptionValue: what has `_type` and `text` renders itself. */
static hmeval_status pack_rendered(hmeval_walker * self, nix_value * value)
{
    nix_value *type = NULL, *text = NULL;
    hmeval_status status = hmeval_get(self->session, value, "_type", &type);
    if (status == HMEVAL_OK) status = hmeval_get(self->session, value, "text", &text);
    if (status == HMEVAL_OK)
        status = hmeval_pack_value(self->session, self->buffer, value, false, NULL);
    else if (status == HMEVAL_ABSENT)
        status = pack_literal(self, value);
    hmeval_value_release(self->session, text);
    hmeval_value_release(self->session, type);
    return status;
}

static hmeval_status write_example(hmeval_walker * self, nix_value * option)
{
    nix_value * example;
    hmeval_status status = hmeval_get(self->session, option, "example", &example);
    if (status == HMEVAL_OK) status = pack_rendered(self, example);
    hmeval_value_release(self->session, example);
    return status;
}

/* A type's empty value serves as the default, but not a submodule's, whose evaluation may need definitions. */
static hmeval_status get_empty_value(hmeval_walker * self, nix_value * option, nix_value ** result)
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

static hmeval_status write_default(hmeval_walker * self, nix_value * option)
{
    nix_value * value;
    hmeval_status status = hmeval_get(self->session, option, "defaultText", &value);
    if (status == HMEVAL_ABSENT) status = hmeval_get(self->session, option, "default", &value);
    if (status == HMEVAL_ABSENT) status = get_empty_value(self, option, &value);
    if (status == HMEVAL_OK) status = pack_rendered(self, value);
    hmeval_value_release(self->session, value);
    return status;
}

static hmeval_status write_related_packages(hmeval_walker * self, nix_value * option)
{
    nix_value * packages;
    hmeval_status status = hmeval_get(self->session, option, "relatedPackages", &packages);
    if (status == HMEVAL_OK && hmeval_value_type(self->session, packages) == HMEVAL_TYPE_NULL) status = HMEVAL_ABSENT;
    if (status == HMEVAL_OK) status = hmeval_pack_value(self->session, self->buffer, packages, false, NULL);
    hmeval_value_release(self->session, packages);
    return status;
}

/* What `highestPrio` is where nothing is defined (nixpkgs, lib/modules.nix, filterOverrides'). */
#define NO_PRIORITY 9999

/* A stronger priority is that of some definition. `isDefined` would look for mkBefore in the contents of the definitions,
 * and evaluate a kernel where a text names one. */
static hmeval_status write_is_defined(hmeval_walker * self, nix_value * option)
{
    nix_value * priority;
    hmeval_status status = hmeval_get(self->session, option, "highestPrio", &priority);
    bool defined = status == HMEVAL_OK && hmeval_value_type(self->session, priority) == HMEVAL_TYPE_INT
        && nix_get_int(self->session->context, priority) < NO_PRIORITY;
    hmeval_value_release(self->session, priority);
    if (!defined) return pack_attribute(self, option, "isDefined");
    hmeval_pack_bool(self->buffer, true);
    return HMEVAL_OK;
}

static hmeval_status write_priority(hmeval_walker * self, nix_value * option)
{
    return pack_attribute(self, option, "highestPrio");
}

static hmeval_status write_declaration_positions(hmeval_walker * self, nix_value * option)
{
    return pack_attribute(self, option, "declarationPositions");
}

static hmeval_status write_type_info(hmeval_walker * self, nix_value * option)
{
    nix_value * type;
    hmeval_status status = hmeval_get(self->session, option, "type", &type);
    if (status == HMEVAL_OK) status = hmeval_write_type(self, type);
    hmeval_value_release(self->session, type);
    return status;
}

/* From now on: what the value itself takes before it is looked into does not count. */
static void limit_time(hmeval_walker * self)
{
    hmeval_limit_time(self->session, self->flags & HMEVAL_OPTIONS_FEW ? TIME_OF_FEW : TIME_OF_MANY);
}

static hmeval_status write_value(hmeval_walker * self, nix_value * option)
{
    nix_value * value;
    hmeval_status status = hmeval_get(self->session, option, "value", &value);
    limit_time(self);
    if (status == HMEVAL_OK) status = hmeval_pack_shown_value(self, value);
    hmeval_limit_time(self->session, 0);
    hmeval_value_release(self->session, value);
    return status;
}

static hmeval_status pack_definition(hmeval_walker * self, nix_value * definition)
{
    nix_value * value = NULL;
    hmeval_pack_map(self->buffer, 2);
    hmeval_pack_text(self->buffer, "file");
    hmeval_status status = pack_attribute(self, definition, "file");
    hmeval_pack_text(self->buffer, "value");
    size_t before = self->buffer->size;
    if (status != HMEVAL_OK) return status;
    status = hmeval_get(self->session, definition, "value", &value);
    if (status == HMEVAL_OK) status = hmeval_pack_shown_value(self, value);
    hmeval_value_release(self->session, value);
    if (status != HMEVAL_FAILED) return status;
    self->buffer->size = before; /* its file is known all the same */
    hmeval_pack_map(self->buffer, 1);
    hmeval_pack_text(self->buffer, "error");
    pack_error(self, self->buffer);
    return HMEVAL_OK;
}

static hmeval_status write_definitions(hmeval_walker * self, nix_value * option)
{
    nix_value * definitions;
    hmeval_status status = hmeval_get(self->session, option, "definitionsWithLocations", &definitions);
    size_t size = status == HMEVAL_OK ? hmeval_value_size(self->session, definitions) : 0;
    hmeval_pack_array(self->buffer, size);
    limit_time(self);
    for (size_t i = 0; status == HMEVAL_OK && i < size; ++i) {
        nix_value * definition;
        status = hmeval_value_element(self->session, definitions, i, &definition);
        if (status == HMEVAL_OK) status = pack_definition(self, definition);
        hmeval_value_release(self->session, definition);
    }
    hmeval_limit_time(self->session, 0);
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

hmeval_status hmeval_write_option_fields(hmeval_walker * self, nix_value * option, bool visible)
{
    hmeval_status status = HMEVAL_OK;
    unsigned flags = self->depth ? self->flags & ~(HMEVAL_OPTIONS_STATE | HMEVAL_OPTIONS_VALUES) : self->flags;
    hmeval_pack_text(self->buffer, "visible");
    hmeval_pack_bool(self->buffer, visible);
    ++self->field_count;
    self->is_raw = flags & HMEVAL_OPTIONS_VALUES && hmeval_is_raw(self, option);
    for (size_t i = 0; status == HMEVAL_OK && i < sizeof(fields) / sizeof(*fields); ++i)
        if (!fields[i].flag || (flags & fields[i].flag))
            status = write_field(self, fields[i].name, option, fields[i].write);
    return status;
}
