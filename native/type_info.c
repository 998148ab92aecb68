/* The structure of an option's type: what may be written there.
 *
 * Types are read as nixpkgs' lib/types.nix makes them, in the ways of its various ages: what a type is made of is in
 * `nestedTypes`, before that in `functor.payload.elemType`, before that in `functor.wrapped`. */
#include <stdlib.h>
#include <string.h>

#define HMEVAL_INTERNAL
#include "hmeval.h"

/* Types that contain themselves are known by identity; these are for those that make themselves anew each time. */
#define DEEPEST_TYPE 12
#define MOST_TYPES 256

typedef hmeval_status (*part_writer)(hmeval_walker * self, const hmeval_type_node * at);

static hmeval_status describe(hmeval_walker * self, nix_value * type, const hmeval_type_node * above);

static bool is_type(hmeval_walker * self, nix_value * value)
{
    return hmeval_has(self->session, value, "name") && hmeval_has(self->session, value, "functor");
}

/* -- types within types ------------------------------------------------------------------------------------------- */

static hmeval_status describe_each(
    hmeval_walker * self, nix_value * types, const hmeval_type_node * at, size_t * count);

static hmeval_status describe_either(
    hmeval_walker * self, nix_value * nested, const hmeval_type_node * at, size_t * count)
{
    static const char * const sides[] = {"left", "right"};
    hmeval_status status = HMEVAL_OK;
    for (size_t i = 0; status == HMEVAL_OK && i < 2; ++i) {
        nix_value * side;
        status = hmeval_get_present(self, nested, sides[i], &side);
        if (status == HMEVAL_OK) status = describe_each(self, side, at, count);
        hmeval_value_release(self->session, side);
    }
    return status;
}

/* What an `either` is made of, where it stands in another one and tells it the way of today's nixpkgs. */
static hmeval_status get_alternatives(
    hmeval_walker * self, nix_value * type, const hmeval_type_node * at, nix_value ** nested)
{
    nix_value * name = NULL;
    *nested = NULL;
    if (strcmp(at->name, "either")) return HMEVAL_ABSENT;
    hmeval_status status = hmeval_get(self->session, type, "name", &name);
    bool either = status == HMEVAL_OK && hmeval_string_is(self->session, name, "either");
    hmeval_value_release(self->session, name);
    if (status == HMEVAL_OK) status = either ? hmeval_get_present(self, type, "nestedTypes", nested) : HMEVAL_ABSENT;
    if (status != HMEVAL_OK || hmeval_has(self->session, *nested, "left")) return status;
    hmeval_value_release(self->session, *nested);
    *nested = NULL;
    return HMEVAL_ABSENT;
}

/* Alternatives of alternatives are alternatives: oneOf nests `either`s. */
static hmeval_status describe_one(hmeval_walker * self, nix_value * type, const hmeval_type_node * at, size_t * count)
{
    nix_value * nested;
    hmeval_status status = get_alternatives(self, type, at, &nested);
    if (status == HMEVAL_OK && self->type_count++ < MOST_TYPES) {
        status = describe_either(self, nested, at, count);
    } else if (status == HMEVAL_OK || status == HMEVAL_ABSENT) {
        ++*count;
        status = describe(self, type, at);
    }
    hmeval_value_release(self->session, nested);
    return status;
}

static hmeval_status describe_list(hmeval_walker * self, nix_value * types, const hmeval_type_node * at, size_t * count)
{
    hmeval_status status = HMEVAL_OK;
    size_t size = hmeval_value_size(self->session, types);
    for (size_t i = 0; status == HMEVAL_OK && i < size; ++i) {
        nix_value * type;
        status = hmeval_value_element(self->session, types, i, &type);
        if (status == HMEVAL_OK) status = describe_one(self, type, at, count);
        hmeval_value_release(self->session, type);
    }
    return status;
}

