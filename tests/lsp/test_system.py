"""A system with the homes of two users: each place in its files is about the options of one of the three.

`system/` is the workspace. What a file is about is not always in its shape: modules/ssh.nix is the system's, and
modules/git.nix, which looks the same, alice's. That modules/fonts.nix is the system's only an evaluation tells.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.editor import Editor, Settings, editor, place_of

HERE = Path(__file__).resolve().parent
SYSTEM: Settings = {"target": "--flake .#nixosConfigurations.desk --offline", "trust": "always"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the workspace."""
    return Path(shutil.copytree(HERE / "system", tmp_path / "system"))


async def told(one: Editor, name: str, word: str) -> str:
    """What a hover over a word says, once it is from an evaluation of the file as it is."""
    text = ""
    async with asyncio.timeout(30):
        while not text or "*From" in text:
            text = await one.hover(place_of((one.folder / name).read_text(), word), name)
            await asyncio.sleep(0.1)
    return text


async def labels(one: Editor, name: str, text: str, word: str) -> list[str]:
    """What is offered behind a word of a text that is written into a file."""
    one.write(text, name)
    found = await one.complete(place_of(text, word, len(word)), name)
    return [item.label for item in found.items]


def test_what_the_system_is_made_of(folder: Path) -> None:
    async def session() -> None:
        async with editor(folder, SYSTEM) as one:
            text = one.open("configuration.nix")
            hover = await told(one, "configuration.nix", "hostName")
            assert '"desk"' in hover
            assert f"{folder}/configuration.nix:5:3" in hover
            document = types.TextDocumentIdentifier(one.uri("configuration.nix"))
            params = types.DefinitionParams(document, place_of(text, "hostName"))
            places = await one.client.text_document_definition_async(params)
            assert [place.uri.rsplit("/", 1)[1] for place in places or ()] == ["system.nix"]  # type: ignore[union-attr]
            half = text.replace("  system.state", "  networking.\n  system.state")
            assert await labels(one, "configuration.nix", half, "networking.\n"[:-1]) != []
            wrong = text.replace("networking.hostName", "networking.hostNam")
            one.write(wrong, "configuration.nix")
            meant = "did you mean networking.hostName?"
            await one.until(lambda: any(meant in item.message for item in one.diagnostics("configuration.nix")))

    asyncio.run(session())


@pytest.mark.parametrize(
    ("example", "target", "host"),
    [
        ("nixos", "--flake .#nixosConfigurations.desk --offline", '"desk"'),
        ("nix-darwin", "--flake .#darwinConfigurations.laptop --offline", '"laptop"'),
    ],
)
def test_the_examples(tmp_path: Path, example: str, target: str, host: str) -> None:
    async def session() -> None:
        folder = Path(shutil.copytree(HERE.parents[1] / "examples" / example, tmp_path / "example"))
        async with editor(folder, SYSTEM | {"target": target}) as one:
            one.open("configuration.nix")
            assert host in await told(one, "configuration.nix", "hostName")
            one.open("alice.nix")
            assert '"26.05"' in await told(one, "alice.nix", "stateVersion")
            assert host in await told(one, "alice.nix", "MACHINE")
            assert not any(one.client.diagnostics.values())

    asyncio.run(session())


def test_a_system_without_a_flake(tmp_path: Path) -> None:
    async def session() -> None:
        text = '{\n  networking.hostName = "alone";\n  nixpkgs.hostPlatform = "x86_64-linux";\n}\n'
        (tmp_path / "configuration.nix").write_text(text)
        async with editor(tmp_path, SYSTEM | {"target": "--file configuration.nix --offline"}) as one:
            one.open("configuration.nix")
            assert '"alone"' in await told(one, "configuration.nix", "hostName")

    asyncio.run(session())


def test_each_user_has_a_home_of_their_own(folder: Path) -> None:
    async def session() -> None:
        async with editor(folder, SYSTEM) as one:
            one.open("configuration.nix")
            hover = await told(one, "configuration.nix", "enable = true")
            assert "programs.jq.enable" in hover
            assert f"{folder}/configuration.nix:12:5" in hover
            assert '"desk"' in await told(one, "configuration.nix", "hostName;")
            one.open("alice.nix")
            assert '"26.05"' in await told(one, "alice.nix", "stateVersion")
            hover = await told(one, "alice.nix", "HOST")
            assert '"desk"' in hover
            assert f"{folder}/alice.nix:5:3" in hover
            assert f"{folder}/configuration.nix" not in hover

    asyncio.run(session())


