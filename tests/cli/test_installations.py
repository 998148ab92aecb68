"""The three installations, end to end, on the examples: which configuration is taken, and what is in it."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import hmeval

Command = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
STAND_INS = ROOT / "hmeval/offline"
DESK, LAPTOP = "nixosConfigurations.desk", "darwinConfigurations.laptop"


def failure(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def value(done: subprocess.CompletedProcess[str]) -> object:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def copy(tmp_path: Path) -> Callable[..., Path]:
    """`copy("nixos", desk="web")` copies an example, with words replaced in its flake."""

    def make(name: str, **replaced: str) -> Path:
        folder = tmp_path / name
        shutil.copytree(EXAMPLES / name, folder)
        text = (folder / "flake.nix").read_text()
        for old, new in replaced.items():
            text = text.replace(old, new)
        (folder / "flake.nix").write_text(text)
        return folder

    return make


@pytest.mark.parametrize(
    ("example", "flags", "home"),
    [
        ("standalone", ("#alice",), "/home/alice"),
        ("nixos", (f"#{DESK}", "--user", "alice"), "/home/alice"),
        ("nixos", ('#nixosConfigurations."desk"', "--user", "bob"), "/home/bob"),
        ("nixos", ("#desk", "--user", "bob"), "/home/bob"),
        ("nix-darwin", (f"#{LAPTOP}",), "/Users/alice"),
        ("nix-darwin", ("#laptop", "--user", "alice"), "/Users/alice"),
    ],
)
def test_a_home_of_each_installation(
    hmeval_command: Command, copy: Callable[..., Path], example: str, flags: tuple[str, ...], home: str
) -> None:
    name, *more = flags
    done = hmeval_command(
        "eval", "--json", "config.home.homeDirectory", "--offline", "--flake", f".{name}", *more, cwd=copy(example)
    )
    assert value(done) == home


def test_an_option_of_a_user_of_a_system(hmeval_command: Command, copy: Callable[..., Path]) -> None:
    """The option begins at `home`, its definitions are those of all modules, told where the user edits them."""
    folder = copy("nixos")
    done = hmeval_command(
        "options", "home.packages", "--format", "json", "--offline", "--flake", f"{folder}#{DESK}", "--user", "alice"
    )
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    (option,) = shown["options"]
    assert option["loc"] == ["home", "packages"]
    assert {f"{folder}/shared.nix", f"{folder}/alice.nix"} <= {each["file"] for each in option["definitions"]}
    assert shown["target"] == {"kind": "flake", "flake": str(folder), "name": DESK, "user": "alice"}


def test_what_the_system_gives_its_users(copy: Callable[..., Path]) -> None:
    """extraSpecialArgs, osConfig, sharedModules, the account's name, the system's pkgs."""
    with hmeval.load(flake=f"{copy('nixos')}#{DESK}", user="alice", offline=True) as home:
        variables = home.evaluate("config.home.sessionVariables").to_python()
        assert (variables["EDITOR"], variables["MACHINE"], variables["PAGER"]) == ("nvim", "desk", "less -R")
        assert home.evaluate("[ config.home.username config.home.uid ]").to_python() == ["alice", 1000]
        assert home.evaluate("pkgs.config").to_python() == {"allowUnfree": True}
        assert home.evaluate("config.submoduleSupport.externalPackageInstall").to_python() is True
        assert "home.username" in home.options
        assert not [name for name in home.all_options if name.startswith(("home-manager", "hmeval"))]


def test_the_systems_own_options(hmeval_command: Command, copy: Callable[..., Path]) -> None:
    folder = copy("nixos")
    done = hmeval_command("options", "--format", "names", "--system", "--offline", "--flake", f"{folder}#{DESK}")
    names = done.stdout.splitlines()
    assert {"users.users", "home-manager.useGlobalPkgs", "services.openssh.enable"} <= set(names), done.stderr
    assert "home.username" not in names
    done = hmeval_command(
        "eval",
        "--json",
        "config.system.primaryUser",
        "--system",
        "--offline",
        "--flake",
        f"{copy('nix-darwin')}#{LAPTOP}",
    )
    assert value(done) == "alice"


def test_the_host_of_this_machine_is_taken(hmeval_command: Command, copy: Callable[..., Path]) -> None:
    """As nixos-rebuild and darwin-rebuild take it, without a name and without any flag."""
    nixos = copy("nixos", desk=platform.node())
    done = hmeval_command("eval", "--json", "config.home.username", "--offline", "--user", "bob", cwd=nixos)
    assert value(done) == "bob"
    darwin = copy("nix-darwin", laptop=platform.node().partition(".")[0])
    assert value(hmeval_command("eval", "--json", "config.home.username", "--offline", cwd=darwin)) == "alice"
    assert (
        value(hmeval_command("eval", "--json", "1", "--offline", "--flake", ".#darwinConfigurations", cwd=darwin)) == 1
    )


def test_a_home_of_its_own_comes_before_that_of_a_system(hmeval_command: Command, copy: Callable[..., Path]) -> None:
    folder = copy("nixos", desk=platform.node())
    text = (folder / "flake.nix").read_text()
    extra = 'homeConfigurations.alice = { config.home.username = "standalone"; options = { }; pkgs.lib = { }; };'
    (folder / "flake.nix").write_text(text.replace("nixosConfigurations", f"{extra}\n nixosConfigurations"))
    assert value(hmeval_command("eval", "--json", "config.home.username", "--offline", cwd=folder)) == "standalone"
    done = hmeval_command("eval", "--json", "config.home.username", "--offline", "--user", "alice", cwd=folder)
    assert value(done) == "alice"
    message = failure(
        hmeval_command("eval", "1", "--offline", "--flake", ".#homeConfigurations.alice", "--system", cwd=folder)
    )
    assert "homeConfigurations.alice is a home of its own: --system goes with that of a system" in message


def test_a_home_below_legacy_packages(hmeval_command: Command, copy: Callable[..., Path]) -> None:
    """Where tools that make flakes for every platform put it; one that fails there hides nothing."""
    folder = copy("standalone", homeConfigurations="legacyPackages.${builtins.currentSystem}.homeConfigurations")
    done = hmeval_command("options", "--format", "json", "home.username", "--offline", "--flake", f"{folder}#alice")
    assert value(done)["target"]["name"] == "alice"  # type: ignore[index]
    failing = copy("nixos", desk=f"{platform.node()}", outputs="outputs")
    text = (failing / "flake.nix").read_text()
    (failing / "flake.nix").write_text(
        text.replace("nixosConfigurations", 'legacyPackages = throw "x"; nixosConfigurations')
    )
    done = hmeval_command("eval", "--json", "config.home.username", "--offline", "--user", "bob", cwd=failing)
    assert value(done) == "bob"
    message = failure(hmeval_command("options", "--offline", cwd=failing))
    assert "the evaluation failed (throw): x\n  homes are looked for in legacyPackages.SYSTEM.homeConf" in message
    assert f"\n    --flake {failing}#nixosConfigurations.{platform.node()} --user alice\n" in message


@pytest.mark.parametrize("output", ["packages", "legacyPackages"])
def test_an_output_that_may_have_the_home_and_fails(
    hmeval_command: Command, copy: Callable[..., Path], output: str
) -> None:
    """What is wrong is told, and neither "has no such home" nor another configuration's answer."""
    folder = copy("nixos", desk=platform.node())
    text = (folder / "flake.nix").read_text()
    failing = f'{output} = throw "not today";\n    nixosConfigurations'
    (folder / "flake.nix").write_text(text.replace("nixosConfigurations", failing))
    for flake in (".#alice", ".#homeConfigurations.alice", ".#", "."):
        message = failure(hmeval_command("eval", "1", "--offline", "--flake", flake, cwd=folder))
        assert "not today" in message
        assert "has no homeConfigurations" not in message
        assert "nixosConfigurations." in message
    message = failure(hmeval_command("eval", "1", "--offline", "--flake", ".#nixosConfigurations.web", cwd=folder))
    assert "has no nixosConfigurations.web" in message
    assert "what else it has is not known: not today" in message


