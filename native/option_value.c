/* Values of options and definitions, as they are shown: JSON where there is a form for them, otherwise Nix text; cut at
 * a size, packages by name. */
#include <stdlib.h>

#define HMEVAL_INTERNAL
#include "hmeval.h"

#define LARGEST_VALUE (32 * 1024)
#define MOST_FAILURES 100

/* At or before `place`: where a character of UTF-8 begins. */
static size_t start_of_character(const hmeval_buffer * text, size_t place)
{
    while (place && (text->bytes[place] & 0xc0) == 0x80)
        --place;
    return place;
}

static bool is_package(hmeval_walker * self, nix_value * value)
{
    nix_value * type;
    bool is = hmeval_get(self->session, value, "type", &type) == HMEVAL_OK
        && hmeval_string_is(self->session, type, "derivation");
    hmeval_value_release(self->session, type);
    return is;
}

/* Add a field that is a string; nothing where there is none. */
static hmeval_status add_string(
    hmeval_walker * self, nix_value * set, const char * name, const char * as, size_t * count)
{
    nix_value * value;
    hmeval_status status = hmeval_get(self->session, set, name, &value);
    if (status == HMEVAL_OK && hmeval_value_type(self->session, value) == HMEVAL_TYPE_STRING) {
        hmeval_pack_text(self->buffer, as);
        hmeval_pack_string(self->session, self->buffer, value);
        ++*count;
    } else if (status == HMEVAL_FAILED)
        hmeval_keep_field_error(self, as);
    hmeval_value_release(self->session, value);
    return hmeval_costs_a_field(status) ? HMEVAL_OK : status;
}

/* { name; store_path; }, the latter where few options are asked for. */
static hmeval_status pack_package(hmeval_walker * self, nix_value * package)
{
    size_t count = 0, place = hmeval_pack_open_map(self->buffer);
    hmeval_status status = add_string(self, package, "name", "name", &count);
    if (status == HMEVAL_OK && self->flags & HMEVAL_OPTIONS_FEW)
        status = add_string(self, package, "outPath", "store_path", &count);
    hmeval_pack_close(self->buffer, place, count);
    return status;
}

/* By `_type`, as nixpkgs (pkgs/top-level/stage.nix, lib/modules.nix) and Nix (call-flake.nix) give it. */
static const struct {
    const char *type, *text;
} known_sets[] = {
    {"pkgs", "«nixpkgs' packages»"},
    {"flake", "«a flake»"},
    {"configuration", "«an evaluated configuration»"},
    {"option", "«an option»"},
};

const char * hmeval_known_set(hmeval_session * session, nix_value * set)
{
    nix_value * type;
    const char * text = NULL;
    hmeval_status status = hmeval_get(session, set, "_type", &type);
    for (size_t i = 0; status == HMEVAL_OK && i < sizeof(known_sets) / sizeof(*known_sets); ++i)
        if (hmeval_string_is(session, type, known_sets[i].type)) text = known_sets[i].text;
    hmeval_value_release(session, type);
    if (!text && hmeval_has(session, set, "evalModules") && hmeval_has(session, set, "mkOption"))
        return "«nixpkgs' lib»";
    return text;
}

static void pack_truncated(hmeval_walker * self)
{
    hmeval_pack_text(self->buffer, "truncated");
    hmeval_pack_bool(self->buffer, true);
}

static void pack_failed(hmeval_walker * self, const hmeval_failures * failures)
{
    if (!failures->count) return;
    hmeval_pack_text(self->buffer, "failed");
    hmeval_pack_failures(self->buffer, failures);
}

/* { nix = text; truncated = true; package = …; failed = [ … ]; }: the second where the text was cut, the third where it
 * is one, the last where parts fail. */