static hmeval_status describe_each(hmeval_walker * self, nix_value * types, const hmeval_type_node * at, size_t * count)
{
    if (hmeval_value_type(self->session, types) == HMEVAL_TYPE_LIST) return describe_list(self, types, at, count);
    return is_type(self, types) ? describe_one(self, types, at, count) : HMEVAL_ABSENT;
}

static hmeval_status describe_in(
    hmeval_walker * self, nix_value * set, const char * name, const hmeval_type_node * at, size_t * count)
{
    nix_value * types;
    hmeval_status status = hmeval_get_present(self, set, name, &types);
    if (status == HMEVAL_OK) status = describe_each(self, types, at, count);
    hmeval_value_release(self->session, types);
    return status;
}

/* The first of these that there is. */
static hmeval_status describe_elements(hmeval_walker * self, const hmeval_type_node * at, size_t * count)
{
    if (at->nested && hmeval_has(self->session, at->nested, "left"))
        return describe_either(self, at->nested, at, count);
    hmeval_status status = describe_in(self, at->nested, "elemType", at, count);
    if (status == HMEVAL_ABSENT) status = describe_in(self, at->nested, "finalType", at, count);
    if (status == HMEVAL_ABSENT) status = describe_in(self, at->payload, "elemType", at, count);
    if (status == HMEVAL_ABSENT) status = describe_in(self, at->functor, "wrapped", at, count);
    return status;
}

static hmeval_status write_elements(hmeval_walker * self, const hmeval_type_node * at)
{
    size_t count = 0, place = hmeval_pack_open_array(self->buffer);
    hmeval_status status = strcmp(at->name, "attrTag") ? describe_elements(self, at, &count) : HMEVAL_ABSENT;
    hmeval_pack_close(self->buffer, place, count);
    return status;
}

static hmeval_status write_converted_from(hmeval_walker * self, const hmeval_type_node * at)
{
    nix_value * type;
    hmeval_status status = hmeval_get_present(self, at->nested, "coercedType", &type);
    if (status == HMEVAL_OK) status = describe(self, type, at);
    hmeval_value_release(self->session, type);
    return status;
}

/* Whether the walker's sub-options are those of this submodule: nothing but containers of it stands above. */
static bool has_sub_options_at_hand(hmeval_walker * self, const hmeval_type_node * at)
{
    static const char * const others[] = {"either", "submodule", "attrTag"};
    if (!self->sub_options) return false;
    for (const hmeval_type_node * above = at->above; above; above = above->above)
        for (size_t i = 0; i < sizeof(others) / sizeof(*others); ++i)
            if (!strcmp(above->name, others[i])) return false;
    return true;
}

/* Descend by names; an option's value is named like that. HMEVAL_ABSENT for what is null. */
static hmeval_status get_path(hmeval_walker * self, nix_value * set, const char * const * names, nix_value ** result)
{
    hmeval_status status = hmeval_get_present(self, set, *names, result);
    if (status != HMEVAL_OK || !names[1]) return status;
    nix_value * between = *result;
    status = get_path(self, between, names + 1, result);
    hmeval_value_release(self->session, between);
    return status;
}

/* A submodule's `nestedTypes` evaluates its modules once more, which is most of what a type costs; the documentation's
 * evaluation of them is there already. */
static hmeval_status write_freeform(hmeval_walker * self, const hmeval_type_node * at)
{
    static const char * const in_sub_options[] = {"_module", "freeformType", "value", NULL};
    static const char * const in_type[] = {"nestedTypes", "freeformType", NULL};
    if (strcmp(at->name, "submodule")) return HMEVAL_ABSENT;
    bool at_hand = has_sub_options_at_hand(self, at);
    nix_value * type;
    hmeval_status status = get_path(
        self, at_hand ? self->sub_options : at->type, at_hand ? in_sub_options : in_type, &type);
    if (status == HMEVAL_OK) status = describe(self, type, at);
    hmeval_value_release(self->session, type);
    return status;
}

