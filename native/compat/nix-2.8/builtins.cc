/* Builtins that today's modules call and Nix 2.8 does not have, with the meaning that Nix 2.26 documents. Every
 * evaluation state has what is registered here; it has room for 128, of which 2.8 itself and this file take 121 at most.
 *
 * Left out: `outputOf`, which needs an experimental feature that 2.8 does not have; `fetchFinalTree`, which is internal.
 * Left as 2.8 has it, so that hmeval says what this engine's own nix-instantiate says: `toJSON` (floats in six digits,
 * 1.0 as 1), `replaceStrings` (evaluates every replacement), `genericClosure` (wants an operator for no items),
 * integers that overflow. */
#include <dlfcn.h>
#include <sys/stat.h>

#include "compat.hh"

#include "flake/flakeref.hh"
#include "hash.hh"
#include "primops.hh"
#include "url.hh"

namespace nix {
namespace {

Value & required(EvalState & state, Value & set, const char * name, const Pos & pos)
{
    auto attribute = set.attrs->get(state.symbols.create(name));
    if (!attribute) throw EvalError({.msg = hintfmt("attribute '%s' missing", name), .errPos = pos});
    return *attribute->value;
}

/* -- files --------------------------------------------------------------------------------------------------------- */

/* The path with what its context stands for; where evaluation is restricted, only one whose target is allowed. The
 * last part is not followed where it is a link. */
Path real_path(EvalState & state, const Pos & pos, Value & value)
{
    PathSet context;
    auto path = state.coerceToPath(pos, value, context);
    auto rewrites = state.realiseContext(context);
    auto real = state.toRealPath(rewriteStrings(path, rewrites), context);
    state.checkSourcePath(real);
    return canonPath(real);
}

void read_file_type(EvalState & state, const Pos & pos, Value ** args, Value & result)
{
    auto mode = lstat(real_path(state, pos, *args[0])).st_mode;
    result.mkString(S_ISREG(mode) ? "regular" : S_ISDIR(mode) ? "directory" : S_ISLNK(mode) ? "symlink" : "unknown");
}

/* -- contexts ------------------------------------------------------------------------------------------------------ */

/* A context's elements are written "path", "=path" (a derivation with its outputs) and "!output!path". */
std::string with_output_dependencies(const std::string & element, const Pos & pos)
{
    if (element[0] == '=') return element;
    if (element[0] == '!')
        throw EvalError({
            .msg = hintfmt(
                "`addDrvOutputDependencies` can only act on derivations, not on a derivation output such as '%1%'",
                element.substr(1, element.find('!', 1) - 1)),
            .errPos = pos,
        });
    if (!hasSuffix(element, drvExtension))
        throw EvalError({.msg = hintfmt("path '%s' is not a derivation", element), .errPos = pos});
    return "=" + element;
}

void add_drv_output_dependencies(EvalState & state, const Pos & pos, Value ** args, Value & result)
{
    PathSet context;
    auto text = state.coerceToString(pos, *args[0], context).toOwned();
    if (context.size() != 1)
        throw EvalError({
            .msg = hintfmt(
                "context of string '%s' must have exactly one element, but has %d", text, (int)context.size()),
            .errPos = pos,
        });
    result.mkString(text, PathSet{with_output_dependencies(*context.begin(), pos)});
}

/* -- hashes -------------------------------------------------------------------------------------------------------- */

Base hash_format(const std::string & name)
{
    if (name == "base16") return Base16;
    if (name == "nix32" || name == "base32") return Base32;
    if (name == "base64") return Base64;
    if (name == "sri") return SRI;
    throw UsageError("unknown hash format '%1%', expect 'base16', 'base32', 'base64', or 'sri'", name);
}

void convert_hash(EvalState & state, const Pos & pos, Value ** args, Value & result)
{
    state.forceAttrs(*args[0], pos);
    std::string hash(state.forceStringNoCtx(required(state, *args[0], "hash", pos), pos));
    std::optional<HashType> type;
    if (auto algorithm = args[0]->attrs->get(state.symbols.create("hashAlgo")))
        type = parseHashType(state.forceStringNoCtx(*algorithm->value, pos));
    std::string wanted(state.forceStringNoCtx(required(state, *args[0], "toHashFormat", pos), pos));
    auto format = hash_format(wanted);
    result.mkString(Hash::parseAny(hash, type).to_string(format, format == SRI));
}

/* -- messages ------------------------------------------------------------------------------------------------------ */

void give_second(EvalState & state, const Pos & pos, Value ** args, Value & result)
{
    state.forceValue(*args[1], pos);
    result = *args[1];
}

void evaluation_warning(EvalState & state, const Pos & pos, Value ** args, Value & result)
{
    auto message = state.forceString(*args[0], pos);
    logger->log(lvlWarn, fmt(ANSI_WARNING "evaluation warning:" ANSI_NORMAL " %s", message));
    give_second(state, pos, args, result);
}

/* No debugger ever runs here. */
void break_(EvalState & state, const Pos & pos, Value ** args, Value & result)
{
    state.forceValue(*args[0], pos);
    result = *args[0];
}

/* -- flake references ---------------------------------------------------------------------------------------------- */

struct ToValue {
    Value & result;
    void operator()(const std::string & text) const { result.mkString(text); }
    void operator()(uint64_t number) const { result.mkInt(number); }
    void operator()(const Explicit<bool> & flag) const { result.mkBool(flag.t); }
};

void to_set(EvalState & state, const fetchers::Attrs & attributes, Value & result)
{
    auto bindings = state.buildBindings(attributes.size());
    for (auto & [name, value] : attributes)
        std::visit(ToValue{bindings.alloc(name)}, value);
    result.mkAttrs(bindings);
}

void parse_flake_ref(EvalState & state, const Pos & pos, Value ** args, Value & result)
{
    std::string text(state.forceStringNoCtx(*args[0], pos));
    /* It looks which folders there are. */
    if (evalSettings.restrictEval) state.checkURI(text);
    to_set(state, parseFlakeRef(text, {}, true).toAttrs(), result);
}

fetchers::Attr to_attribute(EvalState & state, const Attr & attribute, const Pos & pos)
{
    auto & value = *attribute.value;
    state.forceValue(value, *attribute.pos);
    switch (value.type()) {
    case nString:
        return std::string(value.string.s);
    case nBool:
        return Explicit<bool>{value.boolean};
    case nInt:
        if (value.integer >= 0) return static_cast<uint64_t>(value.integer);
        throw EvalError({
            .msg = hintfmt("negative value given for flake ref attr %1%: %2%", attribute.name, value.integer),
            .errPos = pos,
        });
    default:
        throw EvalError({
            .msg = hintfmt(
                "flake reference attribute sets may only contain integers, Booleans, and strings, "
                "but attribute '%s' is %s",
                attribute.name, showType(value)),
            .errPos = pos,
        });
    }
}

void flake_ref_to_string(EvalState & state, const Pos & pos, Value ** args, Value & result)
{
    state.forceAttrs(*args[0], pos);
    fetchers::Attrs attributes;
    for (auto & attribute : *args[0]->attrs)
        attributes.emplace(attribute.name, to_attribute(state, attribute, pos));
    result.mkString(FlakeRef::fromAttrs(attributes).to_string());
}

/* -- fetchTree ----------------------------------------------------------------------------------------------------- */

PrimOpFun fetch_tree_of_set;

/* Text is the URL of an input, as in "path:/a" and "github:a/b"; 2.8 puts file:// before all that has no //. */
void fetch_tree(EvalState & state, const Pos & pos, Value ** args, Value & result)
{
    state.forceValue(*args[0], pos);
    if (args[0]->type() == nAttrs) return fetch_tree_of_set(state, pos, args, result);
    auto url = parseURL(std::string(state.forceStringNoCtx(*args[0], pos)));
    Value attributes;
    to_set(state, fetchers::Input::fromURL(url).toAttrs(), attributes);
    Value * set[] = {&attributes};
    fetch_tree_of_set(state, pos, set, result);
}

/* Before restrict.cc stands before it in turn, which looks at what is asked for. */
__attribute__((constructor(200))) void stand_before_fetch_tree()
{
    for (auto & builtin : *RegisterPrimOp::primOps)
        if (builtin.name == "fetchTree") fetch_tree_of_set = std::exchange(builtin.fun, fetch_tree);
}

/* -- a branch and a revision ---------------------------------------------------------------------------------------- */

/* Of a forge, which Nix ends the process for (libfetchers, GitArchiveInputScheme::toURL). */
void must_be_one(const fetchers::Input & input)
{
    static const std::set<std::string> forges{"github", "gitlab", "sourcehut"};
    if (forges.count(input.getType()) && input.getRef() && input.getRev())
        throw Error(
            "input '%s/%s' contains both a commit hash and a branch/tag name",
            fetchers::getStrAttr(input.attrs, "owner"), fetchers::getStrAttr(input.attrs, "repo"));
}

/* -- registration -------------------------------------------------------------------------------------------------- */

struct Builtin : RegisterPrimOp {
    Builtin(const char * name, size_t arity, PrimOpFun function, std::optional<ExperimentalFeature> feature = {})
        : RegisterPrimOp(
              Info{
                  .name = name,
                  .args = {},
                  .arity = arity,
                  .doc = nullptr,
                  .fun = function,
                  .experimentalFeature = feature})
    {
    }
};

const Builtin builtins[] = {
    {"__readFileType", 1, read_file_type},
    {"__addDrvOutputDependencies", 1, add_drv_output_dependencies},
    {"__convertHash", 1, convert_hash},
    {"__warn", 2, evaluation_warning},
    /* trace-verbose, which 2.8 has no setting for, is off by default. */
    {"__traceVerbose", 2, give_second},
    {"break", 1, break_},
    {"__parseFlakeRef", 1, parse_flake_ref, Xp::Flakes},
    {"__flakeRefToString", 1, flake_ref_to_string, Xp::Flakes},
};

} // namespace

/* Called through the PLT, as EvalState::callFunction is (call_function.cc). */
__attribute__((visibility("default"))) fetchers::Input fetchers::Input::fromAttrs(Attrs && attributes)
{
    using FromAttrs = Input(Attrs &&);
    static auto next = reinterpret_cast<FromAttrs *>(dlsym(
        RTLD_NEXT,
        "_ZN3nix8fetchers5Input9fromAttrsEOSt3mapINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"
        "St7variantIJS8_mNS_8ExplicitIbEEEESt4lessIS8_ESaISt4pairIKS8_SC_EEE"));
    auto input = next(std::move(attributes));
    must_be_one(input);
    return input;
}

} // namespace nix
