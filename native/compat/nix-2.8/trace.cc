/* What an evaluation reads, for the cache: each thing by its kind and name, and what was there before it was read.
 *
 * The functions here are exported by Nix's libraries and called through their PLTs, so that the definitions in this
 * library, which the dynamic linker looks at first (call_function.cc says why), see every call. What Nix's store and
 * fetchers read for themselves, the caller's address tells apart: only what libnixexpr and this library ask for is an
 * input, and what is copied into the store. */
#include <dlfcn.h>
#include <link.h>
#include <sys/stat.h>

#include <memory>
#include <set>
#include <vector>

#define HMEVAL_INTERNAL
#include "compat.hh"
extern "C" {
#include "hmeval.h"
}

#include "archive.hh"
#include "fetchers.hh"
#include "registry.hh"
#include "util.hh"

#define HMEVAL_EXPORT __attribute__((visibility("default")))

namespace {

using nix::Path;

struct Observation {
    const char * kind;
    std::string name;
    std::optional<struct stat> link, target; /* as lstat and stat had it; of what is no link they are the same */
    std::optional<std::string> text;         /* of an environment variable */
};

struct Trace {
    std::set<std::pair<const char *, std::string>> seen;
    std::vector<Observation> inputs;
};

/* The evaluator's own thread is the only one that evaluates. */
thread_local std::unique_ptr<Trace> trace;

/* Within a fetch that has its own way to tell what it depends on: nothing that it copies counts. */
thread_local bool fetching = false;

struct Fetching {
    const bool before = fetching;
    explicit Fetching(bool on) { fetching = before || on; }
    ~Fetching() { fetching = before; }
};

template <typename Function>
Function * original(const char * symbol)
{
    return reinterpret_cast<Function *>(dlsym(RTLD_NEXT, symbol));
}

/* -- who calls ----------------------------------------------------------------------------------------------------- */

/* Where a shared library lies in memory. */
struct Library {
    uintptr_t begin = 0, end = 0;
    bool holds(const void * address) const
    {
        auto at = reinterpret_cast<uintptr_t>(address);
        return begin <= at && at < end;
    }
};

int take_library_with(struct dl_phdr_info * info, size_t, void * wanted)
{
    auto library = static_cast<Library *>(wanted);
    Library found{UINTPTR_MAX, 0};
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        auto & segment = info->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD) continue;
        found.begin = std::min(found.begin, uintptr_t(info->dlpi_addr + segment.p_vaddr));
        found.end = std::max(found.end, uintptr_t(info->dlpi_addr + segment.p_vaddr + segment.p_memsz));
    }
    if (!found.holds(reinterpret_cast<void *>(library->begin))) return 0;
    *library = found;
    return 1;
}

Library library_with(const void * address)
{
    Library library{reinterpret_cast<uintptr_t>(address), 0};
    dl_iterate_phdr(take_library_with, &library);
    return library;
}

/* A function that no library here defines once more. */
const Library libnixexpr = library_with(dlsym(RTLD_NEXT, "_ZN3nix6initGCEv"));
const Library this_library = library_with(reinterpret_cast<const void *>(&take_library_with));
const Library libnixutil = library_with(dlsym(RTLD_NEXT, "_ZN3nix8readLineB5cxx11Ei"));

bool is_evaluation(const void * caller)
{
    return trace && nix_compat_is_evaluation(caller);
}

#define CALLER __builtin_return_address(0)

/* -- what is kept -------------------------------------------------------------------------------------------------- */

void keep(const char * kind, const std::string & name, const std::optional<std::string> & text = {})
{
    if (trace && trace->seen.emplace(kind, name).second) trace->inputs.push_back({kind, name, {}, {}, text});
}

