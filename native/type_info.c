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

/* The type that is being described, and those that contain it. */
typedef struct node {
    const struct node * above;
    nix_value *type, *nested, *functor, *payload; /* NULL: absent */
    const char * name;
} node;

typedef struct {
    hmeval_walker * walker;
    hmeval_session * session;
    hmeval_buffer * buffer;
    size_t types;
} describer;

typedef hmeval_status (*part_writer)(describer * self, const node * at);

static hmeval_status describe(describer * self, nix_value * type, const node * above);

static bool is_type(describer * self, nix_value * value)
{
    return hmeval_has(self->session, value, "name") && hmeval_has(self->session, value, "functor");
}

/* The rest of a name that begins so; NULL for another. */
static const char * after(const char * name, const char * beginning)
{
    size_t size = strlen(beginning);
    return strncmp(name, beginning, size) ? NULL : name + size;
}

/* HMEVAL_ABSENT for what is null. */
static hmeval_status get_present(describer * self, nix_value * set, const char * name, nix_value ** result)
{
    *result = NULL;
    hmeval_status status = set ? hmeval_get(self->session, set, name, result) : HMEVAL_ABSENT;
    if (status != HMEVAL_OK || hmeval_value_type(self->session, *result) != HMEVAL_TYPE_NULL) return status;
    hmeval_value_release(self->session, *result);
    *result = NULL;
    return HMEVAL_ABSENT;
}

static hmeval_status pack_present(describer * self, nix_value * set, const char * name)
{
    nix_value * value;
    hmeval_status status = get_present(self, set, name, &value);
    if (status == HMEVAL_OK) status = hmeval_pack_value(self->session, self->buffer, value, false);
    hmeval_value_release(self->session, value);
    return status;
}

static hmeval_status write_description(describer * self, const node * at)
{
    return pack_present(self, at->type, "description");
}

/* -- what an enum holds ------------------------------------------------------------------------------------------- */

/* The value itself; { nix = text; } where JSON has no form for it. */
static hmeval_status pack_member(describer * self, nix_value * member)
{
    size_t before = self->buffer->size;
    hmeval_buffer text = {0};
    hmeval_status status = hmeval_pack_value(self->session, self->buffer, member, true);
    if (status != (hmeval_status)HMEVAL_NOT_PLAIN) return status;
    self->buffer->size = before;
    status = hmeval_render(self->session, &text, member);
    hmeval_pack_map(self->buffer, 1);
    hmeval_pack_text(self->buffer, "nix");
    hmeval_pack_bytes(self->buffer, text.bytes, text.size);
    hmeval_buffer_free(&text);
    return status;
}

static hmeval_status pack_members(describer * self, nix_value * members)
{
    hmeval_status status = HMEVAL_OK;
    size_t size = hmeval_value_size(self->session, members);
    hmeval_pack_array(self->buffer, size);
    for (size_t i = 0; status == HMEVAL_OK && i < size; ++i) {
        nix_value * member;
        status = hmeval_value_element(self->session, members, i, &member);
        if (status == HMEVAL_OK) status = pack_member(self, member);
        hmeval_value_release(self->session, member);
    }
    return status;
}

/* Before nixpkgs 25.05 the payload itself is the list. */
static hmeval_status write_members(describer * self, const node * at)
{
    nix_value * members = NULL;
    if (strcmp(at->name, "enum") || !at->payload) return HMEVAL_ABSENT;
    if (hmeval_value_type(self->session, at->payload) == HMEVAL_TYPE_LIST) return pack_members(self, at->payload);
    hmeval_status status = get_present(self, at->payload, "values", &members);
    if (status == HMEVAL_OK) status = pack_members(self, members);
    hmeval_value_release(self->session, members);
    return status;
}

/* -- numbers and texts -------------------------------------------------------------------------------------------- */

static hmeval_status pack_json(describer * self, const char * text, size_t size)
{
    hmeval_buffer json = {0};
    nix_value *string = NULL, *value = NULL;
    hmeval_append(&json, text, size);
    hmeval_append(&json, "", 1);
    hmeval_status status = hmeval_buffer_status(&json);
    if (status == HMEVAL_OK) status = hmeval_value_string(self->session, (const char *)json.bytes, &string);
    if (status == HMEVAL_OK) status = hmeval_call_builtin(self->session, HMEVAL_FROM_JSON, string, &value);
    if (status == HMEVAL_OK) status = hmeval_pack_value(self->session, self->buffer, value, false);
    hmeval_value_release(self->session, value);
    hmeval_value_release(self->session, string);
    hmeval_buffer_free(&json);
    return status;
}

