/* The official C API over Nix 2.8: values. */
#include <cstring>

#include "compat.hh"

namespace {

/* References come and go by the hundred thousand. Those that are free wait here, linked through `next_spare`; the
 * collector sees that they point to each other, and keeps nothing else for them. */
thread_local nix_value * spare_references = nullptr;

nix_value * allocate_reference()
{
    auto reference = spare_references;
    if (reference)
        spare_references = reference->next_spare;
    else
        reference = static_cast<nix_value *>(GC_MALLOC_UNCOLLECTABLE(sizeof(nix_value)));
    if (!reference) throw std::bad_alloc();
    return reference;
}

nix_value * reference_to(nix::Value * value)
{
    auto reference = allocate_reference();
    reference->value = value;
    reference->references = 1;
    return reference;
}

nix_value * evaluated(EvalState * state, nix::Value * value, const nix::Pos & position)
{
    state->state.forceValue(*value, position);
    return reference_to(value);
}

} // namespace

void nix_compat_free_spare_references()
{
    while (auto reference = spare_references) {
        spare_references = reference->next_spare;
        GC_FREE(reference);
    }
}

const nix::Symbol & SymbolCache::get(nix::SymbolTable & table, const char * name)
{
    /* Literals lie close together, at any distance: their addresses are spread by a multiplication (Knuth 6.4). */
    auto & entry = entries[(reinterpret_cast<uintptr_t>(name) * 0x9e3779b97f4a7c15) >> 54];
    /* Another text may have come to lie at the same address. */
    if (entry.name != name || static_cast<const std::string &>(entry.symbol) != name)
        entry = {name, table.create(name)};
    return entry.symbol;
}

nix_value * nix_alloc_value(nix_c_context * context, EvalState * state)
{
    return nix_compat_guard<nix_value *>(context, nullptr, [&] { return reference_to(state->state.allocValue()); });
}

nix_err nix_value_incref(nix_c_context * context, nix_value * value)
{
    ++value->references;
    return context->code = NIX_OK;
}

nix_err nix_value_decref(nix_c_context *, nix_value * value)
{
    if (--value->references == 0) {
        value->next_spare = spare_references;
        spare_references = value;
    }
    return NIX_OK;
}

ValueType nix_get_type(nix_c_context *, const nix_value * value)
{
    switch (value->value->type()) {
    case nix::nThunk:
        return NIX_TYPE_THUNK;
    case nix::nInt:
        return NIX_TYPE_INT;
    case nix::nFloat:
        return NIX_TYPE_FLOAT;
    case nix::nBool:
        return NIX_TYPE_BOOL;
    case nix::nString:
        return NIX_TYPE_STRING;
    case nix::nPath:
        return NIX_TYPE_PATH;
    case nix::nNull:
        return NIX_TYPE_NULL;
    case nix::nAttrs:
        return NIX_TYPE_ATTRS;
    case nix::nList:
        return NIX_TYPE_LIST;
    case nix::nFunction:
        return NIX_TYPE_FUNCTION;
    case nix::nExternal:
        return NIX_TYPE_EXTERNAL;
    }
    return NIX_TYPE_THUNK;
}

bool nix_get_bool(nix_c_context *, const nix_value * value)
{
    return value->value->boolean;
}

double nix_get_float(nix_c_context *, const nix_value * value)
{
    return value->value->fpoint;
}

int64_t nix_get_int(nix_c_context *, const nix_value * value)
{
    return value->value->integer;
}

nix_err nix_get_string(
    nix_c_context * context, const nix_value * value, nix_get_string_callback callback, void * user_data)
{
    auto text = value->value->string.s;
    callback(text, strlen(text), user_data);
    return context->code = NIX_OK;
}

const char * nix_get_path_string(nix_c_context *, const nix_value * value)
{
    return value->value->path;
}

unsigned int nix_get_list_size(nix_c_context *, const nix_value * value)
{
    return value->value->listSize();
}

unsigned int nix_get_attrs_size(nix_c_context *, const nix_value * value)
{
    return value->value->attrs->size();
}

nix_value * nix_get_list_byidx(nix_c_context * context, const nix_value * value, EvalState * state, unsigned int ix)
{
    return nix_compat_guard<nix_value *>(
        context, nullptr, [&] { return evaluated(state, value->value->listElems()[ix], nix::noPos); });
}

nix_value * nix_get_attr_byname(nix_c_context * context, const nix_value * value, EvalState * state, const char * name)
{
    return nix_compat_guard<nix_value *>(context, nullptr, [&]() -> nix_value * {
        auto attribute = value->value->attrs->get(state->symbols.get(state->state.symbols, name));
        if (attribute) return evaluated(state, attribute->value, *attribute->pos);
        nix_compat_fail(context, NIX_ERR_KEY, "missing attribute");
        return nullptr;
    });
}

bool nix_has_attr_byname(nix_c_context * context, const nix_value * value, EvalState * state, const char * name)
{
    return nix_compat_guard<bool>(context, false, [&] {
        return value->value->attrs->get(state->symbols.get(state->state.symbols, name)) != nullptr;
    });
}

nix_value * nix_get_attr_byidx(
    nix_c_context * context, nix_value * value, EvalState * state, unsigned int i, const char ** name)
{
    return nix_compat_guard<nix_value *>(context, nullptr, [&] {
        auto & attribute = (*value->value->attrs)[i];
        *name = static_cast<const std::string &>(attribute.name).c_str();
        return evaluated(state, attribute.value, *attribute.pos);
    });
}

const char * nix_get_attr_name_byidx(nix_c_context *, nix_value * value, EvalState *, unsigned int i)
{
    return static_cast<const std::string &>((*value->value->attrs)[i].name).c_str();
}

/* As in native/interpose.c, which is for the C API: here a getter that fails has taken no reference. */
extern "C" void hmeval_getter_begins(void) {}
extern "C" void hmeval_getter_failed(void) {}

nix_err nix_init_string(nix_c_context * context, nix_value * value, const char * str)
{
    return nix_compat_guard(context, [&] { value->value->mkString(std::string_view(str)); });
}
