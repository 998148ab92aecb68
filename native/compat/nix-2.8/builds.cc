/* Import from derivation in read-only mode, which writes no derivation: Nix would say that it is not valid. What it was
 * to build is remembered, and read where it is built already, by whomever. */
#include <dlfcn.h>

#include <map>

#include "compat.hh"

#include "derivations.hh"

namespace nix {
namespace {

/* By derivation, its outputs by their names. The evaluator's own thread is the only one that evaluates. */
thread_local std::map<StorePath, std::map<std::string, StorePath>> outputs;

/* Whether an element of a context stands for an output that is there, of a derivation that is not. */
bool is_built(EvalState & state, const std::string & element)
{
    auto [path, name] = decodeContext(*state.store, element);
    auto known = outputs.find(path);
    if (name.empty() || known == outputs.end() || state.store->isValidPath(path)) return false;
    auto output = known->second.find(name);
    if (output == known->second.end() || !state.store->isValidPath(output->second)) return false;
    state.allowPath(output->second);
    return true;
}

} // namespace

/* Called through libnixexpr's PLT, as EvalState::callFunction is (call_function.cc). */
__attribute__((visibility("default"))) StorePath
writeDerivation(Store & store, const Derivation & derivation, RepairFlag repair, bool read_only)
{
    static auto next = reinterpret_cast<StorePath (*)(Store &, const Derivation &, RepairFlag, bool)>(
        dlsym(RTLD_NEXT, "_ZN3nix15writeDerivationERNS_5StoreERKNS_10DerivationENS_10RepairFlagEb"));
    auto path = next(store, derivation, repair, read_only);
    if (!read_only && !settings.readOnlyMode) return path;
    for (auto & [name, output] : derivation.outputsAndOptPaths(store))
        if (output.second) outputs[path].insert_or_assign(name, *output.second);
    return path;
}

} // namespace nix

nix::PathSet nix_compat_to_build(nix::EvalState & state, const nix::PathSet & context)
{
    if (!nix::evalSettings.enableImportFromDerivation) return context;
    nix::PathSet left;
    for (auto & element : context)
        if (!nix::is_built(state, element)) left.insert(element);
    return left;
}

void nix_compat_forget_builds(void)
{
    nix::outputs.clear();
}