static void open_bounds(describer * self, size_t count, const char * from)
{
    hmeval_pack_map(self->buffer, count + 1);
    hmeval_pack_text(self->buffer, "from");
    hmeval_pack_text(self->buffer, from);
}

/* "… between 0 and 255 (both inclusive)", as nixpkgs' lib/types.nix describes ints.between and numbers.between. */
static hmeval_status pack_described_bounds(describer * self, const char * description)
{
    const char * lowest = strstr(description, "between ");
    const char * and = lowest ? strstr(lowest, " and ") : NULL;
    const char * end = and ? strstr(and, " (both inclusive)") : NULL;
    if (!end) return HMEVAL_ABSENT;
    lowest += strlen("between ");
    open_bounds(self, 2, "description");
    hmeval_pack_text(self->buffer, "minimum");
    hmeval_status status = pack_json(self, lowest, (size_t)(and - lowest));
    and += strlen(" and ");
    hmeval_pack_text(self->buffer, "maximum");
    if (status == HMEVAL_OK) status = pack_json(self, and, (size_t)(end - and));
    return status == HMEVAL_FAILED ? HMEVAL_ABSENT : status; /* another description that looks alike */
}

static hmeval_status pack_bounds_from_description(describer * self, nix_value * type)
{
    nix_value * value;
    hmeval_buffer text = {0};
    hmeval_status status = hmeval_get(self->session, type, "description", &value);
    if (status == HMEVAL_OK && hmeval_value_type(self->session, value) == HMEVAL_TYPE_STRING)
        hmeval_append_string(self->session, &text, value);
    hmeval_append(&text, "", 1);
    if (status == HMEVAL_OK) status = hmeval_buffer_status(&text);
    if (status == HMEVAL_OK) status = pack_described_bounds(self, (const char *)text.bytes);
    hmeval_value_release(self->session, value);
    hmeval_buffer_free(&text);
    return status;
}

/* The types of nixpkgs that have bounds; the payload of none of them says so, only name and description. */
static const struct {
    const char *name, *bound; /* NULL: the description says it */
    int64_t value;
} bounded[] = {
    {"positiveInt", "minimum", 1},  {"unsignedInt", "minimum", 0}, {"numberNonnegative", "minimum", 0},
    {"numberPositive", "above", 0}, {"intBetween", NULL, 0},       {"numberBetween", NULL, 0},
    {"unsignedInt8", NULL, 0},      {"unsignedInt16", NULL, 0},    {"unsignedInt32", NULL, 0},
    {"signedInt8", NULL, 0},        {"signedInt16", NULL, 0},      {"signedInt32", NULL, 0},
};

static hmeval_status write_bounds(describer * self, const node * at)
{
    for (size_t i = 0; i < sizeof(bounded) / sizeof(*bounded); ++i) {
        if (strcmp(at->name, bounded[i].name)) continue;
        if (!bounded[i].bound) return pack_bounds_from_description(self, at->type);
        open_bounds(self, 1, "name");
        hmeval_pack_text(self->buffer, bounded[i].bound);
        hmeval_pack_int(self->buffer, bounded[i].value);
        return HMEVAL_OK;
    }
    return HMEVAL_ABSENT;
}

/* The name quotes the pattern as builtins.toJSON does, with every $ escaped (lib.strings.escapeNixString). */
static hmeval_status pack_quoted_pattern(describer * self, const char * quoted)
{
    hmeval_buffer json = {0};
    for (; *quoted; ++quoted) {
        if (quoted[0] == '\\' && quoted[1] && quoted[1] != '$') hmeval_append(&json, quoted++, 1);
        if (quoted[0] == '\\' && quoted[1] == '$') ++quoted;
        hmeval_append(&json, quoted, 1);
    }
    hmeval_status status = pack_json(self, (const char *)json.bytes, json.size);
    hmeval_buffer_free(&json);
    return status;
}

