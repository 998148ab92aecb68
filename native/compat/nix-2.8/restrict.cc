/* What restricted evaluation (restrict-eval) lets through in Nix 2.8, closed. Without restriction nothing is different.
 *
 * - fetchTree looks at a set's `url` alone, getFlake fetches whatever it is asked for;
 * - findFile downloads the URIs in a search path, and tells whether a forbidden file exists;
 * - a file:// URI is compared with the allowed folders as it is written, and curl opens it with its escapes decoded. */
#include <dlfcn.h>

#include "compat.hh"

#include "fetchers.hh"
#include "filetransfer.hh"
#include "primops.hh"
#include "url.hh"

namespace nix {
namespace {

void must_be_unrestricted(const std::string & what)
{
    if (evalSettings.restrictEval) throw RestrictedPathError("access to %s is forbidden in restricted mode", what);
}

/* -- URIs ---------------------------------------------------------------------------------------------------------- */

using CheckURI = void(EvalState *, const std::string &);

const auto original_check_uri = reinterpret_cast<CheckURI *>(
    dlsym(RTLD_NEXT, "_ZN3nix9EvalState8checkURIERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"));

/* Nix 2.8 takes no prefix that is a scheme alone, as in "github:". */
bool is_of_allowed_scheme(const std::string & uri)
{
    auto prefixes = evalSettings.allowedUris.get();
    return std::any_of(prefixes.begin(), prefixes.end(), [&](auto & prefix) {
        return hasSuffix(prefix, ":") && hasPrefix(uri, prefix);
    });
}

/* -- fetchTree ----------------------------------------------------------------------------------------------------- */

fetchers::Attr to_attribute(EvalState & state, const Attr & attribute)
{
    auto & value = *attribute.value;
    state.forceValue(value, *attribute.pos);
    if (value.type() == nBool) return Explicit<bool>{value.boolean};
    if (value.type() == nInt) return static_cast<uint64_t>(value.integer);
    PathSet context;
    return state.coerceToString(*attribute.pos, value, context, false, false).toOwned();
}

fetchers::Attrs attributes_of(EvalState & state, Value & set)
{
    fetchers::Attrs attributes;
    for (auto & attribute : *set.attrs)
        attributes.emplace(attribute.name, to_attribute(state, attribute));
    return attributes;
}

/* Of what fetchTree is asked for: text, or a set. */
std::string input_uri(EvalState & state, const Pos & pos, Value & value)
{
    state.forceValue(value, pos);
    PathSet context;
    if (value.type() != nAttrs) return state.coerceToString(pos, value, context, false, false).toOwned();
    return fetchers::Input::fromAttrs(attributes_of(state, value)).toURLString();
}

PrimOpFun original_fetch_tree;

/* It looks at the attribute `url`, as fetchGit does, and at nothing else. */
void fetch_tree(EvalState & state, const Pos & pos, Value ** args, Value & result)
{
    if (evalSettings.restrictEval) state.checkURI(input_uri(state, pos, *args[0]));
    original_fetch_tree(state, pos, args, result);
}

/* -- flakes -------------------------------------------------------------------------------------------------------- */

PrimOpFun original_get_flake;

void get_flake(EvalState & state, const Pos & pos, Value ** args, Value & result)
{
    must_be_unrestricted("flakes");
    original_get_flake(state, pos, args, result);
}

/* -- findFile ------------------------------------------------------------------------------------------------------ */

/* Where an entry of a search path has a name: nothing where its prefix is another. */
std::optional<Path> candidate(const std::string & prefix, const std::string & folder, std::string_view name)
{
    if (prefix.empty()) return folder + "/" + std::string(name);
    if (name == prefix) return folder;
    if (!hasPrefix(name, prefix + "/")) return std::nullopt;
    return folder + std::string(name.substr(prefix.size()));
}

bool may_exist(EvalState & state, const Path & path)
{
    try {
        return pathExists(state.checkSourcePath(absPath(path)));
    } catch (SysError &) {
        return false;
    } catch (RestrictedPathError &) {
        return false;
    }
}

std::string text_attribute(EvalState & state, Value & set, const Symbol & name, const Pos & pos)
{
    auto attribute = set.attrs->get(name);
    PathSet context;
    return attribute ? state.coerceToString(pos, *attribute->value, context, false, false).toOwned() : "";
}

bool has_file(EvalState & state, Value & entry, std::string_view name, const Pos & pos)
{
    state.forceAttrs(entry, pos);
    auto folder = text_attribute(state, entry, state.sPath, pos);
    if (isUri(folder)) must_be_unrestricted("URI '" + folder + "'");
    auto path = candidate(text_attribute(state, entry, state.sPrefix, pos), folder, name);
    return path && may_exist(state, *path);
}

PrimOpFun original_find_file;

/* With those entries alone that have the file where it may be read. */
void find_file(EvalState & state, const Pos & pos, Value ** args, Value & result)
{
    if (!evalSettings.restrictEval) return original_find_file(state, pos, args, result);
    state.forceList(*args[0], pos);
    auto name = state.forceStringNoCtx(*args[1], pos);
    ValueVector kept;
    for (auto entry : args[0]->listItems())
        if (has_file(state, *entry, name, pos)) kept.push_back(entry);
    Value entries;
    state.mkList(entries, kept.size());
    std::copy(kept.begin(), kept.end(), entries.listElems());
    Value * filtered[] = {&entries, args[1]};
    original_find_file(state, pos, filtered, result);
}

/* -- in their place ------------------------------------------------------------------------------------------------ */

PrimOpFun replace(const std::string & name, PrimOpFun function)
{
    for (auto & builtin : *RegisterPrimOp::primOps)
        if (builtin.name == name) return std::exchange(builtin.fun, function);
    throw Error("Nix has no builtin '%s' to stand before", name);
}

/* Nix's own builtins are registered when its library is loaded: before this one. */
__attribute__((constructor)) void stand_before_the_originals()
{
    original_fetch_tree = replace("fetchTree", fetch_tree);
    original_find_file = replace("__findFile", find_file);
    original_get_flake = replace("__getFlake", get_flake);
}

} // namespace

/* Called through libnixexpr's PLT, as EvalState::callFunction is (call_function.cc). */
__attribute__((visibility("default"))) void EvalState::checkURI(const std::string & uri)
{
    if (!evalSettings.restrictEval || is_of_allowed_scheme(uri)) return;
    if (hasPrefix(uri, "/") || hasPrefix(uri, "file:")) must_be_unrestricted("URI '" + uri + "'");
    original_check_uri(this, uri);
}

} // namespace nix

/* As in native/interpose.c, which is for the C API: here the setting itself is looked at. */
extern "C" void hmeval_restrict(void) {}
