"""Units fed to an app, few and then many, and found again in what it shows.

What all comes out of three and of four must come out of 67.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence

from ..checks.structure import Fed, Shown, kept, limited, repeated, structure
from ..clues import source
from ..finding import Finding, Repeats
from ..reproduce import Case, described, steps_of
from ..rows import Skipped
from ..steps import Step
from .feeds import Feed, feeds, sent_texts
from .search import Search, Stop
from .units import NUMBER, WORD, broken_off, sequence, texts_in, units

__all__ = ["fed_again", "many_units"]

SMALL = (3, 4)
#: Primes: multiples of no batch.
LARGE = (67, 997)
#: Two multiples of most batches, for apps that show full ones only, and a prime after them.
FULL = ((120, 240, 251), (6_400, 12_800, 12_809))
#: How often an event is fed in all.
MOST = 60
SLOWEST_SECONDS = 0.5
#: In an answer, or in what the visitor is told: not all is shown.
NOTE = re.compile(
    r"…|\.\.\.|truncat|\bfirst\b|\bshow(ing|n)\b|\bonly\b|limit|\bmore\b|omitted|remain|\btop\b"
    r"|\bpage\b|\bmax|\bpreview|\bup to\b|too (long|many|large)|\bskipp|\bdropped\b|\bcut\b",
    re.IGNORECASE,
)
#: On the page or in the function's source: so many and no more are meant to be shown.
CAPPED = re.compile(
    r"truncat|\bfirst\b|\btop\b|\btop_|\bmost\b|limit|preview|\bpage|\bhead\(|\btail\(|nlargest"
    r"|\[-\w+ ?:\]|nsmallest|excerpt|snippet|teaser|shorten|latest|recent|\blast|\bup to\b|\bmax",
    re.IGNORECASE,
)
#: There: some are chosen, and the others are not shown.
MEANT = re.compile(
    r"sampl|summar|random|keyword|filter|compress|search|\bmatch|choose|choice|select|extract"
    r"|most_common|unique|distinct",
    re.IGNORECASE,
)
#: There: the text is laid out in pieces, and two of them may have a part in common.
OVERLAPS = re.compile(r"chunk|split|overlap|window|wrap|stride|segment", re.IGNORECASE)
#: In the author's source: a unit is not meant to be shown twice.
UNIQUE = re.compile(
    r"\bset\(|fromkeys|unique|drop_duplicates|de-?dup|duplicat|distinct|not in\b|\bseen\b"
    r"|Counter\(|count|freq|union|intersect",
    re.IGNORECASE,
)
#: An output: the event's label and its number.
_Place = tuple[str, int]


def many_units(search: Search) -> None:
    """Feed the event's fields with units; tell what many of them lose that few did not."""
    calls = search.budget.calls
    last_call = None if calls is None else search.calls + (calls - search.calls) // 3
    feeding = _Feeding(search, last_call)
    if not feeding.fields or search.event.renders:
        return
    if search.quickest > SLOWEST_SECONDS:
        search.unshown.append(_unfed(search, "it is too slow to be called so often"))
        return
    try:
        # The same loop is behind the other ways to feed it.
        search.told += next(feeding.findings(), [])
    except Stop:
        if feeding.feeds < MOST and not search.needs:
            search.unshown.append(_unfed(search, "its time or its calls had run out"))
        raise


def fed_again(search: Search, steps: Sequence[Step]) -> list[Finding]:
    """Feed the event a few units, then those that *steps* feed it; return what is still wrong."""
    return _Feeding(search, None).again(tuple(steps))


def _unfed(search: Search, why: str) -> Skipped:
    return Skipped(search.event.label, f"not all its lists were fed long (api.structure): {why}")


