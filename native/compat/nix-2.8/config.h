/* What Nix 2.8.0's headers expect of the configuration that Debian 12 built it with. */
#pragma once

#define HAVE_BOEHMGC 1
#define HAVE_STRUCT_DIRENT_D_TYPE 1
#define PACKAGE_VERSION "2.8.0"
#ifndef SYSTEM
#  define SYSTEM "x86_64-linux"
#endif
