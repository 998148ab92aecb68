"""What is open at a place in Nix text: one frame for each set, list, string, …, the innermost last. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from hmeval.lsp.meaning import HOSTS, NOTHING, OF_A_FLAKE, Meaning, Scope, argument


@dataclass
class Frame:
    """What is open: a set, a list, parentheses, a `let`, a `with`, a string, an interpolation, or the file."""

    kind: str
    meaning: Meaning
    host: Scope | None = None
    keys: list[tuple[str, int, int]] = field(default_factory=list)
    in_value: bool = False
    in_function: bool = False
    # What `config` stands for in the current expression, where a function around it has such an argument.
    config: Meaning | None = None
    # What `with` has brought into the current expression.
    withs: list[list[str] | None] = field(default_factory=list)
    # What has been applied to what in the current expression: names (`lib.mkIf`), or None for anything else.
    items: list[list[str] | None] = field(default_factory=list)
    dotted: bool = False
    inherits: bool = False
    # Where the names are inherited from.
    source: list[str] | None = None
    is_formals: bool = False
    aliases: dict[str, Meaning] = field(default_factory=dict)
    text: str = ""
    text_start: int = 0

    @property
    def names_wanted(self) -> bool:
        """Whether the next name is that of an attribute."""
        return self.kind in ("set", "let") and not self.in_value and not self.is_formals

    @property
    def names(self) -> list[str]:
        """The names of the binding that is written."""
        return [name for name, _, _ in self.keys]

    def end_expression(self) -> None:
        """Forget what was applied to what."""
        self.items = []
        self.dotted = False

    def end_binding(self) -> None:
        """Expect a name."""
        self.end_expression()
        self.keys, self.withs, self.config = [], [], None
        self.in_value = self.in_function = self.inherits = False
        self.source = None

    def add_key(self, name: str, start: int, end: int) -> None:
        """Take a name of the binding, a further one after a dot."""
        if not self.dotted:
            self.keys = []
        self.keys.append((name, start, end))
        self.dotted = False

    def add_name(self, name: str) -> None:
        """Take a name in an expression, a further one after a dot."""
        last = self.items[-1] if self.items else None
        if self.dotted and last is not None:
            last.append(name)
        else:
            self.items.append([name])
        self.dotted = False

    def end_value(self, name: str | None = None) -> None:
        """Take a value in an expression: text, a set, …; a name where it stands behind a dot."""
        if self.dotted and name is not None and self.items and self.items[-1] is not None:
            self.add_name(name)
        else:
            self.items.append(None)
            self.dotted = False

    def expected(self) -> Meaning:
        """What an expression that is written here stands for, with no function around it."""
        if self.kind == "set":
            return self.of_binding()
        if self.kind == "list":
            return self.meaning.element()
        return self.meaning

    def begin_function(self, *, binds_config: bool) -> None:
        """Take a function's argument: its body is still what was expected, and may be a module."""
        self.end_expression()
        expected = self.expected()
        if binds_config and expected.path is not None:
            self.config = expected._replace(module=False, merged=False)
        self.in_function = True

    def of_binding(self) -> Meaning:
        """What the value of the binding stands for."""
        names = self.names
        if self.host is not None:
            return Meaning((), self.host, merged=True, module=True) if names == ["modules"] else NOTHING
        if self.meaning.path == () and self.meaning.module and names and names[0] in OF_A_FLAKE:
            return NOTHING
        meaning = self.meaning.at(names)
        return meaning._replace(module=True) if self.in_function and meaning.path is not None else meaning

    def content(self) -> Meaning:
        """What the next argument, or the expression itself, stands for."""
        expected = self.expected()
        if self.kind == "list" or not self.items:
            return expected
        function = self.items[0]
        return NOTHING if function is None else argument(expected, function[-1], len(self.items) - 1)

    def host_called(self) -> Scope | None:
        """Whose configuration the function makes that is called with the next argument, if it makes one."""
        function = self.items[0] if self.kind != "list" and len(self.items) == 1 else None
        made = HOSTS.get(function[-1]) if function else None
        named = self.expected().scope
        return named if made is not None and named is not None and named.kind == made.kind else made