class _Feeding:
    """The state of one event's turn: how often it was fed, and what was shown."""

    def __init__(self, search: Search, last_call: int | None) -> None:
        self.search, self.last_call = search, last_call
        self.feeds = 0
        self.noted = False
        self.known: set[tuple[int, str]] = set()
        self.fields = sorted(feeds(search), key=lambda field: field.numbers)
        self.shown: dict[tuple[int, tuple[str, ...]], tuple[dict[_Place, Shown], bool]] = {}

    def findings(self) -> Iterator[list[Finding]]:
        """Yield what is wrong, the likeliest first: every way to feed it, then more of each."""
        turns: list[tuple[Feed, _Place, tuple[Shown, ...]]] = []
        for field in self.fields:
            if (field.component.id, field.what) in self.known:
                continue  # as words they are shown: numbers say no more
            new = [(field, place, small) for place, small in self._few(field).items()]
            if new:
                self.known.add((field.component.id, field.what))
            turns += new
            yield from (found for turn in new if (found := self._many(*turn, SMALL[-1], LARGE[0])))
        yield from (found for turn in turns if (found := self._twice(*turn)))
        yield from (found for turn in turns if (found := self._many(*turn, *LARGE)))
        for field in self.fields:
            if field.what in ("line", "row") and (field.component.id, field.what) not in self.known:
                yield from (found for p in self._own() if (found := self._full(field, p)))

    def again(self, steps: tuple[Step, ...]) -> list[Finding]:
        """Return what is wrong where the event is fed as in *steps*, and not with a few units."""
        way = self._way(steps)
        if way is None:
            return []
        field, given = way
        few = self._few(field)
        if len({*given}) < len(given):
            turns = [self._twice(field, place, small, given) for place, small in few.items()]
        else:
            few = few or {place: self._batches(field, place)[0] for place in self._own()}
            turns = [
                structure(self._judged(field, place, small, given))
                for place, small in few.items()
                if small
            ]
        return [finding for found in turns for finding in found]

    def _way(self, steps: tuple[Step, ...]) -> tuple[Feed, tuple[str, ...]] | None:
        """Return the field that *steps* feed, and its units; None if there is no such field."""
        search = self.search
        text = "\n".join(t for step in steps for v in step.values.values() for t in sent_texts(v))
        for field in self.fields:
            given = tuple((NUMBER if field.numbers else WORD).findall(text))
            if given and steps_of(search.contract, search.event, field.case(given)) == steps:
                return field, given
        return None

    def _units(self, field: Feed, size: int) -> tuple[str, ...]:
        return units(size, self.search.seed, numbers=field.numbers)

    def _own(self) -> list[_Place]:
        event = self.search.event
        return [(event.label, number) for number in range(len(event.outputs))]

    def _few(self, field: Feed) -> dict[_Place, tuple[Shown, ...]]:
        """Return what was fed and shown of a few units, by the outputs that show them all."""
        found: dict[_Place, tuple[Shown, ...]] = {}
        for size in reversed(SMALL):
            shown = self._once(field, self._units(field, size))
            before, found = found, {}
            for place, one in shown.items():
                if kept(one) is not None and (size == SMALL[-1] or place in before):
                    found[place] = (one, *before.get(place, ()))
            if not found:
                break
        return {place: small for place, small in found.items() if _alike(small)}

    def _many(
        self, field: Feed, place: _Place, small: tuple[Shown, ...], good: int, size: int
    ) -> list[Finding]:
        size = min(size, field.most)
        if size <= good:
            return []
        fed = self._judged(field, place, small, self._units(field, size))
        return self._smallest(field, place, small, good, fed) if structure(fed) else []

    def _full(self, field: Feed, place: _Place) -> list[Finding]:
        """Judge an app that shows no few units: perhaps it shows full batches only."""
        small, more = self._batches(field, place)
        if not small:
            return []
        fed = self._judged(field, place, small, self._units(field, more))
        return self._told(field, place, fed) if structure(fed) else []

    def _batches(self, field: Feed, place: _Place) -> tuple[tuple[Shown, ...], int]:
        """Return what is shown of so many units that batches are full, and how many are more.

        Nothing where not all of them are shown.
        """
        for *whole, more in FULL:
            if more > field.most or field.numbers:
                break
            shown = [self._once(field, self._units(field, size)).get(place) for size in whole]
            small = tuple(one for one in shown if one is not None and kept(one) is not None)
            if len(small) == len(whole):
                return small, more
        return (), 0

    def _twice(
        self, field: Feed, place: _Place, small: tuple[Shown, ...], given: Sequence[str] = ()
    ) -> list[Finding]:
        """Judge whether a unit that is given several times is shown as often."""
        if not field.twice:
            return []
        a, b, c = self._units(field, 3)
        given = given or (a, b, a, c, a)
        shown = tuple(self._fed(field, given, queued=q).get(place) for q in (False, True))
        large = tuple(one for one in shown if one is not None)
        fed = self._of(field, place, small, large)
        meant = UNIQUE.search(self._source(place)) is not None or not self._source(place)
        found = repeated(dataclasses.replace(fed, meant=meant))
        return [self._written(one, field.case(given)) for one in found]

    def _smallest(
        self, field: Feed, place: _Place, small: tuple[Shown, ...], good: int, fed: Fed
    ) -> list[Finding]:
        """Return what is told of the fewest units that show it, as far as calls allow."""
        bad = len(fed.large[0].units)
        severity = structure(fed)[0].severity
        while bad - good > 1:
            middle = (good + bad) // 2
            try:
                smaller = self._judged(field, place, small, self._units(field, middle))
            except Stop:
                break
            if any(one.severity == severity for one in structure(smaller)):
                bad, fed = middle, smaller
            else:
                good = middle
        return self._told(field, place, fed)

    def _told(self, field: Feed, place: _Place, fed: Fed) -> list[Finding]:
        """Return what is told of *fed*, if the real queue shows the same."""
        given = fed.large[0].units
        if self._fed(field, given, queued=True).get(place) != fed.large[0]:
            return []
        case = field.case(given)
        return [self._written(one, case) for one in structure(fed)]

    def _written(self, finding: Finding, case: Case) -> Finding:
        search = self.search
        return dataclasses.replace(
            finding,
            input=described(search.contract, search.event, case),
            reproduce=search.snippet(case, finding.check, call="replay_compared"),
            repeats=Repeats(2, 2, "FF"),
        )

    def _judged(
        self, field: Feed, place: _Place, small: tuple[Shown, ...], given: tuple[str, ...]
    ) -> Fed:
        """Feed the units *given*, once more if not all are kept, and then about twice as many."""
        size = len(given)
        first = self._once(field, given).get(place)
        if first is None:
            return self._of(field, place, small, ())
        noted = self.noted
        fed = self._of(field, place, small, (first, first))
        if not structure(fed):
            return fed
        again = self._fed(field, given).get(place)
        double = min(2 * size - 3, field.most)
        larger = None
        if again == first and double > size:
            larger = self._once(field, self._units(field, double)).get(place)
        large = (first,) if again is None else (first, again)
        fed = dataclasses.replace(fed, large=large, larger=larger, noted=noted)
        if limited(fed) and not (first.cut or field.numbers):
            # A cut that fell between two units falls into one of them now.
            typed = (given[0] + given[0][1:], *given[1:])
            shifted = self._fed(field, given, typed=typed).get(place, first)
            fed = dataclasses.replace(
                fed, large=tuple(dataclasses.replace(one, cut=shifted.cut) for one in large)
            )
        return fed

    def _of(
        self, field: Feed, place: _Place, small: tuple[Shown, ...], large: tuple[Shown, ...]
    ) -> Fed:
        search = self.search
        event = next(e for e in search.contract.events if e.label == place[0])
        words = f"{self._page(place)}\n{self._source(place)}"
        return Fed(
            event,
            event.outputs[place[1]],
            field.what,
            small,
            large,
            noted=self.noted,
            capped=CAPPED.search(words) is not None,
            meant=MEANT.search(words) is not None,
            overlaps=OVERLAPS.search(words) is not None,
            folder=search.folder,
        )

    def _once(self, field: Feed, given: tuple[str, ...]) -> dict[_Place, Shown]:
        """Return what `_fed` does, from memory where this was fed for another output."""
        key = (id(field), given)
        if key not in self.shown:
            self.shown[key] = self._fed(field, given), self.noted
        shown, self.noted = self.shown[key]
        return shown

    def _fed(
        self,
        field: Feed,
        given: Sequence[str],
        *,
        queued: bool = False,
        typed: Sequence[str] | None = None,
    ) -> dict[_Place, Shown]:
        """Return which of the *given* units each output shows; nothing where the call failed.

        *typed* is how they are written, where that is not as they are.
        """
        search = self.search
        self.feeds += 1
        over = self.last_call is not None and search.calls >= self.last_call
        if not queued and (over or self.feeds > MOST):
            raise Stop
        case = field.case(typed or given)
        if not search.allowed(case):
            return {}
        if queued:
            search.send(case, queued=True)
        else:
            search.try_(case)
        found: dict[_Place, Shown] = {}
        self.noted = False
        for seen in search.seen:
            if seen.observation.error is not None:
                return {}
            told = [str(message.data.get("log", "")) for message in seen.observation.logs]
            outputs = zip(seen.event.outputs, seen.observation.outputs or (), strict=False)
            for number, (component, value) in enumerate(outputs):
                if component.type == "state" or seen.event not in search.chain:
                    continue
                texts = list(texts_in(value))
                told += [WORD.sub("", text) for text in texts]
                place = (seen.event.label, number)
                units = sequence(texts, given)
                found[place] = Shown(tuple(given), units, broken_off(texts, given, units))
            self.noted |= any(NOTE.search(text) for text in told)
        return found

    def _page(self, place: _Place) -> str:
        """Return the words that the visitor sees around the event."""
        search = self.search
        event = next(e for e in search.contract.events if e.label == place[0])
        around = [*(p.component for p in event.inputs), *event.outputs]
        words = [event.label, search.contract.title]
        for component in around:
            props = component.props
            words += [str(props.get(key) or "") for key in ("label", "info", "placeholder")]
        for component in search.contract.components.values():
            if component.type in ("markdown", "html") and isinstance(component.value, str):
                words.append(component.value[:2000])
        return "\n".join(words)

    def _source(self, place: _Place) -> str:
        """Return the source of the event's function and what it calls; "" where it is not here."""
        search = self.search
        event = next(e for e in search.contract.events if e.label == place[0])
        function = event.function
        return source([function.file]).text(function) if function else ""


def _alike(small: tuple[Shown, ...]) -> bool:
    """Whether of each few all units are shown, as often as the others."""
    wholes = [kept(shown) for shown in small]
    return None not in wholes and len({one.times for one in wholes if one}) == 1
