"""`why` on the real Home Manager, for the configuration in `home/`: every definition, its place, and its verdict.

The expectations were written by reading those modules. Of Home Manager's own definitions only an option's default is
expected here; that none of the others is missing is tested against the module system itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import hmeval
from hmeval.options.model import order_name
from hmeval.options.path import is_placeholder
from hmeval.options.why import Definition, Why

HERE = Path(__file__).resolve().parent
HOME = HERE / "home"

pytestmark = pytest.mark.real

NOTHING = object()
"""For a path that has no value."""


class Expected(NamedTuple):
    """A path, its value (None: any), and its definitions in the user's modules, with the verdict of the default.

    A definition is `file:line:column verdict priority`, then its order, and the old name that it is written as.
    """

    path: str
    value: Any
    definitions: tuple[str, ...]


def expected(path: str, value: Any, *definitions: str) -> Expected:
    return Expected(path, value, definitions)


WINS_BY_DEFAULT, LOST_DEFAULT = "default winner", "default loser"

EXPECTED = [
    # Plain definitions and mkDefault, in one module and in several.
    expected("programs.git.enable", True, "git.nix:5:5 winner 100", LOST_DEFAULT),
    expected("programs.git.lfs.enable", False, "work.nix:8:5 winner 100", "git.nix:6:5 loser 1000", LOST_DEFAULT),
    expected("home.sessionVariables.EDITOR", "nvim", "home.nix:40:5 winner 100", "shell.nix:4:3 loser 1000"),
    expected(
        "home.language.base",
        "de_DE.UTF-8",
        "machines/laptop.nix:15:5 winner 100",
        "machines/default.nix:6:3 loser 1000",
        LOST_DEFAULT,
    ),
    expected("xdg.enable", True, "xdg.nix:4:3 winner 100", LOST_DEFAULT),
    # mkForce, mkOverride, mkVMOverride, mkOptionDefault; also around a set that holds the option.
    expected("programs.bash.shellOptions", ["extglob"], "shell.nix:16:5 winner 50", LOST_DEFAULT),
    expected("programs.bash.historySize", 5000, "shell.nix:14:5 winner 900", "strong.nix:8:3 loser 1000", LOST_DEFAULT),
    expected(
        "programs.bash.historyFileSize",
        1,
        "strong.nix:9:3 winner 10",
        "machines/default.nix:5:3 loser 100",
        LOST_DEFAULT,
    ),
    expected("home.sessionVariables.LESS", "-R", "strong.nix:10:3 winner 1500"),
    expected("xdg.userDirs.music", "/home/alice/sounds", "xdg.nix:9:5 winner 50", LOST_DEFAULT),
    expected("programs.htop.enable", True, "strong.nix:5:5 winner 50", LOST_DEFAULT),
    expected(
        "programs.htop.settings",
        {"hide_kernel_threads": 1},
        "strong.nix:6:5 winner 50",
        "generated.nix:13:3 loser 100",
        LOST_DEFAULT,
    ),
    expected("programs.htop.settings.tree_view", NOTHING, "generated.nix:14:5 loser 100"),
    expected("programs.htop.settings.hide_kernel_threads", 1, "strong.nix:6:5 winner 50"),
    # mkIf, true and false, around values, sets and whole modules; mkMerge.
    expected("home.sessionVariables.PAGER", "less", "shell.nix:5:3 winner 100", "home.nix:41:5 inactive 100"),
    expected(
        "programs.git.signing.key", "0xALICE", "work.nix:13:5 winner 100", LOST_DEFAULT, "work.nix:16:5 inactive 100"
    ),
    expected("targets.genericLinux.enable", False, WINS_BY_DEFAULT, "services.nix:17:3 inactive 100"),
    expected("programs.bat.enable", True, "home.nix:25:7 winner 100", LOST_DEFAULT),
    expected(
        "home.shellAliases",
        {"g": "git", "ll": "ls -l"},
        "shell.nix:6:3 winner 100",
        "shell.nix:6:3 winner 100",
        LOST_DEFAULT,
        "shell.nix:6:3 inactive 100",
    ),
    expected("home.shellAliases.g", "git", "shell.nix:8:44 winner 100"),
    expected("home.shellAliases.j", NOTHING, "shell.nix:9:48 inactive 100"),
    expected('home.file.".vimrc".text', "set nocompatible", "xdg.nix:12:53 winner 100", LOST_DEFAULT),
    expected('home.file.".netrc".text', NOTHING, "xdg.nix:13:56 inactive 100"),
    # mkBefore, mkAfter, mkOrder.
    expected(
        "programs.git.ignores",
        [".env", "*.swp"],
        "work.nix:9:5 winner 100 mkBefore",
        "git.nix:12:5 winner 100",
        LOST_DEFAULT,
    ),
    expected(
        "programs.bash.initExtra",
        None,
        "shell.nix:17:5 winner 100 mkBefore",
        "shell.nix:17:5 winner 100",
        "shell.nix:17:5 winner 100 mkAfter",
        LOST_DEFAULT,
    ),
    expected(
        "home.packages",
        None,
        "packages.nix:4:3 winner 100 mkBefore",
        "packages.nix:4:3 winner 100",
        "packages.nix:4:3 winner 100 mkAfter",
        LOST_DEFAULT,
        "packages.nix:4:3 inactive 100",
    ),
    expected(
        "home.sessionPath",
        ["$HOME/first", "$HOME/second"],
        "packages.nix:10:3 winner 100 mkOrder 300",
        "editor.nix:11:5 winner 100",
        LOST_DEFAULT,
    ),
    # Freeform settings.
    expected(
        "programs.git.settings.user.email",
        "alice@work.example",
        "work.nix:12:5 winner 100",
        "git.nix:9:7 loser 1000",
    ),
    expected(
        "programs.git.settings.init.defaultBranch", "main", "git.nix:10:7 winner 100", "work.nix:17:5 inactive 50"
    ),
    expected("programs.readline.variables.editing-mode", "vi", "editor.nix:7:7 winner 100"),
    expected("programs.readline.variables.bell-style", "none", "editor.nix:8:7 winner 1000"),
    expected('dconf.settings."org/gnome/desktop/interface".cursor-size', 32, "services.nix:13:7 winner 100"),
    expected('dconf.settings."org/gnome/desktop/interface".enable-animations', False, "services.nix:14:7 winner 50"),
    expected("systemd.user.services.backup.Service.Type", "oneshot", "services.nix:7:7 winner 100"),
    expected("programs.bat.config.theme", "written-in-place", "home.nix:24:7 winner 100"),
    expected("programs.bat.config.pager", "less -FR", "home.nix:30:9 winner 100"),
    # Submodules, and entries of a DAG.
    expected('programs.ssh.settings."git.example.org".User', "git", "ssh.nix:9:9 winner 100"),
    expected(
        'programs.ssh.settings."git.example.org".Port', 2222, "strong.nix:12:5 winner 70", "ssh.nix:10:9 loser 1000"
    ),
    expected('programs.ssh.settings."git.example.org".Compression', NOTHING, "strong.nix:13:5 inactive 100"),
    expected('programs.ssh.settings."*.example.org".User', NOTHING, "ssh.nix:13:9 inactive 100"),
    expected('programs.ssh.settings."*.example.org".data.IdentityFile', "~/.ssh/example", "ssh.nix:14:9 winner 100"),
    expected('xdg.configFile."fd/ignore".text', "result\n", "xdg.nix:5:3 winner 100", LOST_DEFAULT),
    expected('xdg.configFile."fd/ignore".force', True, "xdg.nix:6:3 winner 1000", LOST_DEFAULT),
    expected("systemd.user.services.backup.Unit.Description", "Backup", "services.nix:5:5 winner 100", LOST_DEFAULT),
    expected("accounts.email.accounts.private.realName", "Alice", "mail.nix:7:5 winner 1000"),
    expected("accounts.email.accounts.private.imap.port", 993, "mail.nix:9:5 winner 100", LOST_DEFAULT),
    expected("accounts.email.accounts.private.imap.tls.enable", True, WINS_BY_DEFAULT),
    expected(
        "accounts.email.accounts.work.realName", "A. Example", "mail.nix:13:7 winner 100", "mail.nix:14:23 inactive 100"
    ),
    expected("programs.firefox.profiles.home.isDefault", True, "browser.nix:10:5 winner 1000", LOST_DEFAULT),
    expected("programs.firefox.profiles.work.isDefault", False, WINS_BY_DEFAULT),
    expected(
        'programs.firefox.profiles.work.settings."browser.startup.homepage"',
        "https://work.example",
        "browser.nix:7:5 winner 100",
    ),
    expected(
        'programs.firefox.profiles.home.settings."browser.startup.homepage"',
        "about:blank",
        "strong.nix:16:5 winner 50",
        "browser.nix:12:7 loser 1000",
    ),
    # Generated definitions: the place is that of the innermost name that is written.
    expected('home.file.".one".text', ".one", "generated.nix:5:5 winner 100", LOST_DEFAULT),
    expected("xdg.configFile.generated.text", "from a list", "generated.nix:10:7 winner 100", LOST_DEFAULT),
    # Renamed options: mkRenamedOptionModule to an option, into and above a freeform one, mkChangedOptionModule.
    expected(
        "programs.git.settings.user.name",
        "Alice Example",
        "git.nix:8:7 winner 100",
        "old-names.nix:4:3 loser 1000 as programs.git.userName",
    ),
    expected(
        "programs.git.userName",
        "Alice Example",
        "git.nix:8:7 winner 100",
        "old-names.nix:4:3 loser 1000 as programs.git.userName",
    ),
    expected(
        "programs.git.settings.core.editor",
        "ed",
        "old-names.nix:5:3 winner 100 as programs.git.extraConfig.core.editor",
    ),
    expected("programs.git.settings.alias.co", "checkout", "old-names.nix:6:3 winner 100 as programs.git.aliases.co"),
    expected(
        "programs.git.settings",
        None,
        "work.nix:12:5 winner 100",
        "git.nix:7:5 winner 100",
        "old-names.nix:6:3 winner 100 as programs.git.aliases",
        "old-names.nix:4:3 winner 100 as programs.git.userName",
        "old-names.nix:5:3 winner 100 as programs.git.extraConfig",
        LOST_DEFAULT,
        "work.nix:17:5 inactive 100",
    ),
    expected(
        "xdg.userDirs.publicShare",
        "/srv/public",
        "old-names.nix:7:3 winner 100 as xdg.userDirs.publishShare",
        LOST_DEFAULT,
    ),
    expected(
        "programs.go.env.GOPATH",
        "/home/alice/go",
        "old-names.nix:9:3 winner 100 as programs.go.goPath",
        LOST_DEFAULT,
    ),
    expected(
        "programs.go.env.GOPRIVATE",
        "example.org",
        "old-names.nix:10:3 winner 100 as programs.go.goPrivate",
        LOST_DEFAULT,
    ),
    expected(
        "programs.fzf.historyWidget.options",
        [],
        WINS_BY_DEFAULT,
        "old-names.nix:11:3 inactive 100 as programs.fzf.historyWidgetOptions",
    ),
    # `apply`.
    expected("laptop.lid", "IGNORE", "machines/laptop.nix:14:5 winner 100", "machines/laptop.nix:9:5 default loser"),
    expected("nix.gc.dates", ["daily"], "editor.nix:10:5 winner 100", LOST_DEFAULT),
]

# The values that an option's `apply` changes, before it does.
APPLIED = {
    "laptop.lid": "ignore",
    "nix.gc.dates": "daily",
    "programs.go.env.GOPATH": ["/home/alice/go"],
    "programs.go.env.GOPRIVATE": ["example.org"],
}


@pytest.fixture(scope="module")
def configuration(home_manager: Path, whole_world: Path) -> Iterator[hmeval.Configuration]:
    with hmeval.load(file=HOME / "home.nix", home_manager=home_manager, nixpkgs=whole_world) as loaded:
        yield loaded


def described(why: Why) -> list[str]:
    """The definitions as `Expected` has them."""
    return [text for definition in why.definitions if (text := described_definition(definition))]


def described_definition(definition: Definition) -> str:
    file = Path(definition.file or "")
    if not file.is_relative_to(HOME):
        return f"default {definition.verdict}" if definition.default else ""
    place = f"{file.relative_to(HOME)}:{definition.line}:{definition.column}"
    if definition.default:
        return f"{place} default {definition.verdict}"
    order = f" {order_name(definition.order)}" if definition.order is not None else ""
    old_name = f" as {definition.written_as}" if definition.written_as else ""
    return f"{place} {definition.verdict} {definition.priority}{order}{old_name}"


def test_there_are_modules_and_questions_enough() -> None:
    assert len(list(HOME.rglob("*.nix"))) >= 12
    assert len(EXPECTED) >= 40
    assert len({one.path for one in EXPECTED}) == len(EXPECTED)


@pytest.mark.parametrize("one", EXPECTED, ids=[one.path for one in EXPECTED])
def test_every_definition_its_line_and_its_verdict(configuration: hmeval.Configuration, one: Expected) -> None:
    why = configuration.why(one.path)
    assert described(why) == list(one.definitions)
    if one.value is NOTHING:
        assert why.value is None
    elif one.value is not None:
        assert why.value == {"json": one.value}
    assert why.before_apply == ({"json": APPLIED[one.path]} if one.path in APPLIED else None)


def test_who_imports_a_module(configuration: hmeval.Configuration) -> None:
    laptop, default = configuration.why("home.language.base").definitions[:2]
    assert laptop.imported_by == str(HOME / "machines")
    assert default.imported_by == str(HOME / "home.nix")
    assert configuration.why("home.username").definitions[0].imported_by is None


def test_what_a_definition_lost_to(configuration: hmeval.Configuration) -> None:
    lost = configuration.why("programs.bash.historySize").definitions[1]
    assert lost.reason == f"mkOverride 900 (900) at {HOME}/shell.nix:14:5 is stronger"
    lost = configuration.why('programs.firefox.profiles.home.settings."browser.startup.homepage"').definitions[1]
    assert lost.reason == (
        f"programs.firefox.profiles.home.settings: mkForce (50) at {HOME}/strong.nix:16:5 is stronger"
    )
    lost = configuration.why("xdg.userDirs.publicShare").definitions[1]
    assert lost.reason == f"priority 100 at {HOME}/old-names.nix:7:3 is stronger"


def test_the_old_name_tells_the_new_one(configuration: hmeval.Configuration) -> None:
    why = configuration.why("programs.git.userName")
    assert why.name == "programs.git.settings.user.name"
    assert why.renamed_from == ["programs", "git", "userName"]


def test_the_winners_are_those_that_the_module_system_counts(configuration: hmeval.Configuration) -> None:
    tree = configuration.options_with_state(values=True, hidden=True)
    defined = [option for option in tree.values() if option.is_defined and not any(map(is_placeholder, option.loc))]
    # All that some module defines, and every tenth of the others, which have their default.
    asked = [option for number, option in enumerate(defined) if option.is_set or number % 10 == 0]
    assert len(asked) > 400
    for option in asked:
        why = configuration.why(option.loc)
        if why.renamed_from or option.loc[0] == "_module" or "definitions" in option.errors or "value" in option.errors:
            continue
        assert len(why.winners) == len(option.definitions), option.name
        assert not [one for one in why.winners if one.reason.startswith("the module system counts it")], option.name


def test_a_place_holds_what_it_is_the_place_of(configuration: hmeval.Configuration) -> None:
    for one in EXPECTED:
        why = configuration.why(one.path)
        for definition in why.definitions:
            if definition.exact and definition.line is not None and not definition.written_as:
                line = Path(str(definition.file)).read_text().splitlines()[definition.line - 1]
                text = line[(definition.column or 1) - 1 :]
                # A path is written from any of its names on; "value" is that of a name in builtins.listToAttrs.
                names = [*why.loc, "default", "inherit", "value"]
                starts = tuple(start for name in names for start in (name, f'"{name}"'))
                assert text.startswith(starts), (one.path, definition.place(), text)
