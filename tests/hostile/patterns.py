"""Regular expressions that take more than linear time, found in their parse trees.

A pattern becomes the automaton of its positions (Glushkov): a state for each character class, an edge where one can
follow another. Backtracking tries every path, so time grows with the number of paths that read the same text: by a
power if a loop leads to another loop and both read the same text, exponentially if two paths lead from a state back to
it (Weideman and others, "Analyzing matching time behavior of backtracking regular expression matchers", 2016). A search
begins at every character, which is a loop in front of the pattern.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]  # the parser of re is what is asked
from typing import Any, Final, Literal

Use = Literal["search", "match", "fullmatch"]

#: Characters that stand for all others of their kind; of bytes, all of them.
_LETTERS: Final = [chr(code) for code in range(128)] + [
    *"\x85\xa0éßıŁ元円€₹٣１²\u2003\u3000\u200b\u200d\ufe0f\ufdd0\ud800—’（）"
]
_BYTES: Final = [bytes([code]) for code in range(256)]
#: Repeats of at most so many are no loops; those of more are, since texts of millions are read by many patterns.
_FEW: Final = 64
_LOOKAROUNDS: Final = {_constants.ASSERT, _constants.ASSERT_NOT}
_SINGLE: Final = {_constants.IN, _constants.LITERAL, _constants.NOT_LITERAL, _constants.ANY}
_REPEATS: Final = {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}


@dataclass
class _Part:
    """A piece of a pattern.

    Parameters
    ----------
    first, last
        States that can begin and end it.
    ends
        Of the last ones, those behind which nothing of the piece can fail; anchors and lookarounds can.
    bound
        Of the first ones, those that stand at the beginning of a text alone.
    is_empty, skips
        Whether it can read nothing, and whether it then cannot fail.
    is_bound
        Whether it reads nothing only at the beginning of a text.
    """

    first: set[int] = field(default_factory=set)
    last: set[int] = field(default_factory=set)
    ends: set[int] = field(default_factory=set)
    bound: set[int] = field(default_factory=set)
    is_empty: bool = True
    skips: bool = True
    is_bound: bool = False


class _Automaton:
    """The states and edges of a pattern."""

    def __init__(self, pattern: str | bytes, flags: int, use: Use) -> None:
        self.letters: list[Any] = _LETTERS if isinstance(pattern, str) else list(_BYTES)
        self._tree = _parser.parse(pattern, flags)
        self._flags = self._tree.state.flags
        self.reads: list[frozenset[int]] = []
        self.edges: Counter[tuple[int, int]] = Counter()
        #: Edges by which a possessive repeat begins anew: what it has read is never given back.
        self.kept: set[tuple[int, int]] = set()
        #: For an edge out of a possessive repeat: what the repeat would have read, so that the edge does not.
        self.held: dict[tuple[int, int], frozenset[int]] = {}
        self._holds: dict[int, frozenset[int]] = {}
        whole = self._sequence(self._tree, self._flags)
        if use == "search":
            anywhere = self._state(frozenset(range(len(self.letters))))
            self.edges[anywhere, anywhere] += 1
            self.edges.update((anywhere, each) for each in whole.first - whole.bound)
        #: States behind which nothing can fail: a match ends there, and no other path is tried.
        self.ends = whole.ends if use != "fullmatch" else set[int]()

    def _state(self, reads: frozenset[int]) -> int:
        self.reads.append(reads)
        return len(self.reads) - 1

    def _sequence(self, items: Iterable[tuple[Any, Any]], flags: int) -> _Part:
        whole = _Part()
        for kind, value in items:
            whole = self._joined(whole, self._part(kind, value, flags))
        return whole

    def _joined(self, left: _Part, right: _Part) -> _Part:
        for edge in ((one, other) for one in left.last for other in right.first):
            self.edges[edge] += 1
            if edge[0] in self._holds:
                self.held[edge] = self._holds[edge[0]]
        bound = right.first if left.is_bound else right.bound
        return _Part(
            left.first | (right.first if left.is_empty else set()),
            right.last | (left.last if right.is_empty else set()),
            right.ends | (left.ends if right.skips else set()),
            left.bound | (bound if left.is_empty else set()),
            left.is_empty and right.is_empty,
            left.skips and right.skips,
            left.is_empty and right.is_empty and (left.is_bound or right.is_bound),
        )

    def _part(self, kind: Any, value: Any, flags: int) -> _Part:
        if kind in _SINGLE:
            state = self._state(self._reads(kind, value, flags))
            return _Part({state}, {state}, {state}, is_empty=False, skips=False)
        if kind in _REPEATS:
            least, most, inner = value
            return self._repeat(kind, least, most, inner, flags)
        if kind in _LOOKAROUNDS:
            direction, inner = value
            return self._lookaround(kind, direction, inner, flags)
        if kind is _constants.AT:
            anchors = {_constants.AT_BEGINNING_STRING} | ({_constants.AT_BEGINNING} if not flags & re.M else set())
            return _Part(skips=False, is_bound=value in anchors)
        return self._group(kind, value, flags)

    def _group(self, kind: Any, value: Any, flags: int) -> _Part:
        if kind is _constants.SUBPATTERN:
            _, added, dropped, inner = value
            return self._sequence(inner, (flags | added) & ~dropped)
        if kind is _constants.ATOMIC_GROUP:
            return self._sequence(value, flags)
        if kind is _constants.BRANCH:
            return self._branch([self._sequence(each, flags) for each in value[1]])
        if kind is _constants.GROUPREF:
            return _Part(skips=False)
        raise AssertionError(f"{kind} is not known to the check of patterns")

    def _lookaround(self, kind: Any, direction: int, inner: Any, flags: int) -> _Part:
        """What is ahead is read, and leads nowhere; what is behind is a text before the rest."""
        part = self._sequence(inner, flags)
        if direction > 0:
            return _Part(part.first, skips=False)
        return part if kind is _constants.ASSERT else _Part(skips=False)

    def _reads(self, kind: Any, value: Any, flags: int) -> frozenset[int]:
        single = _parser.SubPattern(self._tree.state, [(kind, value)])
        compiled = _compiler.compile(single, flags & ~re.DEBUG)
        return frozenset(at for at, letter in enumerate(self.letters) if compiled.fullmatch(letter))

    def _branch(self, parts: list[_Part]) -> _Part:
        return _Part(
            set().union(*(each.first for each in parts)),
            set().union(*(each.last for each in parts)),
            set().union(*(each.ends for each in parts)),
            set().union(*(each.bound for each in parts)),
            any(each.is_empty for each in parts),
            any(each.skips for each in parts),
            any(each.is_empty for each in parts) and all(each.is_bound for each in parts if each.is_empty),
        )

    def _repeat(self, kind: Any, least: int, most: int, inner: Any, flags: int) -> _Part:
        part = self._sequence(inner, flags)
        is_kept = kind is _constants.POSSESSIVE_REPEAT
        if most > _FEW:
            back = {(one, other) for one in part.last for other in part.first}
            self.edges.update(back)
            if is_kept:
                self.kept |= {edge for edge in back if self.edges[edge] == 1}
                reads = frozenset().union(*(self.reads[each] for each in part.first))
                self._holds |= dict.fromkeys(part.last, reads)
        elif most > 1:  # a copy, which reads what the first does
            again = self._sequence(inner, flags)
            again.is_empty, again.skips = again.is_empty or least < most, again.skips or least < most
            part = self._joined(part, again)
        is_empty, skips = part.is_empty or least == 0, part.skips or least == 0
        return _Part(part.first, part.last, part.ends, part.bound, is_empty, skips, part.is_bound and least > 0)


def fault_of(pattern: str | bytes, flags: int = 0, use: Use = "search") -> str | None:
    """Say why a pattern takes more than linear time; ``None`` if it does not."""
    found = _Automaton(pattern, flags, use)
    follows, free = _Graph(found, set(found.edges)), _Graph(found, set(found.edges) - found.kept)
    for one in free.loops:
        own = free.around(one)
        if any(times > 1 and set(edge) <= own for edge, times in found.edges.items()):
            return f"a repeat within a repeat: exponential, at {_shown(found, one)}"
        if _meets(one, free, own):
            return f"two ways through one repeat: exponential, at {_shown(found, one)}"
        for other in follows.loops:
            if other not in follows.reach[one] or one in follows.reach[other] or other in found.ends:
                continue
            theirs = follows.around(other) - found.ends
            between = {each for each in follows.reach[one] | {one} if other in follows.reach[each]} - found.ends
            if _leads(one, other, follows, own, between, theirs):
                return f"a repeat behind a repeat: quadratic, from {_shown(found, one)} to {_shown(found, other)}"
    return None


class _Graph:
    """Some edges of an automaton."""

    def __init__(self, found: _Automaton, edges: set[tuple[int, int]]) -> None:
        self._found, self._follows = found, dict[int, list[int]]()
        for one, other in edges:
            self._follows.setdefault(one, []).append(other)
        self.reach = {state: _reached(state, self._follows) for state in range(len(found.reads))}
        self.loops = [state for state in self.reach if state in self.reach[state]]
        self.letters = _classes(found.reads)

    def around(self, state: int) -> set[int]:
        """Return the states of the loops through a state."""
        return {each for each in self.reach[state] if state in self.reach[each]}

    def steps(self, state: int, letter: int, within: set[int]) -> list[int]:
        """Return the states that follow over a letter."""
        return [
            each
            for each in self._follows.get(state, ())
            if each in within
            and letter in self._found.reads[each]
            and letter not in self._found.held.get((state, each), ())
        ]


def _shown(found: _Automaton, state: int) -> str:
    letters = [found.letters[each] for each in sorted(found.reads[state])]
    return repr(letters[:4])


def _reached(state: int, follows: dict[int, list[int]]) -> set[int]:
    reached: set[int] = set()
    waiting = list(follows.get(state, ()))
    while waiting:
        each = waiting.pop()
        if each not in reached:
            reached.add(each)
            waiting.extend(follows.get(each, ()))
    return reached


def _classes(reads: list[frozenset[int]]) -> list[int]:
    """Return one letter of each class that all states read alike."""
    signatures: dict[tuple[bool, ...], int] = {}
    for letter in set().union(*reads):
        signatures.setdefault(tuple(letter in each for each in reads), letter)
    return list(signatures.values())


def _meets(state: int, graph: _Graph, own: set[int]) -> bool:
    """Whether two paths part from a state and come back to it over the same text."""
    start = (state, state, False)
    seen, waiting = {start}, deque([start])
    while waiting:
        one, other, is_parted = waiting.popleft()
        for letter in graph.letters:
            for left in graph.steps(one, letter, own):
                for right in graph.steps(other, letter, own):
                    now = left, right, is_parted or left != right
                    if now == (state, state, True):
                        return True
                    if now not in seen:
                        seen.add(now)
                        waiting.append(now)
    return False


def _leads(one: int, other: int, graph: _Graph, own: set[int], between: set[int], theirs: set[int]) -> bool:
    """Whether a text leads from a loop to itself, from it to another loop, and from that one to itself."""
    start, goal = (one, one, other), (one, other, other)
    seen, waiting = {start}, deque([start])
    while waiting:
        left, middle, right = waiting.popleft()
        for letter in graph.letters:
            follow = product(
                graph.steps(left, letter, own), graph.steps(middle, letter, between), graph.steps(right, letter, theirs)
            )
            for now in follow:
                if now == goal:
                    return True
                if now not in seen:
                    seen.add(now)
                    waiting.append(now)
    return False
