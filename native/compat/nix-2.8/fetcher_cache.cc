/* The cache in which Nix 2.8's fetchers note where in the store a fetched tree is: one file for all stores of a user,
 * which makes a path of one store an error ("is not in the Nix store") for whoever uses another one. Later versions have
 * the store in the keys of the cache. So do stores other than /nix/store here; and what earlier versions of hmeval have
 * left there for the keys without it is fetched anew. */
#include <dlfcn.h>

#include "compat.hh"

#include "cache.hh"

namespace nix::fetchers {
namespace {

/* The store that programs use which do not know of any such keys. */
constexpr auto usual_store = "/nix/store";

Attrs of_store(Store & store, const Attrs & input)
{
    auto key = input;
    if (store.storeDir != usual_store) key.insert_or_assign("store", store.storeDir);
    return key;
}

struct CacheOfEachStore : Cache {
    const ref<Cache> whole;

    explicit CacheOfEachStore(ref<Cache> whole) : whole(whole) {}

    void add(ref<Store> store, const Attrs & input, const Attrs & info, const StorePath & path, bool locked) override
    {
        whole->add(store, of_store(*store, input), info, path, locked);
    }

    std::optional<std::pair<Attrs, StorePath>> lookup(ref<Store> store, const Attrs & input) override
    {
        try {
            return whole->lookup(store, of_store(*store, input));
        } catch (BadStorePath &) {
            return {};
        }
    }

    std::optional<Result> lookupExpired(ref<Store> store, const Attrs & input) override
    {
        try {
            return whole->lookupExpired(store, of_store(*store, input));
        } catch (BadStorePath &) {
            return {};
        }
    }
};

} // namespace

/* Called through libnixfetchers' PLT, as EvalState::callFunction is (call_function.cc). */
__attribute__((visibility("default"))) ref<Cache> getCache()
{
    static auto original = reinterpret_cast<ref<Cache> (*)()>(dlsym(RTLD_NEXT, "_ZN3nix8fetchers8getCacheEv"));
    static auto cache = std::make_shared<CacheOfEachStore>(original());
    return ref<Cache>(cache);
}

} // namespace nix::fetchers
