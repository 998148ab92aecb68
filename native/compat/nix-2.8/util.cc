/* The official C API over Nix 2.8: contexts, errors and settings. */
#include <cxxabi.h>

#include <sstream>

#include "compat.hh"

#include "logging.hh"
#include "util.hh"

namespace {

/* Endless recursion leaves thousands of frames, of which the ends say enough. */
constexpr size_t frames_kept_at_each_end = 40;

std::string class_of(const std::exception & error)
{
    int status = 0;
    std::unique_ptr<char, void (*)(void *)> name(
        abi::__cxa_demangle(typeid(error).name(), nullptr, nullptr, &status), std::free);
    return status == 0 ? name.get() : typeid(error).name();
}

void print_position(std::ostream & out, const std::optional<nix::ErrPos> & position)
{
    if (!position || !*position) return;
    auto file = position->origin == nix::foFile ? position->file : "«string»";
    out << "\n\n       at " << file << ":" << position->line << ":" << position->column << ":";
}

/* As nix::showErrorInfo prints it, but for the lines of source, which it would read from files for every frame. */
std::string report_of(const nix::ErrorInfo & info)
{
    std::ostringstream out;
    out << "error: " << info.msg.str();
    print_position(out, info.errPos);
    size_t frame = info.traces.size();
    for (auto trace = info.traces.rbegin(); trace != info.traces.rend(); ++trace, --frame) {
        if (frame > frames_kept_at_each_end && frame <= info.traces.size() - frames_kept_at_each_end) continue;
        out << "\n\n       … " << trace->hint.str();
        print_position(out, trace->pos);
    }
    return out.str();
}

/* BaseError::info() formats the whole report first, and reads a line of source, byte by byte, for each of its frames. */
struct Unformatted : nix::BaseError {
    static const nix::ErrorInfo & of(const nix::BaseError & error) { return error.*(&Unformatted::err); }
};

void record(nix_c_context * context, const nix::BaseError & error)
{
    auto & info = Unformatted::of(error);
    context->code = NIX_ERR_NIX_ERROR;
    context->class_name = class_of(error);
    context->message = info.msg.str();
    context->report = report_of(info);
}

void give(const std::string & text, nix_get_string_callback callback, void * user_data)
{
    callback(text.data(), text.size(), user_data);
}

} // namespace

nix_err nix_compat_fail(nix_c_context * context, nix_err code, const char * message) noexcept
{
    context->code = code;
    context->class_name.clear();
    context->message = message;
    context->report = message;
    return code;
}

nix_err nix_compat_catch(nix_c_context * context) noexcept
{
    try {
        throw;
    } catch (const nix::BaseError & error) {
        record(context, error);
    } catch (const std::exception & error) {
        nix_compat_fail(context, NIX_ERR_UNKNOWN, error.what());
        context->class_name = class_of(error);
    } catch (...) {
        nix_compat_fail(context, NIX_ERR_UNKNOWN, "an exception of an unknown kind");
    }
    return context->code;
}

nix_c_context * nix_c_context_create(void)
{
    return new (std::nothrow) nix_c_context;
}

void nix_c_context_free(nix_c_context * context)
{
    delete context;
}

nix_err nix_err_code(const nix_c_context * read_context)
{
    return read_context->code;
}

const char * nix_err_msg(nix_c_context *, const nix_c_context * read_context, unsigned int * n)
{
    if (n) *n = read_context->report.size();
    return read_context->report.c_str();
}

nix_err nix_err_info_msg(
    nix_c_context *, const nix_c_context * read_context, nix_get_string_callback callback, void * user_data)
{
    give(read_context->message, callback, user_data);
    return NIX_OK;
}

nix_err nix_err_name(
    nix_c_context *, const nix_c_context * read_context, nix_get_string_callback callback, void * user_data)
{
    give(read_context->class_name, callback, user_data);
    return NIX_OK;
}

nix_err nix_libutil_init(nix_c_context * context)
{
    context->code = NIX_OK;
    return NIX_OK;
}

nix_err nix_setting_set(nix_c_context * context, const char * key, const char * value)
{
    return nix_compat_guard(context, [&] {
        if (!nix::globalConfig.set(key, value)) nix_compat_fail(context, NIX_ERR_KEY, "Setting not found");
    });
}

nix_err nix_setting_get(nix_c_context * context, const char * key, nix_get_string_callback callback, void * user_data)
{
    return nix_compat_guard(context, [&] {
        std::map<std::string, nix::AbstractConfig::SettingInfo> settings;
        nix::globalConfig.getSettings(settings);
        auto setting = settings.find(key);
        if (setting == settings.end())
            nix_compat_fail(context, NIX_ERR_KEY, "Setting not found");
        else
            give(setting->second.value, callback, user_data);
    });
}

const char * nix_version_get(void)
{
    return nix::nixVersion.c_str();
}