static hmeval_status write_pattern(describer * self, const node * at)
{
    const char * quoted = after(at->name, "strMatching ");
    if (!quoted) return HMEVAL_ABSENT;
    hmeval_status status = pack_present(self, at->payload, "pattern");
    return status == HMEVAL_ABSENT ? pack_quoted_pattern(self, quoted) : status;
}

/* Before nixpkgs 25.05 the payload itself is the separator. */
static hmeval_status write_separator(describer * self, const node * at)
{
    if (strcmp(at->name, "separatedString") || !at->payload) return HMEVAL_ABSENT;
    if (hmeval_value_type(self->session, at->payload) == HMEVAL_TYPE_STRING)
        return hmeval_pack_value(self->session, self->buffer, at->payload, false);
    return pack_present(self, at->payload, "sep");
}

static hmeval_status write_absolute(describer * self, const node * at)
{
    return strcmp(at->name, "path") ? HMEVAL_ABSENT : pack_present(self, at->payload, "absolute");
}

static hmeval_status write_in_store(describer * self, const node * at)
{
    return strcmp(at->name, "path") ? HMEVAL_ABSENT : pack_present(self, at->payload, "inStore");
}

/* -- types within types ------------------------------------------------------------------------------------------- */

/* Alternatives of alternatives are alternatives: oneOf nests `either`s. */
static hmeval_status describe_each(describer * self, nix_value * types, const node * at, size_t * count);

static hmeval_status describe_either(describer * self, nix_value * nested, const node * at, size_t * count)
{
    static const char * const sides[] = {"left", "right"};
    hmeval_status status = HMEVAL_OK;
    for (size_t i = 0; status == HMEVAL_OK && i < 2; ++i) {
        nix_value * side;
        status = get_present(self, nested, sides[i], &side);
        if (status == HMEVAL_OK) status = describe_each(self, side, at, count);
        hmeval_value_release(self->session, side);
    }
    return status;
}

/* What an `either` is made of, where it stands in another one and tells it the way of today's nixpkgs. */
static hmeval_status get_alternatives(describer * self, nix_value * type, const node * at, nix_value ** nested)
{
    nix_value * name = NULL;
    *nested = NULL;
    if (strcmp(at->name, "either")) return HMEVAL_ABSENT;
    hmeval_status status = hmeval_get(self->session, type, "name", &name);
    bool either = status == HMEVAL_OK && hmeval_string_is(self->session, name, "either");
    hmeval_value_release(self->session, name);
    if (status == HMEVAL_OK) status = either ? get_present(self, type, "nestedTypes", nested) : HMEVAL_ABSENT;
    if (status != HMEVAL_OK || hmeval_has(self->session, *nested, "left")) return status;
    hmeval_value_release(self->session, *nested);
    *nested = NULL;
    return HMEVAL_ABSENT;
}

static hmeval_status describe_one(describer * self, nix_value * type, const node * at, size_t * count)
{
    nix_value * nested;
    hmeval_status status = get_alternatives(self, type, at, &nested);
    if (status == HMEVAL_OK && self->types++ < MOST_TYPES) {
        status = describe_either(self, nested, at, count);
    } else if (status == HMEVAL_OK || status == HMEVAL_ABSENT) {
        ++*count;
        status = describe(self, type, at);
    }
    hmeval_value_release(self->session, nested);
    return status;
}

static hmeval_status describe_list(describer * self, nix_value * types, const node * at, size_t * count)
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

static hmeval_status describe_each(describer * self, nix_value * types, const node * at, size_t * count)
{
    if (hmeval_value_type(self->session, types) == HMEVAL_TYPE_LIST) return describe_list(self, types, at, count);
    return is_type(self, types) ? describe_one(self, types, at, count) : HMEVAL_ABSENT;
}

static hmeval_status describe_in(describer * self, nix_value * set, const char * name, const node * at, size_t * count)
{
    nix_value * types;
    hmeval_status status = get_present(self, set, name, &types);
    if (status == HMEVAL_OK) status = describe_each(self, types, at, count);
    hmeval_value_release(self->session, types);
    return status;
}