void keep_path(const char * kind, const Path & path)
{
    if (!trace || !trace->seen.emplace(kind, path).second) return;
    Observation input{kind, path, {}, {}, {}};
    struct stat found;
    if (::lstat(path.c_str(), &found) == 0) {
        input.link = input.target = found;
        if (S_ISLNK(found.st_mode)) {
            input.target.reset();
            if (::stat(path.c_str(), &found) == 0) input.target = found;
        }
    }
    trace->inputs.push_back(std::move(input));
}

void keep_uncacheable(const std::string & reason)
{
    keep("uncacheable", reason);
}

/* What is copied into the store: all that `filter` lets through, each as it comes. */
nix::PathFilter kept_filter(const char * kind, nix::PathFilter & filter)
{
    return [kind, &filter](const Path & path) {
        bool copied = filter(path);
        if (copied && !fetching) keep_path(kind, path);
        return copied;
    };
}

void keep_fetch(const nix::fetchers::Input & input)
{
    if (!input.scheme) return; /* of a type that this Nix does not know, which Nix refuses */
    auto type = input.getType();
    auto source = input.getSourcePath();
    if (input.isLocked()) return;
    if (source && type == "path")
        keep_path("type", *source);
    else if (source && type == "git" && !input.getRef())
        keep("git", *source);
    else
        keep_uncacheable("what is fetched from " + input.to_string() + " is not locked to a revision or a hash");
}

/* -- the time ------------------------------------------------------------------------------------------------------ */

void current_time(nix::EvalState &, const nix::Pos &, nix::Value **, nix::Value & result)
{
    keep_uncacheable("it uses builtins.currentTime");
    result.mkInt(::time(nullptr));
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

void pack_input(hmeval_buffer * buffer, const Observation & input)
{
    hmeval_pack_input(
        buffer, input.kind, input.name.c_str(), input.link ? &*input.link : nullptr,
        input.target ? &*input.target : nullptr, input.text ? input.text->c_str() : nullptr);
}

} // namespace

bool nix_compat_is_evaluation(const void * caller)
{
    return libnixexpr.holds(caller) || this_library.holds(caller);
}

void nix_compat_trace_copy(const std::string & path, bool is_file)
{
    if (is_file) keep_path("file", path);
}

void nix_compat_trace_time(nix::EvalState & state)
{
    auto time = state.baseEnv.values[0]->attrs->get(state.symbols.create("currentTime"));
    if (!time) return; /* evaluation is pure */
    auto function = state.allocValue();
    function->mkPrimOp(new nix::PrimOp{.fun = current_time, .arity = 1, .name = state.symbols.create("currentTime")});
    time->value->mkApp(function, function);
}

/* The evaluator reads by the functions below, which are watched; and natively run code makes a result uncacheable. What
 * else its library imports of others must be harmless. So must what this extension imports, but for what reads here. */
static bool find_import(const char * name, void **)
{
    static const char * const own[] = {"dlopen", "lstat", "stat"};
    for (auto known : own)
        if (!strcmp(name, known)) return true;
    return hmeval_is_harmless(name);
}

extern "C" const char * hmeval_unknown_import(void)
{
    static const auto imports = [] {
        hmeval_imports imports{.find = find_import, .only = "libnixexpr.so"};
        hmeval_visit_imports(&imports);
        return imports;
    }();
    return *imports.unknown ? imports.unknown : nullptr;
}

extern "C" void hmeval_trace_start(void) {}

extern "C" void hmeval_trace_state(hmeval_session *) {}

extern "C" void hmeval_trace_begin(void)
{
    trace = std::make_unique<Trace>();
}

// Nothing else is read before the canary has been tried.
extern "C" void hmeval_trace_forget(const char *)
{
    hmeval_trace_begin();
}

extern "C" void hmeval_trace_end(void)
{
    trace.reset();
}

