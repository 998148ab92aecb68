/* What read-only mode computes the store path of and does not copy: "${./folder}", builtins.path, toFile. Whoever then
 * reads such a path would be told that it is not valid, unless the store happens to hold it. So what it is a copy of is
 * remembered, and it is copied, into the store in use, once it is read. */
#include <dlfcn.h>

#include <map>
#include <variant>

#include "compat.hh"

#include "archive.hh"

namespace nix {
namespace {

struct CopyOfPath {
    std::string name;
    Path source;
    FileIngestionMethod method;
    HashType hash;
    std::shared_ptr<PathSet> chosen; /* by a filter; null: everything */
};

struct CopyOfText {
    std::string name, text;
    StorePathSet references;
};

/* The evaluator's own thread is the only one that evaluates. */
thread_local std::map<StorePath, std::variant<CopyOfPath, CopyOfText>> copies;

void copy(Store & store, const StorePath & path);

StorePath copied(Store & store, const CopyOfPath & copy)
{
    PathFilter filter = [&](const Path & path) { return !copy.chosen || copy.chosen->count(path); };
    return store.addToStore(copy.name, copy.source, copy.method, copy.hash, filter, NoRepair);
}

StorePath copied(Store & store, const CopyOfText & text)
{
    for (auto & reference : text.references)
        copy(store, reference);
    return store.addTextToStore(text.name, text.text, text.references, NoRepair);
}

/* Make a path valid that was only computed; all others stay what they are. */
void copy(Store & store, const StorePath & path)
{
    auto found = copies.find(path);
    if (found == copies.end()) return;
    if (!store.isValidPath(path)) {
        auto made = std::visit([&](auto & what) { return copied(store, what); }, found->second);
        if (made != path)
            throw Error("what '%s' is a copy of was changed during the evaluation", store.printStorePath(path));
    }
    copies.erase(path);
}

void copy_of(Store & store, const std::string & path)
{
    if (!copies.empty() && store.isInStore(path)) copy(store, store.toStorePath(path).first);
}

template <typename Function>
Function * original(const char * symbol)
{
    return reinterpret_cast<Function *>(dlsym(RTLD_NEXT, symbol));
}

} // namespace

#define STRING_ABI "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"

/* Called through libnixexpr's PLT, as EvalState::callFunction is (call_function.cc). */
__attribute__((visibility("default"))) Path EvalState::coerceToPath(const Pos & pos, Value & value, PathSet & context)
{
    static auto next = original<Path(EvalState *, const Pos &, Value &, PathSet &)>(
        "_ZN3nix9EvalState12coerceToPathERKNS_3PosERNS_5ValueERSt3setI" STRING_ABI "St4lessISC_ESaISC_EE");
    auto path = next(this, pos, value, context);
    copy_of(*store, path);
    return path;
}

__attribute__((visibility("default"))) StringMap EvalState::realiseContext(const PathSet & context)
{
    static auto next = original<StringMap(EvalState *, const PathSet &)>(
        "_ZN3nix9EvalState14realiseContextERKSt3setI" STRING_ABI "St4lessIS7_ESaIS7_EE");
    for (auto & element : context)
        copy_of(*store, element);
    return next(this, nix_compat_to_build(*this, context));
}

__attribute__((visibility("default"))) StorePath
Store::computeStorePathForText(std::string_view name, std::string_view text, const StorePathSet & references) const
{
    static auto next = original<StorePath(const Store *, std::string_view, std::string_view, const StorePathSet &)>(
        "_ZNK3nix5Store23computeStorePathForTextESt17basic_string_viewIcSt11char_traitsIcEES4_RKSt3setINS_9StorePathE"
        "St4lessIS6_ESaIS6_EE");
    auto path = next(this, name, text, references);
    if (nix_compat_is_evaluation(__builtin_return_address(0)))
        copies.emplace(path, CopyOfText{std::string(name), std::string(text), references});
    return path;
}

__attribute__((visibility("default"))) std::pair<StorePath, Hash> Store::computeStorePathForPath(
    std::string_view name, const Path & source, FileIngestionMethod method, HashType hash, PathFilter & filter) const
{
    using Signature = std::pair<StorePath, Hash>(
        const Store *, std::string_view, const Path &, FileIngestionMethod, HashType, PathFilter &);
    static auto next = original<Signature>(
        "_ZNK3nix5Store23computeStorePathForPathESt17basic_string_viewIcSt11char_traitsIcEERKNSt7__cxx1112"
        "basic_stringIcS3_SaIcEEENS_19FileIngestionMethodENS_8HashTypeERSt8functionIFbSA_EE");
    if (!nix_compat_is_evaluation(__builtin_return_address(0))) return next(this, name, source, method, hash, filter);
    nix_compat_trace_copy(source, method == FileIngestionMethod::Flat);
    if (filter.target_type() == defaultPathFilter.target_type()) {
        auto computed = next(this, name, source, method, hash, filter);
        copies.emplace(computed.first, CopyOfPath{std::string(name), source, method, hash, nullptr});
        return computed;
    }
    auto chosen = std::make_shared<PathSet>();
    PathFilter noting = [&](const Path & path) { return filter(path) && chosen->insert(path).second; };
    auto computed = next(this, name, source, method, hash, noting);
    copies.emplace(computed.first, CopyOfPath{std::string(name), source, method, hash, chosen});
    return computed;
}

} // namespace nix

void nix_compat_copy(nix::Store & store, const std::string & path)
{
    nix::copy_of(store, path);
}

void nix_compat_forget_copies(void)
{
    nix::copies.clear();
}
