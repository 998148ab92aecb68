/* The official C API over Nix 2.8: store, evaluation state, evaluation. */
#include "compat.hh"

#include "eval.hh"
#include "finally.hh"

nix_err nix_libstore_init(nix_c_context * context)
{
    return nix_compat_guard(context, [] { nix::loadConfFile(); });
}

nix_err nix_libstore_init_no_load_config(nix_c_context * context)
{
    return context->code = NIX_OK;
}

nix_err nix_libexpr_init(nix_c_context * context)
{
    return nix_compat_guard(context, [] { nix::initGC(); });
}

Store * nix_store_open(nix_c_context * context, const char * uri, const char *** params)
{
    return nix_compat_guard<Store *>(context, nullptr, [&] {
        nix::Store::Params parameters;
        for (auto pair = params; pair && *pair; ++pair)
            parameters[(*pair)[0]] = (*pair)[1];
        auto chosen = uri && *uri ? std::string(uri) : nix::settings.storeUri.get();
        return new Store{nix::openStore(chosen, parameters)};
    });
}

void nix_store_free(Store * store)
{
    delete store;
}

struct nix_eval_state_builder {
    Store * store;
    nix::Strings lookup_path;
};

nix_eval_state_builder * nix_eval_state_builder_new(nix_c_context * context, Store * store)
{
    return nix_compat_guard<nix_eval_state_builder *>(
        context, nullptr, [&] { return new nix_eval_state_builder{store, {}}; });
}

void nix_eval_state_builder_free(nix_eval_state_builder * builder)
{
    delete builder;
}

/* The settings of evaluation are global here, and nix_libstore_init has read them. */
nix_err nix_eval_state_builder_load(nix_c_context * context, nix_eval_state_builder *)
{
    return context->code = NIX_OK;
}

nix_err nix_eval_state_builder_set_lookup_path(
    nix_c_context * context, nix_eval_state_builder * builder, const char ** lookup_path)
{
    return nix_compat_guard(context, [&] {
        for (auto entry = lookup_path; entry && *entry; ++entry)
            builder->lookup_path.push_back(*entry);
    });
}

EvalState * nix_eval_state_build(nix_c_context * context, nix_eval_state_builder * builder)
{
    return nix_compat_guard<EvalState *>(context, nullptr, [&] {
        /* The state points into the collector's memory, so it lies where the collector looks for pointers. */
        auto place = static_cast<EvalState *>(GC_MALLOC_UNCOLLECTABLE(sizeof(EvalState)));
        if (!place) throw std::bad_alloc();
        try {
            auto state = new (place) EvalState{nix::EvalState(builder->lookup_path, builder->store->store), {}};
            /* What nixpkgs asks for before it lets itself be evaluated (lib/minfeatures.nix); builtins.cc has what it
             * then uses. */
            state->state.getBuiltin("nixVersion").mkString("2.18.0-over-2.8.0");
            nix_compat_trace_time(state->state);
            return state;
        } catch (...) {
            GC_FREE(place);
            throw;
        }
    });
}

void nix_state_free(EvalState * state)
{
    if (!state) return;
    state->~EvalState();
    nix_compat_forget_copies();
    nix_compat_forget_builds();
    nix_compat_free_spare_references();
    GC_FREE(state);
}

nix_err nix_expr_eval_from_string(
    nix_c_context * context, EvalState * state, const char * expr, const char * path, nix_value * value)
{
    return nix_compat_guard(context, [&] {
        auto parsed = state->state.parseExprFromString(expr, path);
        state->state.eval(parsed, *value->value);
        state->state.forceValue(*value->value, nix::noPos);
    });
}

nix_err nix_value_call(nix_c_context * context, EvalState * state, nix_value * fn, nix_value * arg, nix_value * value)
{
    return nix_compat_guard(context, [&] {
        state->state.callFunction(*fn->value, *arg->value, *value->value, nix::noPos);
        state->state.forceValue(*value->value, nix::noPos);
    });
}

nix_err nix_value_force(nix_c_context * context, EvalState * state, nix_value * value)
{
    return nix_compat_guard(context, [&] { state->state.forceValue(*value->value, nix::noPos); });
}

void nix_compat_read_only(void)
{
    nix::settings.readOnlyMode = true;
}

void nix_gc_now(void)
{
    GC_gcollect();
}
