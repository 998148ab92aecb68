/* Whole values as MessagePack, by the rules of Nix's JSON (libexpr/value-to-json.cc): `__toString` is called, a set with
 * `outPath` stands for it. Paths, derivations and functions become extensions. */
#include <stdlib.h>

#define HMEVAL_INTERNAL
#include "hmeval.h"

/* The msgpack package for Python reads 1,024 levels; a value that refers to itself has no end. */
#define DEEPEST 1000

typedef struct {
    hmeval_session * session;
    hmeval_buffer * buffer;
    bool plain;
    int depth;
    hmeval_failures * failures; /* NULL: a part that fails ends it */
    const hmeval_part * at;
} packer;

static hmeval_status pack(packer * self, nix_value * value);

static hmeval_status too_deep(packer * self)
{
    return hmeval_fail(
        self->session, "nix::EvalError", "stack overflow: the value is nested more than 1000 levels deep");
}

static hmeval_status pack_path(packer * self, nix_value * value)
{
    if (self->plain) return HMEVAL_NOT_PLAIN;
    hmeval_buffer text = {0};
    hmeval_append_text(&text, nix_get_path_string(self->session->context, value));
    hmeval_pack_extension(self->buffer, HMEVAL_EXT_PATH, text.bytes, text.size);
    hmeval_buffer_free(&text);
    return HMEVAL_OK;
}

static hmeval_status pack_function(packer * self)
{
    if (self->plain) return HMEVAL_NOT_PLAIN;
    hmeval_pack_extension(self->buffer, HMEVAL_EXT_FUNCTION, "", 0);
    return HMEVAL_OK;
}

/* Pack a part, `value`, if getting it went well (`got`). One that fails leaves its error in its place. */
static hmeval_status pack_part(packer * self, hmeval_status got, nix_value * value)
{
    size_t before = self->buffer->size;
    hmeval_status status = got == HMEVAL_OK ? pack(self, value) : got;
    if (status != HMEVAL_FAILED) return status;
    status = hmeval_keep_failure(self->session, self->failures, self->at);
    if (status != HMEVAL_OK) return status;
    hmeval_buffer number = {0};
    hmeval_pack_int(&number, (int64_t)self->failures->count - 1);
    self->buffer->size = before;
    hmeval_pack_extension(self->buffer, HMEVAL_EXT_FAILURE, number.bytes, number.size);
    hmeval_buffer_free(&number);
    return hmeval_buffer_status(self->buffer);
}

static hmeval_status pack_element(packer * self, nix_value * list, size_t index)
{
    const hmeval_part * above = self->at;
    nix_value * element;
    if (hmeval_is_late(self->session)) return HMEVAL_TOO_LARGE;
    self->at = &(hmeval_part){.above = above, .index = index};
    double until = hmeval_begin_part(self->session, self->at);
    hmeval_status got = hmeval_value_element(self->session, list, index, &element);
    hmeval_status status = pack_part(self, got, element);
    hmeval_end_part(self->session, until);
    self->at = above;
    hmeval_value_release(self->session, element);
    return status;
}

static hmeval_status pack_list(packer * self, nix_value * list)
{
    size_t size = hmeval_value_size(self->session, list);
    hmeval_status status = HMEVAL_OK;
    hmeval_pack_array(self->buffer, size);
    for (size_t i = 0; status == HMEVAL_OK && i < size; ++i)
        status = pack_element(self, list, i);
    return status;
}

static hmeval_status pack_attribute(packer * self, nix_value * set, hmeval_attribute attribute)
{
    const hmeval_part * above = self->at;
    nix_value * value;
    if (hmeval_is_late(self->session)) return HMEVAL_TOO_LARGE;
    hmeval_pack_text(self->buffer, attribute.name);
    self->at = &(hmeval_part){.above = above, .name = attribute.name};
    double until = hmeval_begin_part(self->session, self->at);
    hmeval_status got = hmeval_attribute_value(self->session, set, attribute, &value);
    hmeval_status status = pack_part(self, got, value);
    hmeval_end_part(self->session, until);
    self->at = above;
    hmeval_value_release(self->session, value);
    return status;
}

static hmeval_status pack_attributes(packer * self, nix_value * set)
{
    hmeval_attribute * attributes;
    size_t count;
    hmeval_status status = hmeval_sorted_attributes(self->session, set, &attributes, &count);
    hmeval_pack_map(self->buffer, count);
    for (size_t i = 0; status == HMEVAL_OK && i < count; ++i)
        status = pack_attribute(self, set, attributes[i]);
    free(attributes);
    return status;
}

static hmeval_status pack_coerced(packer * self, nix_value * value);

static hmeval_status pack_to_string(packer * self, nix_value * set, nix_value * to_string)
{
    nix_value * text;
    hmeval_status status = hmeval_call(self->session, to_string, set, &text);
    if (status == HMEVAL_OK) status = pack_coerced(self, text);
    hmeval_value_release(self->session, text);
    return status;
}

static hmeval_status pack_coerced_set(packer * self, nix_value * set)
{
    nix_value * special;
    hmeval_status status = hmeval_get(self->session, set, "__toString", &special);
    if (status == HMEVAL_OK)
        status = pack_to_string(self, set, special);
    else if (status == HMEVAL_ABSENT && (status = hmeval_get(self->session, set, "outPath", &special)) == HMEVAL_OK)
        status = pack_coerced(self, special);
    else if (status == HMEVAL_ABSENT)
        status = hmeval_fail(self->session, "nix::TypeError", "cannot coerce a set to a string");
    hmeval_value_release(self->session, special);
    return status;
}

