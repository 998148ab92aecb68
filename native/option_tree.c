/* The option tree: an `options` set goes in, one MessagePack map for each option comes out.
 *
 * Order and meaning are those of lib.options.optionAttrSetToDocList (nixpkgs, lib/options.nix), with this difference:
 * what cannot be evaluated there ends the whole list, and costs one field here. */
#include <stdlib.h>

#define HMEVAL_INTERNAL
#include "hmeval.h"

/* Sub-options below sub-options: a type that contains itself has no end. */
#define DEEPEST_SUB_OPTIONS 16
/* Sets within sets: a set that contains itself has none either. */
#define DEEPEST_SET 500
#define SINK_SIZE (64 * 1024)

/* What `visible` says: of the option, and of its sub-options ("transparent": those alone; "shallow": the reverse). */
typedef struct {
    bool option, sub_options;
} visibility;

static hmeval_status get_visibility(hmeval_walker * self, nix_value * option, visibility * visible)
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
        hmeval_keep_field_error(self, "visible");
    hmeval_value_release(self->session, value);
    return hmeval_costs_a_field(status) ? HMEVAL_OK : status;
}

static bool is_true(hmeval_walker * self, nix_value * option, const char * name)
{
    nix_value * value;
    bool is = hmeval_get(self->session, option, name, &value) == HMEVAL_OK
        && hmeval_value_type(self->session, value) == HMEVAL_TYPE_BOOL && nix_get_bool(self->session->context, value);
    hmeval_value_release(self->session, value);
    return is;
}

static hmeval_status flush(hmeval_walker * self, size_t at_least)
{
    if (self->buffer->size < at_least) return HMEVAL_OK;
    int stop = self->sink(self->reader, self->buffer->bytes, self->buffer->size, self->option_count);
    self->buffer->size = 0;
    return stop ? HMEVAL_STOPPED : HMEVAL_OK;
}

static size_t open_option(hmeval_walker * self)
{
    self->field_count = 0;
    return hmeval_pack_open_map(self->buffer);
}

static hmeval_status close_option(hmeval_walker * self, size_t place)
{
    if (self->error_count) {
        hmeval_pack_text(self->buffer, "errors");
        hmeval_pack_map(self->buffer, self->error_count);
        hmeval_append(self->buffer, self->errors.bytes, self->errors.size);
        ++self->field_count;
    }
    hmeval_pack_close(self->buffer, place, self->field_count);
    self->errors.size = self->error_count = 0;
    ++self->option_count;
    return hmeval_buffer_status(self->buffer);
}

/* Forget what was kept of an option that is not written. */
static hmeval_status leave_out(hmeval_walker * self)
{
    self->errors.size = self->error_count = 0;
    return HMEVAL_OK;
}

static hmeval_status write_option(hmeval_walker * self, nix_value * option, visibility visible)
{
    bool hidden = !visible.option || is_true(self, option, "internal");
    if (hidden && !(self->flags & (HMEVAL_OPTIONS_HIDDEN | HMEVAL_OPTIONS_ALONE))) return leave_out(self);
    size_t place = open_option(self);
    hmeval_status status = hmeval_write_option_fields(self, option, visible.option);
    if (status == HMEVAL_OK) status = close_option(self, place);
    return status == HMEVAL_OK ? flush(self, SINK_SIZE) : status;
}

/* Where the walk is: an attribute below a place, or the sub-options of the option whose `loc` is given. */
typedef struct place {
    const struct place * above;
    const char * attribute;
    nix_value * loc;
} place;

static size_t count_parts(hmeval_walker * self, const place * at)
{
    if (!at) return 0;
    return at->loc ? hmeval_value_size(self->session, at->loc) : 1 + count_parts(self, at->above);
}

static hmeval_status pack_loc_elements(hmeval_walker * self, nix_value * loc)
{
    hmeval_status status = HMEVAL_OK;
    size_t size = hmeval_value_size(self->session, loc);
    for (size_t i = 0; status == HMEVAL_OK && i < size; ++i) {
        nix_value * part;
        status = hmeval_value_element(self->session, loc, i, &part);
        if (status == HMEVAL_OK) status = hmeval_pack_value(self->session, self->buffer, part, false, NULL);
        hmeval_value_release(self->session, part);
    }
    return status;
}

static hmeval_status pack_parts(hmeval_walker * self, const place * at)
{
    if (!at) return HMEVAL_OK;
    if (at->loc) return pack_loc_elements(self, at->loc);
    hmeval_status status = pack_parts(self, at->above);
    hmeval_pack_text(self->buffer, at->attribute);
    return status;
}

static hmeval_status append_place_name(hmeval_walker * self, hmeval_buffer * name, const place * at)
{
    if (!at) return HMEVAL_OK;
    if (at->loc) return hmeval_append_option_name(self, name, at->loc);
    hmeval_status status = append_place_name(self, name, at->above);
    if (name->size) hmeval_append_text(name, ".");
    return status == HMEVAL_OK ? hmeval_append_option_part(self, name, at->attribute) : status;
}

/* Nothing is known of what is at this place but the error. */
static hmeval_status write_failure(hmeval_walker * self, const place * at)
{
    hmeval_buffer name = {0};
    size_t map = open_option(self);
    hmeval_keep_field_error(self, "option");
    hmeval_pack_text(self->buffer, "loc");
    hmeval_pack_array(self->buffer, count_parts(self, at));
    hmeval_status status = pack_parts(self, at);
    if (status == HMEVAL_OK) status = append_place_name(self, &name, at);
    hmeval_pack_text(self->buffer, "name");
    hmeval_pack_bytes(self->buffer, name.bytes, name.size);
    hmeval_buffer_free(&name);
    self->field_count += 2;
    return status == HMEVAL_OK ? close_option(self, map) : status;
}