def test_a_home_beside_an_output_that_fails(hmeval_command: Command, copy: Callable[..., Path]) -> None:
    """As Nix takes it first, too: only what is not found is looked for further on."""
    folder = copy("standalone", homeConfigurations='packages = throw "x"; homeConfigurations')
    for flake in (".#alice", "."):
        done = hmeval_command("eval", "--json", "config.home.username", "--offline", "--flake", flake, cwd=folder)
        assert value(done) == "alice"


def test_a_file_below_a_flake_that_has_not_what_is_meant(hmeval_command: Command, copy: Callable[..., Path]) -> None:
    folder = copy("nixos")
    (folder / "below").mkdir()
    (folder / "below/home.nix").write_text("{ }")
    message = failure(hmeval_command("options", "--offline", cwd=folder / "below"))
    assert f"\n  --flake {folder}#{DESK} --user bob\n  --file {folder}/below/home.nix\n" in message


def test_several_hosts_several_users_and_none(hmeval_command: Command, copy: Callable[..., Path]) -> None:
    folder = copy("nixos", desk='not-here = abort ""; nixosConfigurations.desk')
    message = failure(hmeval_command("options", "--offline", cwd=folder))
    assert "homeConfigurations.alice" in message
    assert f"nixosConfigurations.{platform.node()}" in message
    users = "".join(f"\n  --flake {folder}#{DESK} --user {user}" for user in ("alice", "bob"))
    assert f"{users}\n  --flake {folder}#nixosConfigurations.not-here\n" in message
    message = failure(hmeval_command("options", "--offline", "--flake", f".#{DESK}", cwd=folder))
    assert f"{folder}#{DESK} manages the homes of several users: give one of --user alice, --user bob" in message
    message = failure(hmeval_command("options", "--offline", "--flake", f".#{DESK}", "--user", "zoe", cwd=folder))
    assert "has no home-manager.users.zoe: give one of --user alice, --user bob" in message


