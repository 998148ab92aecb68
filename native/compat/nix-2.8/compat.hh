/* What the sources of the compatibility library share: the objects behind the C API's opaque handles. */
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "config.h"

#include "eval.hh"
#include "eval-inline.hh"
#include "globals.hh"
#include "store-api.hh"

#include "nix_api_value.h"

struct nix_c_context {
    nix_err code = NIX_OK;
    std::string class_name; /* of the exception, as in nix::ThrownError */
    std::string message;    /* what happened, and nothing else */
    std::string report;     /* message, positions and trace, as Nix prints them */
};

struct Store {
    nix::ref<nix::Store> store;
};

/* Symbols by the address of the text that asked for them, most often a literal: interning takes a hash and a search. */
class SymbolCache {
    static constexpr size_t size = 1024;
    struct Entry {
        const char * name = nullptr;
        nix::Symbol symbol;
    };
    std::array<Entry, size> entries;

public:
    const nix::Symbol & get(nix::SymbolTable & table, const char * name);
};

struct EvalState {
    nix::EvalState state;
    SymbolCache symbols;
};

/* Lives in the collector's memory, where it is scanned but never collected, so that it keeps `value` alive. */
struct nix_value {
    union {
        nix::Value * value;
        nix_value * next_spare;
    };
    size_t references;
};

/* Give back to the collector what nix_value_decref keeps on this thread for the next references. */
void nix_compat_free_spare_references();

/* Let the state's builtins.currentTime be noticed when it is evaluated (trace.cc). */
void nix_compat_trace_time(nix::EvalState & state);

/* Whether an address is in libnixexpr or in this library, which evaluate for it (trace.cc). */
bool nix_compat_is_evaluation(const void * caller);

/* Note what the store path of is computed: a file; what is in a folder is noted as it is read. */
void nix_compat_trace_copy(const std::string & path, bool is_file);

/* Make a path in the store valid that was only computed, before it is read (copies.cc). */
void nix_compat_copy(nix::Store & store, const std::string & path);

/* Nothing that this thread has computed is read any more (copies.cc). */
void nix_compat_forget_copies(void);

/* What of a context has to be built before it is read: what is not there (builds.cc). */
nix::PathSet nix_compat_to_build(nix::EvalState & state, const nix::PathSet & context);
void nix_compat_forget_builds(void);

/* Store the exception that is being handled in `context`. */
nix_err nix_compat_catch(nix_c_context * context) noexcept;
nix_err nix_compat_fail(nix_c_context * context, nix_err code, const char * message) noexcept;

/* Run `body`; an exception becomes an error in `context`, and the result is then `otherwise`. */
template <typename Result, typename Body>
Result nix_compat_guard(nix_c_context * context, Result otherwise, Body && body) noexcept
{
    context->code = NIX_OK;
    try {
        return body();
    } catch (...) {
        nix_compat_catch(context);
        return otherwise;
    }
}

template <typename Body>
nix_err nix_compat_guard(nix_c_context * context, Body && body) noexcept
{
    context->code = NIX_OK;
    try {
        body();
        return context->code;
    } catch (...) {
        return nix_compat_catch(context);
    }
}