/* The first of these that there is. */
static hmeval_status describe_elements(describer * self, const node * at, size_t * count)
{
    if (at->nested && hmeval_has(self->session, at->nested, "left"))
        return describe_either(self, at->nested, at, count);
    hmeval_status status = describe_in(self, at->nested, "elemType", at, count);
    if (status == HMEVAL_ABSENT) status = describe_in(self, at->nested, "finalType", at, count);
    if (status == HMEVAL_ABSENT) status = describe_in(self, at->payload, "elemType", at, count);
    if (status == HMEVAL_ABSENT) status = describe_in(self, at->functor, "wrapped", at, count);
    return status;
}

static hmeval_status write_elements(describer * self, const node * at)
{
    size_t count = 0, place = hmeval_pack_open_array(self->buffer);
    hmeval_status status = strcmp(at->name, "attrTag") ? describe_elements(self, at, &count) : HMEVAL_ABSENT;
    hmeval_pack_close(self->buffer, place, count);
    return status;
}

static hmeval_status write_converted_from(describer * self, const node * at)
{
    nix_value * type;
    hmeval_status status = get_present(self, at->nested, "coercedType", &type);
    if (status == HMEVAL_OK) status = describe(self, type, at);
    hmeval_value_release(self->session, type);
    return status;
}

/* Whether the walker's sub-options are those of this submodule: nothing but containers of it stands above. */
static bool has_sub_options_at_hand(describer * self, const node * at)
{
    static const char * const others[] = {"either", "submodule", "attrTag"};
    if (!self->walker->sub_options) return false;
    for (const node * above = at->above; above; above = above->above)
        for (size_t i = 0; i < sizeof(others) / sizeof(*others); ++i)
            if (!strcmp(above->name, others[i])) return false;
    return true;
}

/* Descend by names; an option's value is named like that. HMEVAL_ABSENT for what is null. */
static hmeval_status get_path(describer * self, nix_value * set, const char * const * names, nix_value ** result)
{
    hmeval_status status = get_present(self, set, *names, result);
    if (status != HMEVAL_OK || !names[1]) return status;
    nix_value * between = *result;
    status = get_path(self, between, names + 1, result);
    hmeval_value_release(self->session, between);
    return status;
}

/* A submodule's `nestedTypes` evaluates its modules once more, which is most of what a type costs; the documentation's
 * evaluation of them is there already. */
static hmeval_status write_freeform(describer * self, const node * at)
{
    static const char * const in_sub_options[] = {"_module", "freeformType", "value", NULL};
    static const char * const in_type[] = {"nestedTypes", "freeformType", NULL};
    if (strcmp(at->name, "submodule")) return HMEVAL_ABSENT;
    bool at_hand = has_sub_options_at_hand(self, at);
    nix_value * type;
    hmeval_status status = get_path(
        self, at_hand ? self->walker->sub_options : at->type, at_hand ? in_sub_options : in_type, &type);
    if (status == HMEVAL_OK) status = describe(self, type, at);
    hmeval_value_release(self->session, type);
    return status;
}

/* A tag is an option. */
static hmeval_status describe_tag(describer * self, const node * at, hmeval_attribute tag)
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

static hmeval_status write_tags(describer * self, const node * at)
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

static hmeval_status write_placeholder(describer * self, const node * at)
{
    return pack_present(self, at->payload, "placeholder");
}

static hmeval_status write_sub_options(describer * self, const node * at)
{
    nix_value * modules;
    hmeval_status status = get_present(self, at->type, "getSubModules", &modules);
    bool some = status == HMEVAL_OK && hmeval_value_size(self->session, modules);
    hmeval_value_release(self->session, modules);
    hmeval_pack_bool(self->buffer, true);
    if (status == HMEVAL_ABSENT || (status == HMEVAL_OK && !some))
        return strcmp(at->name, "attrTag") ? HMEVAL_ABSENT : HMEVAL_OK;
    return status;
}

/* -- one type ----------------------------------------------------------------------------------------------------- */

/* Write one part; one that is absent, or fails, leaves nothing behind. `name` begins with "type_info.". */
static hmeval_status write_part(describer * self, const node * at, const char * name, part_writer write, size_t * count)
{
    size_t before = self->buffer->size;
    hmeval_pack_text(self->buffer, strchr(name, '.') + 1);
    hmeval_status status = write(self, at);
    if (status == HMEVAL_OK) {
        ++*count;
        return status;
    }
    self->buffer->size = before;
    if (status == HMEVAL_FAILED) hmeval_keep_field_error(self->walker, name);
    return hmeval_costs_a_field(status) ? HMEVAL_OK : status;
}