/* What `__toString` returns must be a string, or something that stands for one: it becomes a string. */
static hmeval_status pack_coerced(packer * self, nix_value * value)
{
    if (self->depth == DEEPEST) return too_deep(self);
    switch (hmeval_value_type(self->session, value)) {
    case HMEVAL_TYPE_STRING:
        hmeval_pack_string(self->session, self->buffer, value);
        return HMEVAL_OK;
    case HMEVAL_TYPE_PATH:
        hmeval_pack_text(self->buffer, nix_get_path_string(self->session->context, value));
        return HMEVAL_OK;
    case HMEVAL_TYPE_SET: {
        ++self->depth;
        hmeval_status status = pack_coerced_set(self, value);
        --self->depth;
        return status;
    }
    default:
        return hmeval_fail(self->session, "nix::TypeError", "cannot coerce what __toString returns to a string");
    }
}

static bool is_derivation(packer * self, nix_value * set)
{
    nix_value * type;
    bool is = hmeval_get(self->session, set, "type", &type) == HMEVAL_OK
        && hmeval_string_is(self->session, type, "derivation");
    hmeval_value_release(self->session, type);
    return is;
}

static void pack_string_or_nil(packer * self, hmeval_buffer * buffer, nix_value * set, const char * name)
{
    nix_value * value;
    hmeval_status status = hmeval_get(self->session, set, name, &value);
    if (status == HMEVAL_OK && hmeval_value_type(self->session, value) == HMEVAL_TYPE_STRING)
        hmeval_pack_string(self->session, buffer, value);
    else
        hmeval_pack_nil(buffer);
    hmeval_value_release(self->session, value);
}

static hmeval_status pack_derivation(packer * self, nix_value * set)
{
    hmeval_buffer fields = {0};
    hmeval_pack_array(&fields, 3);
    pack_string_or_nil(self, &fields, set, "name");
    pack_string_or_nil(self, &fields, set, "outPath");
    pack_string_or_nil(self, &fields, set, "drvPath");
    hmeval_pack_extension(self->buffer, HMEVAL_EXT_DERIVATION, fields.bytes, fields.size);
    hmeval_status status = hmeval_buffer_status(&fields);
    hmeval_buffer_free(&fields);
    return status;
}

static hmeval_status pack_out_path(packer * self, nix_value * set, nix_value * out_path)
{
    bool text = hmeval_value_type(self->session, out_path) == HMEVAL_TYPE_STRING;
    return text && is_derivation(self, set) ? pack_derivation(self, set) : pack(self, out_path);
}

static hmeval_status pack_set(packer * self, nix_value * set)
{
    nix_value * special;
    if (self->plain && hmeval_known_set(self->session, set)) return HMEVAL_NOT_PLAIN;
    hmeval_status status = hmeval_get(self->session, set, "__toString", &special);
    if (status == HMEVAL_OK)
        status = pack_to_string(self, set, special);
    else if (status == HMEVAL_ABSENT && self->plain && is_derivation(self, set))
        status = (hmeval_status)HMEVAL_NOT_PLAIN; /* its path may take the whole of nixpkgs to evaluate */
    else if (status == HMEVAL_ABSENT && (status = hmeval_get(self->session, set, "outPath", &special)) == HMEVAL_OK)
        status = pack_out_path(self, set, special);
    else if (status == HMEVAL_ABSENT)
        status = pack_attributes(self, set);
    hmeval_value_release(self->session, special);
    return status;
}

static hmeval_status pack_scalar(packer * self, nix_value * value, hmeval_type type)
{
    nix_c_context * context = self->session->context;
    if (type == HMEVAL_TYPE_INT)
        hmeval_pack_int(self->buffer, nix_get_int(context, value));
    else if (type == HMEVAL_TYPE_FLOAT)
        hmeval_pack_double(self->buffer, nix_get_float(context, value));
    else if (type == HMEVAL_TYPE_BOOL)
        hmeval_pack_bool(self->buffer, nix_get_bool(context, value));
    else if (type == HMEVAL_TYPE_STRING)
        hmeval_pack_string(self->session, self->buffer, value);
    else
        hmeval_pack_nil(self->buffer);
    return HMEVAL_OK;
}

static hmeval_status pack_by_type(packer * self, nix_value * value)
{
    hmeval_type type = hmeval_value_type(self->session, value);
    switch (type) {
    case HMEVAL_TYPE_SET:
        return pack_set(self, value);
    case HMEVAL_TYPE_LIST:
        return pack_list(self, value);
    case HMEVAL_TYPE_PATH:
        return pack_path(self, value);
    case HMEVAL_TYPE_LAMBDA:
    case HMEVAL_TYPE_EXTERNAL:
        return pack_function(self);
    default:
        return pack_scalar(self, value, type);
    }
}

static hmeval_status pack(packer * self, nix_value * value)
{
    if (self->depth == DEEPEST) return too_deep(self);
    ++self->depth;
    hmeval_status status = pack_by_type(self, value);
    --self->depth;
    return status == HMEVAL_OK ? hmeval_buffer_status(self->buffer) : status;
}

hmeval_status hmeval_pack_value(
    hmeval_session * session, hmeval_buffer * buffer, nix_value * value, bool plain, hmeval_failures * failures)
{
    packer self = {.session = session, .buffer = buffer, .plain = plain, .failures = failures};
    return pack(&self, value);
}