static hmeval_status walk(hmeval_walker * self, nix_value * options, const place * at);

/* A type or a loc that fails is told by its own field. */
static hmeval_status get_or_leave(hmeval_walker * self, nix_value * option, const char * name, nix_value ** result)
{
    hmeval_status status = hmeval_get(self->session, option, name, result);
    return status == HMEVAL_FAILED ? HMEVAL_ABSENT : status;
}

static hmeval_status call_get_sub_options(hmeval_walker * self, nix_value * type, nix_value * loc, nix_value ** result)
{
    nix_value * get;
    hmeval_status status = hmeval_get(self->session, type, "getSubOptions", &get);
    if (status == HMEVAL_OK && self->depth == DEEPEST_SUB_OPTIONS)
        status = hmeval_fail(
            self->session, "nix::EvalError", "sub-options are nested too deep: 16 levels are followed");
    if (status == HMEVAL_OK) status = hmeval_call(self->session, get, loc, result);
    hmeval_value_release(self->session, get);
    return status;
}

/* NULL where there are none, or where getting them fails: that is kept as the option's error. */
static hmeval_status get_sub_options(hmeval_walker * self, nix_value * option, nix_value * loc, nix_value ** result)
{
    nix_value * type;
    *result = NULL;
    hmeval_status status = get_or_leave(self, option, "type", &type);
    if (status == HMEVAL_OK) status = call_get_sub_options(self, type, loc, result);
    if (status == HMEVAL_FAILED) hmeval_keep_field_error(self, "sub_options");
    hmeval_value_release(self->session, type);
    return hmeval_costs_a_field(status) ? HMEVAL_OK : status;
}

static hmeval_status walk_sub_options(hmeval_walker * self, nix_value * sub_options, nix_value * loc)
{
    place at = {.loc = loc};
    if (!sub_options) return HMEVAL_OK;
    ++self->depth;
    hmeval_status status = walk(self, sub_options, &at);
    --self->depth;
    return status;
}

static hmeval_status walk_option(hmeval_walker * self, nix_value * option)
{
    visibility visible;
    nix_value *loc = NULL, *sub_options = NULL;
    hmeval_status status = get_visibility(self, option, &visible);
    bool follow = visible.sub_options && !(self->flags & HMEVAL_OPTIONS_ALONE);
    if (status == HMEVAL_OK && follow) status = get_or_leave(self, option, "loc", &loc);
    if (status == HMEVAL_OK && loc) status = get_sub_options(self, option, loc, &sub_options);
    self->sub_options = sub_options;
    if (status == HMEVAL_OK || status == HMEVAL_ABSENT) status = write_option(self, option, visible);
    if (status == HMEVAL_OK) status = walk_sub_options(self, sub_options, loc);
    hmeval_value_release(self->session, sub_options);
    hmeval_value_release(self->session, loc);
    return status;
}

static hmeval_status walk_attribute(
    hmeval_walker * self, nix_value * set, hmeval_attribute attribute, const place * above)
{
    place at = {.above = above, .attribute = attribute.name};
    nix_value * value;
    hmeval_status status = hmeval_attribute_value(self->session, set, attribute, &value);
    if (status == HMEVAL_OK)
        status = walk(self, value, &at);
    else if (status == HMEVAL_FAILED)
        status = write_failure(self, &at);
    hmeval_value_release(self->session, value);
    return status;
}

static hmeval_status walk_attributes(hmeval_walker * self, nix_value * set, const place * at)
{
    hmeval_attribute * attributes;
    size_t count;
    if (self->set_depth == DEEPEST_SET)
        return hmeval_fail(
            self->session, "nix::EvalError", "stack overflow: the option tree is nested more than 500 sets deep");
    hmeval_status status = hmeval_sorted_attributes(self->session, set, &attributes, &count);
    ++self->set_depth;
    for (size_t i = 0; status == HMEVAL_OK && i < count; ++i)
        status = walk_attribute(self, set, attributes[i], at);
    --self->set_depth;
    free(attributes);
    return status;
}

static hmeval_status is_option(hmeval_walker * self, nix_value * set, bool * is)
{
    nix_value * type;
    hmeval_status status = hmeval_get(self->session, set, "_type", &type);
    *is = status == HMEVAL_OK && hmeval_string_is(self->session, type, "option");
    hmeval_value_release(self->session, type);
    return hmeval_costs_a_field(status) ? HMEVAL_OK : status;
}

/* lib.attrsets.collect isOption */
static hmeval_status walk(hmeval_walker * self, nix_value * options, const place * at)
{
    bool is;
    if (hmeval_value_type(self->session, options) != HMEVAL_TYPE_SET) return HMEVAL_OK;
    hmeval_status status = is_option(self, options, &is);
    if (status != HMEVAL_OK) return status;
    return is ? walk_option(self, options) : walk_attributes(self, options, at);
}

hmeval_status hmeval_write_options(
    hmeval_session * session, nix_value * options, unsigned flags, hmeval_sink sink, void * reader)
{
    hmeval_buffer buffer = {0};
    hmeval_walker self = {.session = session, .buffer = &buffer, .flags = flags, .sink = sink, .reader = reader};
    hmeval_status status = walk(&self, options, NULL);
    if (status == HMEVAL_OK) status = flush(&self, 1);
    hmeval_buffer_free(&self.errors);
    hmeval_buffer_free(&buffer);
    return status;
}
