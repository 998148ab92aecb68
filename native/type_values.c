/* What the values of a type are: its words, an enum's members, bounds, patterns and the like. */
#include <string.h>

#define HMEVAL_INTERNAL
#include "hmeval.h"

/* The rest of a name that begins so; NULL for another. */
static const char * after(const char * name, const char * beginning)
{
    size_t size = strlen(beginning);
    return strncmp(name, beginning, size) ? NULL : name + size;
}

hmeval_status hmeval_get_present(hmeval_walker * self, nix_value * set, const char * name, nix_value ** result)
{
    *result = NULL;
    hmeval_status status = set ? hmeval_get(self->session, set, name, result) : HMEVAL_ABSENT;
    if (status != HMEVAL_OK || hmeval_value_type(self->session, *result) != HMEVAL_TYPE_NULL) return status;
    hmeval_value_release(self->session, *result);
    *result = NULL;
    return HMEVAL_ABSENT;
}

static hmeval_status pack_present(hmeval_walker * self, nix_value * set, const char * name)
{
    nix_value * value;
    hmeval_status status = hmeval_get_present(self, set, name, &value);
    if (status == HMEVAL_OK) status = hmeval_pack_value(self->session, self->buffer, value, false, NULL);
    hmeval_value_release(self->session, value);
    return status;
}

hmeval_status hmeval_write_type_description(hmeval_walker * self, const hmeval_type_node * at)
{
    return pack_present(self, at->type, "description");
}

hmeval_status hmeval_write_placeholder(hmeval_walker * self, const hmeval_type_node * at)
{
    return pack_present(self, at->payload, "placeholder");
}

/* -- what an enum holds ------------------------------------------------------------------------------------------- */

/* The value itself; { nix = text; } where JSON has no form for it. */
static hmeval_status pack_member(hmeval_walker * self, nix_value * member)
{
    size_t before = self->buffer->size;
    hmeval_buffer text = {0};
    hmeval_status status = hmeval_pack_value(self->session, self->buffer, member, true, NULL);
    if (status != (hmeval_status)HMEVAL_NOT_PLAIN) return status;
    self->buffer->size = before;
    status = hmeval_render(self->session, &text, member, NULL);
    hmeval_pack_map(self->buffer, 1);
    hmeval_pack_text(self->buffer, "nix");
    hmeval_pack_bytes(self->buffer, text.bytes, text.size);
    hmeval_buffer_free(&text);
    return status;
}

static hmeval_status pack_members(hmeval_walker * self, nix_value * members)
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
hmeval_status hmeval_write_members(hmeval_walker * self, const hmeval_type_node * at)
{
    nix_value * members = NULL;
    if (strcmp(at->name, "enum") || !at->payload) return HMEVAL_ABSENT;
    if (hmeval_value_type(self->session, at->payload) == HMEVAL_TYPE_LIST) return pack_members(self, at->payload);
    hmeval_status status = hmeval_get_present(self, at->payload, "values", &members);
    if (status == HMEVAL_OK) status = pack_members(self, members);
    hmeval_value_release(self->session, members);
    return status;
}

/* -- numbers and texts -------------------------------------------------------------------------------------------- */

static hmeval_status pack_json(hmeval_walker * self, const char * text, size_t size)
{
    hmeval_buffer json = {0};
    nix_value *string = NULL, *value = NULL;
    hmeval_append(&json, text, size);
    hmeval_append(&json, "", 1);
    hmeval_status status = hmeval_buffer_status(&json);
    if (status == HMEVAL_OK) status = hmeval_value_string(self->session, (const char *)json.bytes, &string);
    if (status == HMEVAL_OK) status = hmeval_call_builtin(self->session, HMEVAL_FROM_JSON, string, &value);
    if (status == HMEVAL_OK) status = hmeval_pack_value(self->session, self->buffer, value, false, NULL);
    hmeval_value_release(self->session, value);
    hmeval_value_release(self->session, string);
    hmeval_buffer_free(&json);
    return status;
}

static void open_bounds(hmeval_walker * self, size_t count, const char * from)
{
    hmeval_pack_map(self->buffer, count + 1);
    hmeval_pack_text(self->buffer, "from");
    hmeval_pack_text(self->buffer, from);
}

/* "… between 0 and 255 (both inclusive)", as nixpkgs' lib/types.nix describes ints.between and numbers.between. */
static hmeval_status pack_described_bounds(hmeval_walker * self, const char * description)
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

static hmeval_status pack_bounds_from_description(hmeval_walker * self, nix_value * type)
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

hmeval_status hmeval_write_bounds(hmeval_walker * self, const hmeval_type_node * at)
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
static hmeval_status pack_quoted_pattern(hmeval_walker * self, const char * quoted)
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

hmeval_status hmeval_write_pattern(hmeval_walker * self, const hmeval_type_node * at)
{
    const char * quoted = after(at->name, "strMatching ");
    if (!quoted) return HMEVAL_ABSENT;
    hmeval_status status = pack_present(self, at->payload, "pattern");
    return status == HMEVAL_ABSENT ? pack_quoted_pattern(self, quoted) : status;
}

/* Before nixpkgs 25.05 the payload itself is the separator. */
hmeval_status hmeval_write_separator(hmeval_walker * self, const hmeval_type_node * at)
{
    if (strcmp(at->name, "separatedString") || !at->payload) return HMEVAL_ABSENT;
    if (hmeval_value_type(self->session, at->payload) == HMEVAL_TYPE_STRING)
        return hmeval_pack_value(self->session, self->buffer, at->payload, false, NULL);
    return pack_present(self, at->payload, "sep");
}

hmeval_status hmeval_write_absolute(hmeval_walker * self, const hmeval_type_node * at)
{
    return strcmp(at->name, "path") ? HMEVAL_ABSENT : pack_present(self, at->payload, "absolute");
}

hmeval_status hmeval_write_in_store(hmeval_walker * self, const hmeval_type_node * at)
{
    return strcmp(at->name, "path") ? HMEVAL_ABSENT : pack_present(self, at->payload, "inStore");
}
