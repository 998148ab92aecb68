"""Flake references: as URLs, as people write them, and as attributes, as Nix fetches them."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from hmeval.errors import TargetError
from hmeval.targets.lock import Attributes

# Nix, src/libflake/url-parts.hh
_SCHEME = re.compile(r"([a-z][a-z0-9.-]*(?:\+[a-z0-9.-]+)?):")
_ID = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]*")
_BRANCH = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_./-]*")
_REVISION = re.compile(r"[0-9a-fA-F]{40}")

_FORGES = ("github", "gitlab", "sourcehut")
_ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst")
_TREE_ATTRIBUTES = ("rev", "narHash", "revCount", "lastModified")
_GIT_FLAGS = ("shallow", "submodules", "exportIgnore", "allRefs", "verifyCommit")
_GIT_TEXTS = ("rev", "ref", "keytype", "publicKey", "publicKeys")
_SHOWN = ("dir", "ref", "rev", "host", "submodules", "shallow")
URL_SAFE = "/-._~!$&'()*+,;=:@"
# What Nix leaves as it is in URLs, beside letters, digits and "-._~" (src/libutil/url.cc).
_IN_PATH, _IN_QUERY = ":@", ":@/?"
_AUTHORITY_PART = re.compile(r"[^:@\[\]]+")
_GIT_HOST = re.compile(r"([^/]*)@(.*):(.*)")
_BYTES = "surrogateescape"


def parse_reference(url: str, *, is_flake: bool = True, dir_in_url: bool = False) -> Attributes:
    """The attributes of a flake reference; a relative path stays relative, and a URL in them as it was written.

    `is_flake` says whether a tree is wanted, and not any file; with `dir_in_url`, `dir` stays in the URL of a Git
    repository or an archive, too, as Nix had it before 2.26. Raises TargetError for what is no reference.
    """
    text, _, fragment = url.partition("#")
    if fragment:
        raise TargetError(f"{url}: a flake reference has no part after #")
    body, _, query_text = text.partition("?")
    query = _query(query_text)
    directory = query.pop("dir", "")
    attributes = _by_scheme(url, body, query, is_flake) | ({"dir": directory} if directory else {})
    if directory and dir_in_url and "url" in attributes:
        base, _, rest = str(attributes["url"]).partition("?")
        attributes["url"] = base + _query_text(_query(rest) | {"dir": directory})
    return attributes


def _by_scheme(url: str, body: str, query: dict[str, str], is_flake: bool) -> Attributes:
    scheme = _SCHEME.match(body)
    if scheme is None:
        names = body.split("/")
        is_indirect = all(map(_BRANCH.fullmatch, names)) and _ID.fullmatch(names[0]) and len(names) <= 3
        return _indirect(url, body) if is_indirect and not query else _path(url, body, query)
    kind, rest = scheme[1], body[scheme.end() :]
    if kind == "path":
        return _path(url, unquote(rest), query)
    if kind == "flake":
        return _indirect(url, rest)
    if kind in _FORGES:
        return _forge(url, kind, unquote(rest), query)
    application, _, transport = kind.rpartition("+")
    if "git" in (application, kind):
        return _git(transport, rest, query)
    if application == "hg":
        return {"type": "hg", "url": f"{transport}:{rest}", **_only(query, ("rev", "ref"))}
    if transport in ("file", "http", "https") and application in ("", "file", "tarball"):
        return _download(application, f"{transport}:{rest}", query, is_flake)
    raise TargetError(f"{url}: a reference of this kind is not known")


def _query(text: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in text.split("&") if "=" in pair)
    return {unquote(name): unquote(value, errors=_BYTES) for name, _, value in pairs}


def _only(query: dict[str, str], names: tuple[str, ...]) -> Attributes:
    return {name: query[name] for name in names if name in query}


def _tree_attributes(query: dict[str, str]) -> Attributes:
    given = _only(query, _TREE_ATTRIBUTES)
    return {name: int(value) if str(value).isdecimal() and name != "rev" else value for name, value in given.items()}


def _path(url: str, path: str, query: dict[str, str]) -> Attributes:
    unknown = query.keys() - set(_TREE_ATTRIBUTES)
    if unknown or not path:
        raise TargetError(f"{url}: a path takes no {', '.join(sorted(unknown)) or 'empty name'}")
    while path.startswith("//"):
        path = path[1:]
    return {"type": "path", "path": path, **_tree_attributes(query)}


def _indirect(url: str, body: str) -> Attributes:
    name, *more = body.split("/")
    revision = more.pop() if more and _REVISION.fullmatch(more[-1]) else ""
    if not _ID.fullmatch(name) or len(more) > 1 or not all(map(_BRANCH.fullmatch, more)):
        raise TargetError(f"{url}: a flake's name, a branch and a revision are expected")
    given = {"ref": more[0] if more else "", "rev": revision.lower()}
    return {"type": "indirect", "id": name, **{key: value for key, value in given.items() if value}}


def _forge(url: str, kind: str, path: str, query: dict[str, str]) -> Attributes:
    owner, _, rest = "/".join(filter(None, path.split("/"))).partition("/")
    repository, _, branch = rest.partition("/")
    given = _only(query, ("ref", "rev", "host"))
    if branch:
        given["rev" if _REVISION.fullmatch(branch) else "ref"] = branch
    if not repository or ("ref" in given and "rev" in given) or not _BRANCH.fullmatch(str(given.get("ref", "a"))):
        raise TargetError(f"{url}: {kind}:OWNER/REPOSITORY is expected, and a branch or a revision after it")
    return {"type": kind, "owner": owner, "repo": repository, **given}


def _git(transport: str, rest: str, query: dict[str, str]) -> Attributes:
    known = (*_GIT_TEXTS, *_GIT_FLAGS)
    flags: Attributes = {name: query[name] == "1" for name in _GIT_FLAGS if name in query}
    others = {name: value for name, value in query.items() if name not in known}
    return {"type": "git", "url": f"{transport}:{rest}{_query_text(others)}", **_only(query, _GIT_TEXTS), **flags}


def _download(application: str, url: str, query: dict[str, str], is_flake: bool) -> Attributes:
    kind = application or ("tarball" if is_flake or url.endswith(_ARCHIVES) else "file")
    others = {name: value for name, value in query.items() if name not in (*_TREE_ATTRIBUTES, "name", "unpack")}
    return {"type": kind, "url": f"{url}{_query_text(others)}", **_tree_attributes(query)}


def _query_text(query: dict[str, str], safe: str = URL_SAFE) -> str:
    pairs = (f"{quote(name, safe)}={quote(value, safe, errors=_BYTES)}" for name, value in sorted(query.items()))
    return "?" + "&".join(pairs) if query else ""


# -- equality ----------------------------------------------------------------------------------------------------------


def same_reference(one: Attributes, other: Attributes) -> bool:
    """Whether two references mean the same, as Nix compares them (src/libflake/flakeref.cc, canonicalize)."""
    return canonical(one) == canonical(other)


def canonical(reference: Attributes) -> Attributes:
    """The reference as newer versions of Nix write it: Nix 2.8 left URLs as they were, and kept `dir` in them, too."""
    written = with_canonical_url(reference)
    if "url" not in written or "dir" not in written:
        return written
    base, _, text = str(written["url"]).partition("?")
    query = {name: value for name, value in _query(text).items() if (name, value) != ("dir", written["dir"])}
    return written | {"url": base + _query_text(query, _IN_QUERY)}


def with_canonical_url(reference: Attributes) -> Attributes:
    """The reference with its URL as Nix writes it since 2.26: decoded, and encoded again (src/libutil/url.cc)."""
    if not isinstance(reference.get("url"), str):
        return reference
    url = str(reference["url"])
    return reference | {"url": _canonical_url(_git_url(url) if reference["type"] == "git" else url)}


def _git_url(url: str) -> str:
    """A URL for what Git takes for one: a path, or HOST:PATH with a user (src/libutil/url.cc, fixGitURL)."""
    if not url.startswith("/") and (found := _GIT_HOST.fullmatch(url)):
        return f"ssh://{found[1]}@{found[2]}/{found[3]}"
    if "://" in url or url.startswith(("file:", "git+file:")):
        return url
    return f"file://{url}" if url.startswith("/") else f"file:{url}"


def _canonical_url(url: str) -> str:
    base, _, query = url.partition("?")
    scheme, colon, rest = base.partition(":")
    authority, path = "", rest
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        authority, path = "//" + _AUTHORITY_PART.sub(lambda part: _encoded_again(part[0], ""), host), slash + path
    return scheme + colon + authority + _encoded_again(path, _IN_PATH) + _query_text(_query(query), _IN_QUERY)


def _encoded_again(text: str, safe: str) -> str:
    """Text of a URL with those letters encoded that must be; slashes stay what they are."""
    return "/".join(quote(unquote(part, errors=_BYTES), safe, errors=_BYTES) for part in text.split("/"))


def relative_path(reference: Attributes) -> str | None:
    """The path of a reference to a folder that is relative to the flake that names it; None for all others."""
    path = str(reference.get("path", "/"))
    return path if reference["type"] == "path" and not path.startswith("/") else None


def describe_reference(reference: Attributes) -> str:
    """A reference as people write it: a URL."""
    rest = {name: value for name, value in reference.items() if name in _SHOWN}
    kind = str(reference["type"])
    if kind in _FORGES:
        base = f"{kind}:{reference.get('owner')}/{reference.get('repo')}"
        branch = rest.pop("rev", None) or rest.pop("ref", None)
        base += f"/{branch}" if branch else ""
    elif kind == "indirect":
        base = "/".join(["flake:" + str(reference.get("id")), *(str(rest.pop(n)) for n in ("ref", "rev") if n in rest)])
    elif kind == "path":
        base = f"path:{reference.get('path')}"
    else:
        url = str(reference.get("url"))
        base = url if kind == "tarball" or url.startswith(f"{kind}:") else f"{kind}+{url}"
    given = _query(base.partition("?")[2]) | {name: str(int(v) if v is True else v) for name, v in rest.items() if v}
    return base.partition("?")[0] + _query_text(given)
