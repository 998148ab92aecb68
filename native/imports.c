/* What a library imports: each function of another library whose address the dynamic linker has written into it (ELF:
 * global offset tables). Known functions can be led elsewhere there, and unknown ones are reported.
 *
 * Why this and no preloaded library: an evaluation in the caller's own process is traced like one in a worker, by the
 * same code; and it takes an unknown import to the light, which a preloaded library cannot see. */
#if defined(__linux__)

#  define _GNU_SOURCE
#  include <elf.h>
#  include <link.h>
#  include <stdio.h>
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

#  define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* What of a library this is about, from its program header and its dynamic section. */
typedef struct {
    const char * name; /* of its file, without folders; empty: the program itself */
    ElfW(Addr) base, begin, end;
    ElfW(Addr) read_only, read_only_end; /* whole pages that cannot be written once the linker is done */
    const char * strings;
    const ElfW(Sym) * symbols;
    const ElfW(Rela) * relocations[2];
    size_t counts[2];
} library;

enum { MOST_LIBRARIES = 96 };

/* Nix's libraries, and those of C++ that they are made of: each calls the others as its own. */
typedef struct {
    library all[MOST_LIBRARIES];
    size_t count;
    bool too_many;
} engine;

/* Some linkers leave addresses in the dynamic section relative to the library. */
static const void * absolute(const library * library, ElfW(Addr) address)
{
    return (const void *)(address < library->base ? address + library->base : address);
}

static void read_dynamic_section(library * library, const ElfW(Dyn) * entry)
{
    for (; entry->d_tag != DT_NULL; ++entry) {
        if (entry->d_tag == DT_STRTAB) library->strings = absolute(library, entry->d_un.d_ptr);
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
    const char * slash = strrchr(info->dlpi_name, '/');
    library library = {.name = slash ? slash + 1 : info->dlpi_name, .base = info->dlpi_addr, .begin = UINTPTR_MAX};
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const ElfW(Phdr) * segment = &info->dlpi_phdr[i];
        ElfW(Addr) begin = info->dlpi_addr + segment->p_vaddr, end = begin + segment->p_memsz;
        if (segment->p_type == PT_DYNAMIC) read_dynamic_section(&library, (const ElfW(Dyn) *)begin);
        if (segment->p_type == PT_LOAD && begin < library.begin) library.begin = begin;
        if (segment->p_type == PT_LOAD && end > library.end) library.end = end;
        if (segment->p_type != PT_GNU_RELRO) continue;
        library.read_only = begin_of_page(begin);
        library.read_only_end = begin_of_page(end);
    }
    return library;
}

static bool lies_in(const library * library, ElfW(Addr) address)
{
    return library->begin <= address && address < library->end;
}

/* The extension itself: whatever it is called, this is in it. */
static bool is_own(const library * library)
{
    return lies_in(library, (ElfW(Addr)) & library_of);
}

static bool begins_with(const char * text, const char * beginning)
{
    return !strncmp(text, beginning, strlen(beginning));
}

static bool is_of_the_engine(const library * library)
{
    static const char * const beginnings[] = {"libnix", "libstdc++.so", "libgcc_s.so", "libboost_"};
    for (size_t i = 0; i < COUNT(beginnings); ++i)
        if (begins_with(library->name, beginnings[i])) return true;
    return is_own(library);
}

static int collect(struct dl_phdr_info * info, size_t size, void * argument)
{
    (void)size;
    engine * engine = argument;
    library found = library_of(info);
    if (!found.strings || !found.symbols || !is_of_the_engine(&found)) return 0;
    engine->too_many = engine->count == MOST_LIBRARIES;
    if (!engine->too_many) engine->all[engine->count++] = found;
    return engine->too_many;
}

static bool is_provided_by(const engine * engine, ElfW(Addr) address)
{
    for (size_t i = 0; i < engine->count; ++i)
        if (lies_in(&engine->all[i], address)) return true;
    return false;
}

/* -- one import --------------------------------------------------------------------------------------------------- */

static bool holds_an_address(const ElfW(Rela) * relocation)
{
    for (size_t i = 0; i < COUNT(address_relocations); ++i)
        if (address_relocations[i] && ELF64_R_TYPE(relocation->r_info) == address_relocations[i]) return true;
    return false;
}