@pytest.mark.parametrize(
    ("removed", "problem"),
    [
        ("home-manager.nixosModules.home-manager", "does not import Home Manager's module"),
        ("./configuration.nix", "has no home-manager.users"),
    ],
)
def test_a_system_without_homes(hmeval_command: Command, copy: Callable[..., Path], removed: str, problem: str) -> None:
    folder = copy("nixos", **{removed: ""})
    (folder / "configuration.nix").write_text("{ }")
    message = failure(hmeval_command("options", "--offline", "--flake", f"{folder}#{DESK}"))
    assert f"{folder}#{DESK} {problem}" in message
    assert "--system" in message


def test_a_system_that_fails_is_told_at_its_place(hmeval_command: Command, copy: Callable[..., Path]) -> None:
    folder = copy("nixos")
    file = folder / "configuration.nix"
    file.write_text(file.read_text().replace("services.openssh.enable", "services.opensssh.enable"))
    for more in ((), ("--user", "alice"), ("--system",)):
        done = hmeval_command("options", "--format", "names", "--offline", "--flake", f"{folder}#{DESK}", *more)
        assert done.returncode == 1
        assert "The option `services.opensssh" in done.stderr
        assert re.search(rf"^  at {re.escape(str(file))}:\d+:3$", done.stderr, re.MULTILINE), done.stderr
        # The home itself is in order, and has options all the same; so has the system.
        assert bool(done.stdout) == bool(more)


def test_a_lib_without_value_meta(copy: Callable[..., Path], tmp_path: Path) -> None:
    """nixpkgs before 25.11: the same options, values and definitions."""
    folder = copy("nixos")
    nixpkgs = tmp_path / "nixpkgs"
    shutil.copytree(STAND_INS / "nixpkgs", nixpkgs)
    definitions = nixpkgs / "lib/modules/definitions.nix"
    definitions.write_text(definitions.read_text().replace("inherit (merged.checkedAndMerged) valueMeta;", ""))
    flake = f"{folder}#{DESK}"

    def told(**more: object) -> list[object]:
        with hmeval.load(flake=flake, user="alice", offline=True, **more) as home:  # type: ignore[arg-type]
            option = home.option("home.sessionVariables")
            files = [
                each["file"].replace(str(nixpkgs), str(STAND_INS / "nixpkgs")) for each in option.definitions or ()
            ]
            return [[*home.all_options], option.value, [file for file in files if file.startswith(str(folder))]]

    with hmeval.load(flake=flake, system=True, offline=True, override_inputs={"nixpkgs": f"path:{nixpkgs}"}) as system:
        assert not system.evaluate("options.home-manager.users ? valueMeta").to_python()
    assert told(override_inputs={"nixpkgs": f"path:{nixpkgs}"}) == told()