static const struct {
    const char * name;
    part_writer write;
} parts[] = {
    {"type_info.members", write_members},
    {"type_info.bounds", write_bounds},
    {"type_info.pattern", write_pattern},
    {"type_info.separator", write_separator},
    {"type_info.absolute", write_absolute},
    {"type_info.in_store", write_in_store},
    {"type_info.placeholder", write_placeholder},
    {"type_info.elements", write_elements},
    {"type_info.converted_from", write_converted_from},
    {"type_info.tags", write_tags},
    {"type_info.freeform", write_freeform},
    {"type_info.sub_options", write_sub_options},
};

static bool is_same_type(describer * self, nix_value * left, nix_value * right)
{
    nix_value *with_left = NULL, *same = NULL;
    hmeval_status status = hmeval_call_builtin(self->session, HMEVAL_SAME_TYPE, left, &with_left);
    if (status == HMEVAL_OK) status = hmeval_call(self->session, with_left, right, &same);
    bool is = status == HMEVAL_OK && nix_get_bool(self->session->context, same);
    hmeval_value_release(self->session, same);
    hmeval_value_release(self->session, with_left);
    return is;
}

static bool is_within_itself(describer * self, const node * at)
{
    for (const node * above = at->above; above; above = above->above)
        if (!strcmp(above->name, at->name) && is_same_type(self, above->type, at->type)) return true;
    return false;
}

static size_t depth_of(const node * at)
{
    return at ? 1 + depth_of(at->above) : 0;
}

/* Why nothing more is said of a type; NULL: it is said. */
static const char * reason_to_end(describer * self, const node * at)
{
    if (is_within_itself(self, at)) return "recursive";
    return depth_of(at) > DEEPEST_TYPE || self->types > MOST_TYPES ? "truncated" : NULL;
}

static hmeval_status write_node(describer * self, const node * at)
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
        status = write_part(self, at, "type_info.description", write_description, &count);
    hmeval_pack_close(self->buffer, place, count);
    return status == HMEVAL_OK ? hmeval_buffer_status(self->buffer) : status;
}

/* Fill in what several parts are read from. What fails here is as good as absent to them, and is told. */
static hmeval_status open_node(describer * self, node * at)
{
    hmeval_status status = HMEVAL_ABSENT;
    if (strcmp(at->name, "submodule")) status = get_present(self, at->type, "nestedTypes", &at->nested);
    if (status == HMEVAL_FAILED) hmeval_keep_field_error(self->walker, "type_info.nested");
    if (hmeval_costs_a_field(status) || status == HMEVAL_OK)
        status = get_present(self, at->type, "functor", &at->functor);
    if (status == HMEVAL_OK) status = get_present(self, at->functor, "payload", &at->payload);
    if (status == HMEVAL_FAILED) hmeval_keep_field_error(self->walker, "type_info.functor");
    return hmeval_costs_a_field(status) ? HMEVAL_OK : status;
}

static void close_node(describer * self, const node * at)
{
    hmeval_value_release(self->session, at->payload);
    hmeval_value_release(self->session, at->functor);
    hmeval_value_release(self->session, at->nested);
}

static hmeval_status read_name(describer * self, nix_value * type, hmeval_buffer * name)
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

static hmeval_status describe(describer * self, nix_value * type, const node * above)
{
    hmeval_buffer name = {0};
    node at = {.above = above, .type = type};
    ++self->types;
    hmeval_status status = read_name(self, type, &name);
    at.name = (const char *)name.bytes;
    if (status == HMEVAL_OK) status = open_node(self, &at);
    if (status == HMEVAL_OK) status = write_node(self, &at);
    close_node(self, &at);
    hmeval_buffer_free(&name);
    return status;
}

hmeval_status hmeval_write_type(hmeval_walker * walker, nix_value * type)
{
    describer self = {.walker = walker, .session = walker->session, .buffer = walker->buffer};
    return describe(&self, type, NULL);
}