static bool write_address(const library * library, ElfW(Addr) * place, void * function)
{
    ElfW(Addr) at = (ElfW(Addr))place;
    size_t size = sysconf(_SC_PAGESIZE);
    void * page = (void *)begin_of_page(at);
    bool is_read_only = library->read_only <= at && at < library->read_only_end;
    if (is_read_only && mprotect(page, size, PROT_READ | PROT_WRITE)) return false;
    __atomic_store_n(place, (ElfW(Addr))function, __ATOMIC_RELEASE);
    return !is_read_only || mprotect(page, size, PROT_READ) == 0;
}

static void cut_ending(char * text, const char * ending)
{
    size_t length = strlen(text), end = strlen(ending);
    if (length > end && !strcmp(text + length - end, ending)) text[length - end] = '\0';
}

/* A function's name without what tells one variant of it from another, whose arguments begin alike: its checks of sizes
 * (__read_chk, __open_2), the width of its file offsets (open64), the C standard that it keeps to (__isoc23_strtol).
 * Names of C++ stay. */
static void plain_name(char * plain, size_t size, const char * name)
{
    bool is_variant = begins_with(name, "__");
    if (begins_with(name, "_Z"))
        is_variant = false;
    else
        while (*name == '_')
            ++name;
    if (is_variant && begins_with(name, "isoc") && strchr(name, '_')) name = strchr(name, '_') + 1;
    snprintf(plain, size, "%s", name);
    if (is_variant) cut_ending(plain, "_chk"), cut_ending(plain, "_2");
    cut_ending(plain, "64");
}

/* What the extension calls of the program around it, which is Python. */
static bool is_of_python(const library * library, const char * name)
{
    return is_own(library) && begins_with(*name == '_' ? name + 1 : name, "Py");
}

typedef struct {
    const engine * engine;
    hmeval_imports * imports;
} visit;

static void report(hmeval_imports * imports, const char * library, const char * name)
{
    if (*imports->unknown) return;
    snprintf(imports->unknown, sizeof(imports->unknown), "%s calls %s, which hmeval does not follow", library, name);
}

static void visit_import(visit * visit, const library * library, const ElfW(Rela) * relocation)
{
    const ElfW(Sym) * symbol = &library->symbols[ELF64_R_SYM(relocation->r_info)];
    ElfW(Addr) * place = (ElfW(Addr) *)(library->base + relocation->r_offset);
    const char * name = library->strings + symbol->st_name;
    char plain[256];
    void * function = NULL;
    /* What a library calls of itself; what is not there, and so is never called. */
    if (symbol->st_shndx != SHN_UNDEF || !*place) return;
    plain_name(plain, sizeof(plain), name);
    if (!visit->imports->find(plain, &function)) {
        if (!is_provided_by(visit->engine, *place) && !is_of_python(library, name))
            report(visit->imports, library->name, name);
    } else if (function && !is_own(library) && visit->imports->redirect) {
        if (!write_address(library, place, function)) visit->imports->failed = true;
    }
}

static void visit_imports(visit * visit, const library * library)
{
    for (int table = 0; table < 2; ++table)
        for (size_t i = 0; library->relocations[table] && i < library->counts[table]; ++i)
            if (holds_an_address(&library->relocations[table][i]))
                visit_import(visit, library, &library->relocations[table][i]);
}

static void report_incomprehensible(hmeval_imports * imports, const engine * engine)
{
    if (!*address_relocations)
        snprintf(imports->unknown, sizeof(imports->unknown), "what libraries call is not seen on this processor");
    else if (engine->too_many)
        snprintf(imports->unknown, sizeof(imports->unknown), "the engine has more libraries than hmeval follows");
}

void hmeval_visit_imports(hmeval_imports * imports)
{
    engine engine = {.count = 0};
    visit visit = {&engine, imports};
    dl_iterate_phdr(collect, &engine);
    report_incomprehensible(imports, &engine);
    for (size_t i = 0; i < engine.count; ++i)
        if (is_own(&engine.all[i]) || !imports->only || begins_with(engine.all[i].name, imports->only))
            visit_imports(&visit, &engine.all[i]);
}

#endif