def test_a_nixos_configuration_in_a_file(hmeval_command: Command, copy: Callable[..., Path]) -> None:
    folder = copy("nixos")
    module = f"{STAND_INS}/home-manager/nixos"
    (folder / "flake.nix").unlink()
    text = (folder / "configuration.nix").read_text()
    (folder / "configuration.nix").write_text(
        text.replace("nixpkgs.hostPlatform", f"imports = [ {module} ];\n  nixpkgs.hostPlatform")
    )
    file = ("--file", folder / "configuration.nix", "--offline")
    assert value(hmeval_command("eval", "--json", "config.home.username", *file, "--user", "bob")) == "bob"
    assert value(hmeval_command("eval", "--json", "config.networking.hostName", *file, "--system")) == "desk"
    assert "several users: give one of --user alice, --user bob" in failure(hmeval_command("options", *file))
    (folder / "configuration.nix").rename(folder / "desk.nix")
    renamed = ("--file", folder / "desk.nix", "--user", "alice", "--nixpkgs", STAND_INS / "nixpkgs")
    done = hmeval_command("options", "--format", "json", "home.username", *renamed)
    assert value(done)["target"] == {  # type: ignore[index]
        "kind": "nixos-file",
        "file": str(folder / "desk.nix"),
        "nixpkgs": str(STAND_INS / "nixpkgs"),
        "user": "alice",
    }
    message = failure(hmeval_command("options", "--file", folder / "desk.nix", "--system", "--nixpkgs", folder))
    assert "holds no nixos/lib/eval-config.nix" in message


def test_what_is_found_without_flags(hmeval_command: Command, copy: Callable[..., Path], tmp_path: Path) -> None:
    """A flake that is about something else is passed over; what is next is taken."""
    project = tmp_path / "home/project"
    project.mkdir(parents=True)
    (project / "flake.nix").write_text('{ outputs = { self }: { devShells = throw "never asked for"; }; }')
    message = failure(hmeval_command("eval", "1", "--offline", cwd=project))
    assert f"the flake {project} has no homeConfigurations, nixosConfigurations or darwinConfigurations" in message
    assert "--flake REF[#NAME] or --file home.nix" in message
    shutil.copytree(EXAMPLES / "standalone", tmp_path / "home", dirs_exist_ok=True)
    (tmp_path / "home/flake.nix").unlink()
    assert value(hmeval_command("eval", "--json", "config.home.username", "--offline", cwd=project)) == "alice"
    config = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    (tmp_path / "config").mkdir()
    (tmp_path / "config/home-manager").symlink_to(copy("standalone"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = hmeval_command("options", "--format", "json", "home.username", "--offline", cwd=elsewhere, env=config)
    assert value(done)["target"]["flake"] == str(tmp_path / "standalone")  # type: ignore[index]
    (elsewhere / "home.nix").write_text("{ }")
    (elsewhere / "configuration.nix").write_text("{ }")
    message = failure(hmeval_command("options", "--offline", cwd=elsewhere, env=config))
    assert f"{elsewhere} holds several configurations" in message


@pytest.mark.parametrize("name", ["a#b", "a?b"])
def test_a_flake_in_a_folder_that_no_reference_can_name(
    hmeval_command: Command, copy: Callable[..., Path], name: str
) -> None:
    example = copy("standalone")
    folder = example.rename(example.with_name(name))
    message = failure(hmeval_command("options", "--offline", cwd=folder))
    assert f"no flake reference can name {folder}: give the folder a name without # and ?" in message


def test_the_folder_answers_as_fast_as_the_flag(
    copy: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What discovery asks of the disk is the same few names, whatever is in the folders."""
    from hmeval.targets import discovery

    folder = copy("standalone")
    monkeypatch.chdir(folder)
    looked: list[Path] = []
    is_file = Path.is_file

    def look(path: Path) -> bool:
        looked.append(path)
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", look)
    assert next(discovery.discover()).flake == str(folder)
    assert len(looked) <= 3 * len(folder.parents) + 12


def test_the_plan_of_a_home_inside_a_system(hmeval_command: Command, copy: Callable[..., Path], tmp_path: Path) -> None:
    """With the backup settings that its activation will have: those of the system, unless others are given."""
    home = tmp_path / "home"
    (home / ".config/git").mkdir(parents=True)
    (home / ".config/git/config").write_text("mine")
    plan = ("plan", "--json", "--offline", "--home", home, "--from", "none", "--flake", f"{copy('nixos')}#{DESK}")
    told: dict[str, dict[str, str]] = {}
    for user, more in (("alice", ()), ("alice", ("--backup-extension", "old"))):
        done = hmeval_command(*plan, "--user", user, *more)
        assert done.returncode == 3, "another HOME than the configuration's"
        told |= {str(more): {each["target"]: each["action"] for each in json.loads(done.stdout)["files"]}}
    assert {actions[".config/git/config"] for actions in told.values()} == {"backup"}
    assert told[str(())]["notes/.keep"] == "create"
    darwin = (
        "plan",
        "--json",
        "--offline",
        "--home",
        home,
        "--from",
        "none",
        "--flake",
        f"{copy('nix-darwin')}#{LAPTOP}",
    )
    done = hmeval_command(*darwin)
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["blocked"]
