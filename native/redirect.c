/* Calls that Nix's libraries, and those of C++ that read for them, make of others, led to functions of ours: the places
 * where the dynamic linker has written what it found (ELF: global offset tables) get another address. That works
 * whatever a library was linked with, and for libc as well, which no library that is loaded later comes before. */
#if !defined(HMEVAL_COMPAT) && defined(__linux__)

#  define _GNU_SOURCE
#  include <elf.h>
#  include <link.h>
#  include <string.h>
#  include <sys/mman.h>
#  include <unistd.h>

#  define HMEVAL_INTERNAL
#  include "hmeval.h"

/* A relocation that makes a word hold the address of a symbol; on other processors none is known. */
#  if defined(__x86_64__)
static const unsigned address_relocations[] = {R_X86_64_64, R_X86_64_GLOB_DAT, R_X86_64_JUMP_SLOT};
#  elif defined(__aarch64__)
static const unsigned address_relocations[] = {R_AARCH64_ABS64, R_AARCH64_GLOB_DAT, R_AARCH64_JUMP_SLOT};
#  else
static const unsigned address_relocations[] = {0};
#  endif

/* What of a library this is about, from its dynamic section. */
typedef struct {
    ElfW(Addr) base, read_only, read_only_end; /* whole pages that cannot be written once the linker is done */
    const char * names;
    const ElfW(Sym) * symbols;
    const ElfW(Rela) * relocations[2];
    size_t counts[2];
} library;

typedef struct {
    hmeval_redirect * calls;
    size_t count;
    bool only_count, failed;
} redirection;

/* Some linkers leave addresses in the dynamic section relative to the library. */
static const void * absolute(const library * library, ElfW(Addr) address)
{
    return (const void *)(address < library->base ? address + library->base : address);
}

static void read_dynamic_section(library * library, const ElfW(Dyn) * entry)
{
    for (; entry->d_tag != DT_NULL; ++entry) {
        if (entry->d_tag == DT_STRTAB) library->names = absolute(library, entry->d_un.d_ptr);
        if (entry->d_tag == DT_SYMTAB) library->symbols = absolute(library, entry->d_un.d_ptr);
        if (entry->d_tag == DT_RELA) library->relocations[0] = absolute(library, entry->d_un.d_ptr);
        if (entry->d_tag == DT_JMPREL) library->relocations[1] = absolute(library, entry->d_un.d_ptr);
        if (entry->d_tag == DT_RELASZ) library->counts[0] = entry->d_un.d_val / sizeof(ElfW(Rela));
        if (entry->d_tag == DT_PLTRELSZ) library->counts[1] = entry->d_un.d_val / sizeof(ElfW(Rela));
    }
}

static ElfW(Addr) begin_of_page(ElfW(Addr) address)
{
    return address & ~(ElfW(Addr))(sysconf(_SC_PAGESIZE) - 1);
}

static library library_of(const struct dl_phdr_info * info)
{
    library library = {.base = info->dlpi_addr};
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const ElfW(Phdr) * segment = &info->dlpi_phdr[i];
        ElfW(Addr) begin = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_DYNAMIC) read_dynamic_section(&library, (const ElfW(Dyn) *)begin);
        if (segment->p_type != PT_GNU_RELRO) continue;
        library.read_only = begin_of_page(begin);
        library.read_only_end = begin_of_page(begin + segment->p_memsz);
    }
    return library;
}

static bool holds_an_address(const ElfW(Rela) * relocation)
{
    for (size_t i = 0; i < sizeof(address_relocations) / sizeof(*address_relocations); ++i)
        if (address_relocations[i] && ELF64_R_TYPE(relocation->r_info) == address_relocations[i]) return true;
    return false;
}

static bool write_address(const library * library, void ** place, void * function)
{
    ElfW(Addr) at = (ElfW(Addr))place;
    size_t size = sysconf(_SC_PAGESIZE);
    void * page = (void *)begin_of_page(at);
    bool is_read_only = library->read_only <= at && at < library->read_only_end;
    if (is_read_only && mprotect(page, size, PROT_READ | PROT_WRITE)) return false;
    __atomic_store_n(place, function, __ATOMIC_RELEASE);
    return !is_read_only || mprotect(page, size, PROT_READ) == 0;
}

static void redirect_one(redirection * redirection, const library * library, const ElfW(Rela) * relocation)
{
    const ElfW(Sym) * symbol = &library->symbols[ELF64_R_SYM(relocation->r_info)];
    const char * name = library->names + symbol->st_name;
    if (symbol->st_shndx != SHN_UNDEF) return; /* what a library calls of itself stays */
    for (size_t i = 0; i < redirection->count; ++i) {
        hmeval_redirect * call = &redirection->calls[i];
        if (*name != *call->name || strcmp(name, call->name)) continue;
        ++call->found;
        if (redirection->only_count) return;
        if (!write_address(library, (void **)(library->base + relocation->r_offset), call->function))
            redirection->failed = true;
    }
}

static bool is_wanted(const char * path)
{
    static const char * const beginnings[] = {"libnix", "libstdc++.so", "libboost_"};
    const char * slash = strrchr(path, '/');
    for (size_t i = 0; slash && i < sizeof(beginnings) / sizeof(*beginnings); ++i)
        if (!strncmp(slash + 1, beginnings[i], strlen(beginnings[i]))) return true;
    return false;
}

static int redirect_in(struct dl_phdr_info * info, size_t size, void * argument)
{
    (void)size;
    if (!is_wanted(info->dlpi_name)) return 0;
    library library = library_of(info);
    if (!library.names || !library.symbols) return 0;
    for (int table = 0; table < 2; ++table)
        for (size_t i = 0; library.relocations[table] && i < library.counts[table]; ++i)
            if (holds_an_address(&library.relocations[table][i]))
                redirect_one(argument, &library, &library.relocations[table][i]);
    return 0;
}

void hmeval_find_calls(hmeval_redirect * calls, size_t count)
{
    redirection redirection = {calls, count, .only_count = true};
    dl_iterate_phdr(redirect_in, &redirection);
}

bool hmeval_redirect_calls(hmeval_redirect * calls, size_t count)
{
    redirection redirection = {calls, count, .only_count = false};
    dl_iterate_phdr(redirect_in, &redirection);
    return !redirection.failed;
}

#endif