/* A tag is an option. */
static hmeval_status describe_tag(hmeval_walker * self, const hmeval_type_node * at, hmeval_attribute tag)
{
    nix_value *option, *type = NULL;
    hmeval_pack_text(self->buffer, tag.name);
    hmeval_status status = hmeval_attribute_value(self->session, at->nested, tag, &option);
    if (status == HMEVAL_OK) status = hmeval_get(self->session, option, "type", &type);
    if (status == HMEVAL_OK) status = describe(self, type, at);
    hmeval_value_release(self->session, type);
    hmeval_value_release(self->session, option);
    return status;
}

static hmeval_status write_tags(hmeval_walker * self, const hmeval_type_node * at)
{
    hmeval_attribute * tags;
    size_t count;
    if (strcmp(at->name, "attrTag") || !at->nested) return HMEVAL_ABSENT;
    hmeval_status status = hmeval_sorted_attributes(self->session, at->nested, &tags, &count);
    hmeval_pack_map(self->buffer, count);
    for (size_t i = 0; status == HMEVAL_OK && i < count; ++i)
        status = describe_tag(self, at, tags[i]);
    free(tags);
    return status;
}

static hmeval_status write_sub_options(hmeval_walker * self, const hmeval_type_node * at)
{
    nix_value * modules;
    hmeval_status status = hmeval_get_present(self, at->type, "getSubModules", &modules);
    bool some = status == HMEVAL_OK && hmeval_value_size(self->session, modules);
    hmeval_value_release(self->session, modules);
    hmeval_pack_bool(self->buffer, true);
    if (status == HMEVAL_ABSENT || (status == HMEVAL_OK && !some))
        return strcmp(at->name, "attrTag") ? HMEVAL_ABSENT : HMEVAL_OK;
    return status;
}

/* -- one type ----------------------------------------------------------------------------------------------------- */

/* Write one part; one that is absent, or fails, leaves nothing behind. `name` begins with "type_info.". */
static hmeval_status write_part(
    hmeval_walker * self, const hmeval_type_node * at, const char * name, part_writer write, size_t * count)
{
    size_t before = self->buffer->size;
    hmeval_pack_text(self->buffer, strchr(name, '.') + 1);
    hmeval_status status = write(self, at);
    if (status == HMEVAL_OK) {
        ++*count;
        return status;
    }
    self->buffer->size = before;
    if (status == HMEVAL_FAILED) hmeval_keep_field_error(self, name);
    return hmeval_costs_a_field(status) ? HMEVAL_OK : status;
}

static const struct {
    const char * name;
    part_writer write;
} parts[] = {
    {"type_info.members", hmeval_write_members},
    {"type_info.bounds", hmeval_write_bounds},
    {"type_info.pattern", hmeval_write_pattern},
    {"type_info.separator", hmeval_write_separator},
    {"type_info.absolute", hmeval_write_absolute},
    {"type_info.in_store", hmeval_write_in_store},
    {"type_info.placeholder", hmeval_write_placeholder},
    {"type_info.elements", write_elements},
    {"type_info.converted_from", write_converted_from},
    {"type_info.tags", write_tags},
    {"type_info.freeform", write_freeform},
    {"type_info.sub_options", write_sub_options},
};

static bool is_same_type(hmeval_walker * self, nix_value * left, nix_value * right)
{
    nix_value *with_left = NULL, *same = NULL;
    hmeval_status status = hmeval_call_builtin(self->session, HMEVAL_SAME_TYPE, left, &with_left);
    if (status == HMEVAL_OK) status = hmeval_call(self->session, with_left, right, &same);
    bool is = status == HMEVAL_OK && nix_get_bool(self->session->context, same);
    hmeval_value_release(self->session, same);
    hmeval_value_release(self->session, with_left);
    return is;
}

static bool is_within_itself(hmeval_walker * self, const hmeval_type_node * at)
{
    for (const hmeval_type_node * above = at->above; above; above = above->above)
        if (!strcmp(above->name, at->name) && is_same_type(self, above->type, at->type)) return true;
    return false;
}

static size_t depth_of(const hmeval_type_node * at)
{
    return at ? 1 + depth_of(at->above) : 0;
}