static hmeval_status pack_value_as_nix(hmeval_walker * self, nix_value * value)
{
    hmeval_buffer text = {.limit = LARGEST_VALUE};
    hmeval_failures failures = {.most = MOST_FAILURES};
    hmeval_status status = hmeval_render(self->session, &text, value, &failures);
    bool truncated = status == (hmeval_status)HMEVAL_TOO_LARGE;
    bool cut = truncated || self->session->cut;
    size_t size = text.size > LARGEST_VALUE ? start_of_character(&text, LARGEST_VALUE) : text.size;
    bool package = status == HMEVAL_OK && is_package(self, value);
    hmeval_pack_map(self->buffer, 1 + cut + package + (failures.count > 0));
    hmeval_pack_text(self->buffer, "nix");
    hmeval_pack_bytes(self->buffer, text.bytes, size);
    if (cut) pack_truncated(self);
    pack_failed(self, &failures);
    hmeval_failures_free(&failures);
    hmeval_buffer_free(&text);
    if (truncated) return HMEVAL_OK;
    if (package) hmeval_pack_text(self->buffer, "package");
    return package ? pack_package(self, value) : status;
}

static bool has_name(hmeval_walker * self, nix_value * type, const char * name)
{
    nix_value * value;
    bool is = hmeval_get(self->session, type, "name", &value) == HMEVAL_OK
        && hmeval_string_is(self->session, value, name);
    hmeval_value_release(self->session, value);
    return is;
}

/* lazyAttrsOf raw promises that no attribute is evaluated: `_module.args` has the whole of pkgs and lib in it. */
bool hmeval_is_raw(hmeval_walker * self, nix_value * option)
{
    nix_value *type, *nested = NULL, *element = NULL;
    bool is = hmeval_get(self->session, option, "type", &type) == HMEVAL_OK && has_name(self, type, "lazyAttrsOf")
        && hmeval_get(self->session, type, "nestedTypes", &nested) == HMEVAL_OK
        && hmeval_get(self->session, nested, "elemType", &element) == HMEVAL_OK && has_name(self, element, "raw");
    hmeval_value_release(self->session, element);
    hmeval_value_release(self->session, nested);
    hmeval_value_release(self->session, type);
    return is;
}

/* { nix = "{ a = …; b = …; }"; truncated = true; } over several lines. */
static hmeval_status pack_names(hmeval_walker * self, nix_value * set)
{
    hmeval_buffer text = {0};
    hmeval_attribute * attributes;
    size_t count;
    hmeval_status status = hmeval_sorted_attributes(self->session, set, &attributes, &count);
    hmeval_append_text(&text, "{\n");
    for (size_t i = 0; status == HMEVAL_OK && i < count; ++i) {
        hmeval_append_text(&text, "  ");
        status = hmeval_render_name(self->session, &text, attributes[i].name);
        hmeval_append_text(&text, " = …;\n");
    }
    hmeval_append_text(&text, "}");
    hmeval_pack_map(self->buffer, 2);
    hmeval_pack_text(self->buffer, "nix");
    hmeval_pack_bytes(self->buffer, text.bytes, text.size);
    pack_truncated(self);
    hmeval_buffer_free(&text);
    free(attributes);
    return status;
}

static void pack_as_json(hmeval_walker * self, const hmeval_buffer * json, const hmeval_failures * failures)
{
    hmeval_pack_map(self->buffer, 1 + (failures->count > 0));
    hmeval_pack_text(self->buffer, "json");
    hmeval_append(self->buffer, json->bytes, json->size);
    pack_failed(self, failures);
}

/* { json = value; failed = [ … ]; } where the value is plain and not too large, otherwise its text. */
hmeval_status hmeval_pack_shown_value(hmeval_walker * self, nix_value * value)
{
    if (self->is_raw && hmeval_value_type(self->session, value) == HMEVAL_TYPE_SET) return pack_names(self, value);
    self->session->cut = false;
    hmeval_buffer json = {.limit = LARGEST_VALUE};
    hmeval_failures failures = {.most = MOST_FAILURES};
    hmeval_status status = hmeval_pack_value(self->session, &json, value, true, &failures);
    if (status == HMEVAL_OK) pack_as_json(self, &json, &failures);
    hmeval_failures_free(&failures);
    hmeval_buffer_free(&json);
    bool as_nix = status == (hmeval_status)HMEVAL_NOT_PLAIN || status == (hmeval_status)HMEVAL_TOO_LARGE;
    return as_nix ? pack_value_as_nix(self, value) : status;
}