extern "C" void hmeval_pack_inputs(hmeval_buffer * buffer)
{
    if (!trace) return hmeval_pack_nil(buffer);
    if (nix::evalSettings.enableNativeCode) keep_uncacheable("evaluation is allowed to run native code");
    if (auto unknown = hmeval_unknown_import()) keep_uncacheable(unknown);
    if (auto reason = hmeval_other_home()) keep_uncacheable(reason);
    auto home = hmeval_home_at_start();
    keep("variable", "HOME", home ? std::optional<std::string>(home) : std::nullopt);
    hmeval_pack_array(buffer, trace->inputs.size());
    for (auto & input : trace->inputs)
        pack_input(buffer, input);
}

/* -- the functions that are watched -------------------------------------------------------------------------------- */

namespace nix {

#define STRING_ABI "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"

HMEVAL_EXPORT bool pathExists(const Path & path)
{
    static auto next = original<bool(const Path &)>("_ZN3nix10pathExistsERK" STRING_ABI);
    if (is_evaluation(CALLER)) keep_path("exists", path);
    return next(path);
}

HMEVAL_EXPORT struct stat lstat(const Path & path)
{
    static auto next = original<struct stat(const Path &)>("_ZN3nix5lstatERK" STRING_ABI);
    if (is_evaluation(CALLER)) keep_path("type", path);
    return next(path);
}

HMEVAL_EXPORT unsigned char getFileType(const Path & path)
{
    static auto next = original<unsigned char(const Path &)>("_ZN3nix11getFileTypeERK" STRING_ABI);
    if (is_evaluation(CALLER)) keep_path("type", path);
    return next(path);
}

HMEVAL_EXPORT Path readLink(const Path & path)
{
    static auto next = original<Path(const Path &)>("_ZN3nix8readLinkERK" STRING_ABI);
    if (is_evaluation(CALLER)) keep_path("type", path);
    return next(path);
}

HMEVAL_EXPORT DirEntries readDirectory(const Path & path)
{
    static auto next = original<DirEntries(const Path &)>("_ZN3nix13readDirectoryERK" STRING_ABI);
    if (is_evaluation(CALLER)) keep_path("listing", path);
    return next(path);
}

HMEVAL_EXPORT std::string readFile(const Path & path)
{
    static auto next = original<std::string(const Path &)>("_ZN3nix8readFileERK" STRING_ABI);
    if (is_evaluation(CALLER)) keep_path("file", path);
    return next(path);
}

HMEVAL_EXPORT Hash hashFile(HashType type, const Path & path)
{
    static auto next = original<Hash(HashType, const Path &)>("_ZN3nix8hashFileENS_8HashTypeERK" STRING_ABI);
    if (is_evaluation(CALLER)) keep_path("file", path);
    return next(type, path);
}

HMEVAL_EXPORT Path canonPath(PathView path, bool resolve_links)
{
    static auto next = original<Path(PathView, bool)>(
        "_ZN3nix9canonPathB5cxx11ESt17basic_string_viewIcSt11char_traitsIcEEb");
    if (path.empty()) throw Error("a path is empty"); /* Nix ends the process, for builtins.appendContext's sake, say */
    if (resolve_links && is_evaluation(CALLER)) keep_path("resolved", Path(path));
    return next(path, resolve_links);
}

HMEVAL_EXPORT std::optional<std::string> getEnv(const std::string & name)
{
    static auto next = original<std::optional<std::string>(const std::string &)>("_ZN3nix6getEnvERK" STRING_ABI);
    auto value = next(name);
    if (is_evaluation(CALLER)) keep("variable", name, value);
    return value;
}

HMEVAL_EXPORT void dumpPath(const Path & path, Sink & sink, PathFilter & filter)
{
    static auto next = original<void(const Path &, Sink &, PathFilter &)>("_ZN3nix8dumpPathERK" STRING_ABI
                                                                          "RNS_4SinkERSt8functionIFbS7_EE");
    if (!trace) return next(path, sink, filter);
    if (!fetching) keep_path("copied", path);
    auto kept = kept_filter("copied", filter);
    next(path, sink, kept);
}

/* For flakes of the type `path`: what they are told about themselves is the newest time stamp, too. */
HMEVAL_EXPORT time_t dumpPathAndGetMtime(const Path & path, Sink & sink, PathFilter & filter)
{
    static auto next = original<time_t(const Path &, Sink &, PathFilter &)>("_ZN3nix19dumpPathAndGetMtimeERK" STRING_ABI
                                                                            "RNS_4SinkERSt8functionIFbS7_EE");
    /* From dumpPath, which has kept it: Nix jumps from there to here, so that the caller is the one of that. */
    if (!trace || libnixutil.holds(CALLER) || this_library.holds(CALLER)) return next(path, sink, filter);
    if (!fetching) keep_path("dated", path);
    auto kept = kept_filter("dated", filter);
    return next(path, sink, kept);
}

HMEVAL_EXPORT std::string runProgram(
    Path program, bool search_path, const Strings & arguments, const std::optional<std::string> & input)
{
    static auto next = original<std::string(Path, bool, const Strings &, const std::optional<std::string> &)>(
        "_ZN3nix10runProgramE" STRING_ABI "bRKNS0_4listIS5_SaIS5_EEERKSt8optionalIS5_E");
    if (is_evaluation(CALLER)) keep_uncacheable("it runs the program " + program);
    return next(program, search_path, arguments, input);
}

namespace fetchers {

HMEVAL_EXPORT std::pair<Tree, Input> Input::fetch(ref<Store> store) const
{
    static auto next = original<std::pair<Tree, Input>(const Input *, ref<Store>)>(
        "_ZNK3nix8fetchers5Input5fetchENS_3refINS_5StoreEEE");
    if (auto source = scheme ? getSourcePath() : std::nullopt) nix_compat_copy(*store, *source);
    if (trace && !fetching) keep_fetch(*this);
    Fetching fetching_now(getType() != "path");
    return next(this, store);
}

#define DOWNLOAD_ABI \
    "ENS_3refINS_5StoreEEERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESB_bRKSt6vectorISt4pairIS9_S9_ESaISE_" \
    "EE"

HMEVAL_EXPORT DownloadFileResult
downloadFile(ref<Store> store, const std::string & url, const std::string & name, bool locked, const Headers & headers)
{
    static auto next =
        original<DownloadFileResult(ref<Store>, const std::string &, const std::string &, bool, const Headers &)>(
            "_ZN3nix8fetchers12downloadFile" DOWNLOAD_ABI);
    if (is_evaluation(CALLER) && !locked) keep_uncacheable("what is fetched from " + url + " has no hash");
    Fetching fetching_now(true);
    return next(store, url, name, locked, headers);
}

HMEVAL_EXPORT std::pair<Tree, time_t> downloadTarball(
    ref<Store> store, const std::string & url, const std::string & name, bool locked, const Headers & headers)
{
    static auto next =
        original<std::pair<Tree, time_t>(ref<Store>, const std::string &, const std::string &, bool, const Headers &)>(
            "_ZN3nix8fetchers15downloadTarball" DOWNLOAD_ABI);
    if (is_evaluation(CALLER) && !locked) keep_uncacheable("what is fetched from " + url + " has no hash");
    Fetching fetching_now(true);
    return next(store, url, name, locked, headers);
}

HMEVAL_EXPORT std::pair<nix::fetchers::Input, Attrs> lookupInRegistries(
    ref<Store> store, const nix::fetchers::Input & input)
{
    static auto next = original<std::pair<nix::fetchers::Input, Attrs>(ref<Store>, const nix::fetchers::Input &)>(
        "_ZN3nix8fetchers18lookupInRegistriesB5cxx11ENS_3refINS_5StoreEEERKNS0_5InputE");
    if (is_evaluation(CALLER)) keep_uncacheable("flake registries say what " + input.to_string() + " is");
    return next(store, input);
}

} // namespace fetchers
} // namespace nix