def test_a_home_reads_the_system_around_it(folder: Path) -> None:
    async def session() -> None:
        async with editor(folder, SYSTEM) as one:
            text = one.open("alice.nix")
            assert "networking.hostName" in await told(one, "alice.nix", "hostName")
            half = text.replace("osConfig.networking.hostName", "osConfig.users.users.")
            assert await labels(one, "alice.nix", half, "osConfig.users.users.") == ["alice", "bob"]

    asyncio.run(session())


@pytest.mark.parametrize(
    ("name", "word", "expected"),
    [
        ("modules/ssh.nix", "enable", "services.openssh"),
        ("modules/git.nix", "enable", "programs.git"),
    ],
)
def test_a_file_that_looks_like_either_is_what_imports_it(folder: Path, name: str, word: str, expected: str) -> None:
    async def session() -> None:
        async with editor(folder, SYSTEM) as one:
            one.open(name)
            hover = await told(one, name, word)
            assert expected in hover
            one.write("{ \n}\n", name)
            roots = await one.complete(types.Position(0, 2), name)
            assert ("networking" in [item.label for item in roots.items]) == (expected == "services.openssh")

    asyncio.run(session())


def test_a_file_that_no_text_names_is_what_the_evaluation_imports_it_for(folder: Path) -> None:
    async def session() -> None:
        plain = SYSTEM | {"target": "--flake .#desk --user alice --offline"}
        async with editor(folder, plain) as one:
            one.open("configuration.nix")
            text = one.open("modules/fonts.nix")
            async with asyncio.timeout(30):
                while f"{folder}/modules/fonts.nix:1:17" not in await told(one, "modules/fonts.nix", "enable"):
                    await asyncio.sleep(0.1)
            roots = await one.complete(place_of(text, "fonts"), "modules/fonts.nix")
            assert "networking" in [item.label for item in roots.items]

    asyncio.run(session())


def test_the_files_of_another_machine_show_its_values(folder: Path) -> None:
    async def session() -> None:
        async with editor(folder, SYSTEM) as one:
            one.open("attic.nix")
            assert '"attic"' in await told(one, "attic.nix", "hostName")
            one.open("configuration.nix")
            assert '"desk"' in await told(one, "configuration.nix", "hostName")

    asyncio.run(session())


@pytest.mark.parametrize(("host", "value"), [("desk", "true"), ("attic", "false")])
def test_of_several_machines_that_share_a_file_the_chosen_one_is_meant(folder: Path, host: str, value: str) -> None:
    async def session() -> None:
        async with editor(folder, SYSTEM | {"target": f"--flake .#nixosConfigurations.{host} --offline"}) as one:
            one.open("modules/ssh.nix")
            assert f"Value\n\n```nix\n{value}\n" in await told(one, "modules/ssh.nix", "enable")

    asyncio.run(session())


def test_nothing_is_told_of_the_other_options(folder: Path) -> None:
    async def session() -> None:
        async with editor(folder, SYSTEM) as one:
            for name, word in (("modules/ssh.nix", "enable"), ("modules/git.nix", "enable"), ("alice.nix", "HOST")):
                one.open(name)
                await told(one, name, word)
            await asyncio.sleep(0.5)
            assert not any(one.client.diagnostics.values())

    asyncio.run(session())


def test_what_reads_and_defines_an_option_of_the_system(folder: Path) -> None:
    async def session() -> None:
        async with editor(folder, SYSTEM) as one:
            one.open("alice.nix")
            text = one.open("configuration.nix")
            await told(one, "configuration.nix", "hostName")
            document = types.TextDocumentIdentifier(one.uri("configuration.nix"))
            place = place_of(text, "hostName")
            params = types.ReferenceParams(types.ReferenceContext(True), document, place)
            found = await one.client.text_document_references_async(params)
            places = sorted((place.uri.rsplit("/", 1)[1], place.range.start.line) for place in found or ())
            assert places == [("alice.nix", 4), ("configuration.nix", 4), ("configuration.nix", 12)]

    asyncio.run(session())
