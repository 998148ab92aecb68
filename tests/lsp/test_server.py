"""The language server as editors meet it: a process of its own, over standard input and output.

`home/` is the workspace that is edited: a configuration of two files, and one with mistakes that nothing imports.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from lsprotocol import types

from tests.lsp.editor import OFFLINE, editor, place_of


def test_hover_tells_value_definitions_and_documentation(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            told = await one.hover(place_of(text, "EDITOR"))
            assert '"nvim"' in told
            assert "a value within `home.sessionVariables`" in told
            assert f"{home}/git.nix:4:3 (mkForce)\n" in told
            assert f'{home}/home.nix:7:3, which lost: `"vi"`' in told
            told = await one.hover(place_of(text, "base", 1))
            assert "home.language.base" in told
            assert '"de_DE.UTF-8"' in told

    asyncio.run(session())


def test_completion_offers_names_snippets_and_values(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            half = text.replace("  home.username", "  programs.git.ena\n  home.username", 1)
            one.write(half)
            found = await one.complete(place_of(half, "git.ena", 7))
            first = next(item for item in found.items if item.label == "enable")
            assert isinstance(first.text_edit, types.TextEdit)
            assert first.text_edit.new_text == "enable = ${1|true,false|};"
            assert first.text_edit.range.end == place_of(half, "git.ena", 7)
            resolved = await one.client.completion_item_resolve_async(first)
            assert isinstance(resolved.documentation, types.MarkupContent)
            assert "programs.git.enable" in resolved.documentation.value
            half = text.replace("  home.username", '  news.display = "";\n  home.username', 1)
            one.write(half)
            found = await one.complete(place_of(half, 'display = "', 11))
            assert [item.label for item in found.items] == ['"silent"', '"notify"', '"show"']
            half = text.replace("  home.username", "  news.display = config.home.us;\n  home.username", 1)
            one.write(half)
            found = await one.complete(place_of(half, "config.home.us;", 14))
            assert "username" in [item.label for item in found.items]

    asyncio.run(session())


def test_completions_share_their_range_where_the_editor_understands_that(home: Path) -> None:
    async def session(common_range: bool) -> types.CompletionList:
        async with editor(home, OFFLINE, common_range=common_range) as one:
            text = one.open()
            await one.until_fresh()
            half = text.replace("  home.username", "  programs.git.\n  home.username", 1)
            one.write(half)
            return await one.complete(place_of(half, "programs.git.\n", 13))

    whole, shared = (asyncio.run(session(common_range)) for common_range in (False, True))
    assert whole.item_defaults is None
    assert shared.item_defaults is not None
    written = [
        (item.label, item.text_edit_text or item.label, shared.item_defaults.edit_range) for item in shared.items
    ]
    assert all(item.text_edit is None for item in shared.items)
    edits = [(item.label, item.text_edit) for item in whole.items if isinstance(item.text_edit, types.TextEdit)]
    assert written == [(label, edit.new_text, edit.range) for label, edit in edits]
    assert len(written) > 3


def test_definition_references_and_symbols(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            document = types.TextDocumentIdentifier(one.uri())
            place = place_of(text, "username")
            found = await one.client.text_document_definition_async(types.DefinitionParams(document, place))
            assert isinstance(found, list | tuple)
            assert [location.uri.rsplit("/", 1)[1] for location in found] == ["identity.nix"]
            place = place_of(text, "./git.nix", 3)
            found = await one.client.text_document_definition_async(types.DefinitionParams(document, place))
            assert [location.uri for location in found or ()] == [one.uri("git.nix")]  # type: ignore[union-attr]
            params = types.ReferenceParams(types.ReferenceContext(True), document, place_of(text, "EDITOR"))
            places = await one.client.text_document_references_async(params)
            assert sorted((one.uri.rsplit("/", 1)[1], one.range.start.line) for one in places or ()) == [
                ("git.nix", 3),
                ("home.nix", 6),
            ]
            params = types.ReferenceParams(types.ReferenceContext(True), document, place_of(text, "username"))
            places = await one.client.text_document_references_async(params)
            assert [one.range.start.line for one in places or ()] == [3, 4]
            outline = await one.client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
            assert "home.username" in [symbol.name for symbol in outline or ()]
            everywhere = await one.client.workspace_symbol_async(types.WorkspaceSymbolParams("gitenable"))
            assert [symbol.name for symbol in everywhere or ()] == ["programs.git.enable"]

    asyncio.run(session())


def test_diagnostics_from_the_text_and_their_fixes(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            one.open()
            await one.until_fresh()
            one.open("scratch.nix")
            await one.until(lambda: len(one.diagnostics("scratch.nix")) == 4)
            found = {item.code: item for item in one.diagnostics("scratch.nix")}
            text = (home / "scratch.nix").read_text()
            assert "programs.git.enable" in found["unknown-option"].message
            assert found["unknown-option"].range.start == place_of(text, "enabel")
            assert found["renamed"].message == "programs.git.userName is now programs.git.settings.user.name"
            wrong = [item.message for item in one.diagnostics("scratch.nix") if item.code == "wrong-type"]
            assert len(wrong) == 2
            document = types.TextDocumentIdentifier(one.uri("scratch.nix"))
            for code, new in (("unknown-option", "enable"), ("renamed", "programs.git.settings.user.name")):
                context = types.CodeActionContext([found[code]])
                params = types.CodeActionParams(document, found[code].range, context)
                fixes = await one.client.text_document_code_action_async(params)
                fix = next(fix for fix in fixes or () if isinstance(fix, types.CodeAction))
                assert fix.edit is not None
                assert [edit.new_text for edit in (fix.edit.changes or {})[one.uri("scratch.nix")]] == [new]

    asyncio.run(session())


# Written for others than Home Manager: treefmt, nixpkgs, NixOS.
FOREIGN = {
    "treefmt.nix": '{ projectRootFile = "flake.nix"; programs.nixfmt.enable = true; programs.jq.enable = "yes"; }\n',
    "overlay.nix": "final: prev: { xdgs = prev.xdg; }\n",
    "server.nix": "{ services.postgresql.enable = true; }\n",
}


def test_what_nothing_imports_may_have_options_of_its_own(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            for name, foreign in FOREIGN.items():
                (home / name).write_text(foreign)
                one.open(name)
            one.open("scratch.nix")
            await one.until(lambda: len(one.diagnostics("scratch.nix")) == 4)
            assert [one.diagnostics(name) for name in FOREIGN] == [[], [], []]
            unknown = [item for item in one.diagnostics("scratch.nix") if item.code == "unknown-option"]
            assert [item.severity for item in unknown] == [types.DiagnosticSeverity.Warning]
            one.save(one.write(text.replace("./git.nix", " ".join(f"./{name}" for name in FOREIGN))))
            await one.until(lambda: all(one.diagnostics(name) for name in FOREIGN))

    asyncio.run(session())


def test_syntax_errors_are_those_of_nix(home: Path) -> None:
    async def session() -> None:
        async with editor(home, {"trust": "never"}) as one:
            one.open(text="{ lib, ... }:\n{\n  home.username = ;\n}\n")
            await one.until(one.diagnostics)
            (found,) = one.diagnostics()
            assert (found.code, found.range.start) == ("syntax", types.Position(2, 18))
            one.write("{\n  lib,\n}:\n{\n  home.username = lib.x;\n}\n")  # a trailing comma is none
            await one.until(lambda: not one.diagnostics())
            one.write('{ home.username = "\0"; home.language = ; }\n')
            await one.until(one.diagnostics)
            assert one.diagnostics()[0].range.start == types.Position(0, 39)
            assert not one.client.log_messages
            one.write("{\n  home.username = x: x;\n  home.username = y: y;\n}\n")
            await one.until(lambda: any("already defined at 2:3" in item.message for item in one.diagnostics()))

    asyncio.run(session())


def test_what_the_evaluation_finds_is_told_at_its_place_in_the_right_file(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            broken = '{ lib, ... }:\n{\n  programs.jq.enable = builtins.throw "no jq here";\n}\n'
            (home / "git.nix").write_text(broken)
            one.save(text)
            await one.until(lambda: any("no jq here" in item.message for item in one.diagnostics("git.nix")))
            # Nix 2.8.0 does not tell where the throw is: there, its definition is the place.
            definition, throw = types.Position(2, 2), types.Position(2, 23)
            assert one.diagnostics("git.nix")[0].range.start in (definition, throw)
            (home / "git.nix").write_text("{ nosuch.option = 1; }\n")
            one.save(text)
            await one.until(lambda: any("nosuch" in item.message for item in one.diagnostics("git.nix")))
            found = one.diagnostics("git.nix")[0]
            assert (found.code, found.range.start) == ("evaluation", types.Position(0, 2))
            (home / "git.nix").write_text("{ }\n")
            one.save(text)
            await one.until(lambda: not one.diagnostics("git.nix") and not one.diagnostics())

    asyncio.run(session())


def test_what_the_evaluation_finds_in_a_file_stays_when_that_is_closed(home: Path) -> None:
    (home / "git.nix").write_text('{ programs.jq.enable = builtins.throw "no jq here"; }\n')

    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            text = one.open()
            one.open("git.nix")
            await one.until(lambda: one.diagnostics("git.nix"))
            identifier = types.TextDocumentIdentifier(one.uri("git.nix"))
            one.client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))
            await one.hover(place_of(text, "username"))  # by now it has been closed
            await one.until(lambda: one.diagnostics("git.nix"))

    asyncio.run(session())


def test_inlay_hints_show_the_value_that_won(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            one.open()
            await one.until_fresh()
            whole = types.Range(types.Position(0, 0), types.Position(99, 0))
            params = types.InlayHintParams(types.TextDocumentIdentifier(one.uri()), whole)
            hints = await one.client.text_document_inlay_hint_async(params)
            assert [(hint.position.line, hint.label) for hint in hints or ()] == [
                (4, '= "/home/alice"'),
                (6, '= "nvim"'),
            ]

    asyncio.run(session())


def test_a_specialisation_has_values_of_its_own(home: Path) -> None:
    dark = '  specialisation.dark.configuration.home.sessionVariables = { EDITOR = lib.mkForce "emacs"; };\n}\n'
    text = (home / "home.nix").read_text().removesuffix("}\n") + dark
    (home / "home.nix").write_text(text)

    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            one.open()
            await one.until_fresh()
            assert f"{home}/home.nix:7:3, which lost" in await one.hover(place_of(text, "EDITOR"))
            told = await one.hover(place_of(text, "EDITOR = lib"))
            assert "a value within `home.sessionVariables`" in told
            assert "Value" not in told
            assert "Defined by" not in told
            line = types.Position(text[: text.index(dark)].count("\n"), 0)
            params = types.InlayHintParams(types.TextDocumentIdentifier(one.uri()), types.Range(line, line))
            assert not await one.client.text_document_inlay_hint_async(params)

    asyncio.run(session())


def test_an_answer_that_is_older_than_the_text_says_so(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            changed = text.replace('"alice"', '"bob"')
            one.write(changed)
            told = await one.hover(place_of(changed, "username"))
            assert '"alice"' in told
            assert "not saved" in told
            one.save(changed)
            await one.until_fresh()
            assert '"bob"' in await one.hover(place_of(changed, "username"))

    asyncio.run(session())


def test_changes_that_are_given_up_leave_the_answers_as_they_were(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            one.write(text.replace('"alice"', '"bob"'))
            assert "not saved" in await one.hover(place_of(text, "username"))
            identifier = types.TextDocumentIdentifier(one.uri())
            one.client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))
            one.open()
            await one.until_fresh()

    asyncio.run(session())


def test_a_folder_that_comes_later_is_evaluated_too(home: Path) -> None:
    async def session() -> None:
        elsewhere = home.parent / "elsewhere"
        elsewhere.mkdir()
        async with editor(elsewhere, OFFLINE) as one:
            one.folder = home
            text = one.open()
            await one.until(lambda: one.uri() in one.client.diagnostics)
            assert "built-in option set" in await one.hover(place_of(text, "username"))
            added = types.WorkspaceFolder(home.as_uri(), "home")
            event = types.WorkspaceFoldersChangeEvent([added], [])
            params = types.DidChangeWorkspaceFoldersParams(event)
            one.client.workspace_did_change_workspace_folders(params)
            await one.until_fresh()

    asyncio.run(session())


def test_the_built_in_options_have_nobodys_values(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE | {"trust": "never"}) as one:
            text = one.open()
            told = ""
            async with asyncio.timeout(10):
                while "built-in option set" not in told:
                    told = await one.hover(place_of(text, "username"))
                    await asyncio.sleep(0.1)
            assert "Value" not in told
            assert "Defined by" not in told

    asyncio.run(session())


def test_wrong_settings_are_told_and_the_defaults_taken(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE | {"evaluation": {"timeout": "soon", "memory": 1}}) as one:
            one.open()
            await one.until_fresh()
            told = " ".join(message.message for message in one.client.messages)
            assert "hmeval.evaluation.timeout" in told
            assert "hmeval.evaluation.memory" in told

    asyncio.run(session())


def test_a_text_that_is_no_file_yet_is_a_document_like_others(home: Path) -> None:
    text = "{ programs.git.enable = true; }"

    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            one.open()
            await one.until_fresh()
            document = types.TextDocumentIdentifier("untitled:Untitled-1")
            item = types.TextDocumentItem(document.uri, "nix", 1, text)
            one.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
            everywhere = await one.client.workspace_symbol_async(types.WorkspaceSymbolParams("gitenable"))
            uris = {symbol.location.uri for symbol in everywhere or ()}
            assert uris == {one.uri("git.nix"), document.uri}
            params = types.ReferenceParams(types.ReferenceContext(True), document, place_of(text, "enable"))
            places = await one.client.text_document_references_async(params)
            assert [place.uri for place in places or ()] == [document.uri]

    asyncio.run(session())


def test_a_workspace_that_is_a_link_is_known_by_that_name(home: Path) -> None:
    linked = home.parent / "linked"
    linked.symlink_to(home)

    async def session() -> None:
        async with editor(linked, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            assert f"{home}/home.nix:7:3, which lost" in await one.hover(place_of(text, "EDITOR"))
            params = types.ReferenceParams(
                types.ReferenceContext(True), types.TextDocumentIdentifier(one.uri()), place_of(text, "EDITOR")
            )
            places = await one.client.text_document_references_async(params)
            assert {place.uri for place in places or ()} == {one.uri(), one.uri("git.nix")}
            (home / "git.nix").write_text('{ programs.jq.enable = builtins.throw "no jq here"; }\n')
            one.save(text)
            await one.until(lambda: any("no jq here" in item.message for item in one.diagnostics("git.nix")))

    asyncio.run(session())