/* Why nothing more is said of a type; NULL: it is said. */
static const char * reason_to_end(hmeval_walker * self, const hmeval_type_node * at)
{
    if (is_within_itself(self, at)) return "recursive";
    return depth_of(at) > DEEPEST_TYPE || self->type_count > MOST_TYPES ? "truncated" : NULL;
}

static hmeval_status write_node(hmeval_walker * self, const hmeval_type_node * at)
{
    size_t count = 1, place = hmeval_pack_open_map(self->buffer);
    hmeval_pack_text(self->buffer, "name");
    hmeval_pack_text(self->buffer, at->name);
    hmeval_status status = HMEVAL_OK;
    const char * end = reason_to_end(self, at);
    if (end) {
        hmeval_pack_text(self->buffer, end);
        hmeval_pack_bool(self->buffer, true);
        ++count;
    }
    for (size_t i = 0; !end && status == HMEVAL_OK && i < sizeof(parts) / sizeof(*parts); ++i)
        status = write_part(self, at, parts[i].name, parts[i].write, &count);
    /* Of what has no structure; a composed one costs more than the structure that it tells again, and that of the
     * outermost type is the option's own `type`. */
    if (status == HMEVAL_OK && count == 1 && at->above)
        status = write_part(self, at, "type_info.description", hmeval_write_type_description, &count);
    hmeval_pack_close(self->buffer, place, count);
    return status == HMEVAL_OK ? hmeval_buffer_status(self->buffer) : status;
}

/* Fill in what several parts are read from. What fails here is as good as absent to them, and is told. */
static hmeval_status open_node(hmeval_walker * self, hmeval_type_node * at)
{
    hmeval_status status = HMEVAL_ABSENT;
    if (strcmp(at->name, "submodule")) status = hmeval_get_present(self, at->type, "nestedTypes", &at->nested);
    if (status == HMEVAL_FAILED) hmeval_keep_field_error(self, "type_info.nested");
    if (hmeval_costs_a_field(status) || status == HMEVAL_OK)
        status = hmeval_get_present(self, at->type, "functor", &at->functor);
    if (status == HMEVAL_OK) status = hmeval_get_present(self, at->functor, "payload", &at->payload);
    if (status == HMEVAL_FAILED) hmeval_keep_field_error(self, "type_info.functor");
    return hmeval_costs_a_field(status) ? HMEVAL_OK : status;
}

static void close_node(hmeval_walker * self, const hmeval_type_node * at)
{
    hmeval_value_release(self->session, at->payload);
    hmeval_value_release(self->session, at->functor);
    hmeval_value_release(self->session, at->nested);
}

static hmeval_status read_name(hmeval_walker * self, nix_value * type, hmeval_buffer * name)
{
    nix_value * value;
    hmeval_status status = hmeval_get(self->session, type, "name", &value);
    if (status == HMEVAL_OK && hmeval_value_type(self->session, value) != HMEVAL_TYPE_STRING)
        status = hmeval_fail(self->session, "nix::TypeError", "the name of a type is no string");
    if (status == HMEVAL_OK) hmeval_append_string(self->session, name, value);
    hmeval_append(name, "", 1);
    hmeval_value_release(self->session, value);
    return status == HMEVAL_OK ? hmeval_buffer_status(name) : status;
}

static hmeval_status describe(hmeval_walker * self, nix_value * type, const hmeval_type_node * above)
{
    hmeval_buffer name = {0};
    hmeval_type_node at = {.above = above, .type = type};
    ++self->type_count;
    hmeval_status status = read_name(self, type, &name);
    at.name = (const char *)name.bytes;
    if (status == HMEVAL_OK) status = open_node(self, &at);
    if (status == HMEVAL_OK) status = write_node(self, &at);
    close_node(self, &at);
    hmeval_buffer_free(&name);
    return status;
}

hmeval_status hmeval_write_type(hmeval_walker * self, nix_value * type)
{
    self->type_count = 0;
    return describe(self, type, NULL);
}
