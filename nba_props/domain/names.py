"""Who is meant by a name as some source spells it: keys, weaker forms, aliases, and the resolution of a batch.

Here belong spelling and identity only. Who exists, since when they are known, and for whom they play on a slate is
given by the caller (`NameIndex`, `Registry`); queues, tables and the acceptance of a suggestion live elsewhere.

The rule of the house: the registry, then an active alias, then a weaker form that fits exactly one player of the teams
concerned, then a person decides. A fuzzy match is only ever a suggestion.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Literal, NamedTuple

from rapidfuzz import fuzz, process

Form = Literal[
    "homoglyph",
    "mojibake",
    "suffix_stripped",
    "surname_first",
    "initials",
    "initials_spelled_out",
    "given_name",
    "lost_letters",
]
Method = Literal["registry", "alias", "unresolved"] | Form
Reason = Literal["empty", "combo", "ambiguous", "not_found"]

MAX_SUGGESTIONS = 5
MIN_SUGGESTION_SCORE = 60.0
MAX_LOST_LETTERS = 3
MIN_SHORT_NAME = 3
"""Letters that a given name keeps at least where it is cut short (Nic, Ron); two fit too many names."""

# ---------------------------------------------------------------------------------------------------------------------
# Keys

SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})
_GENERATION = {"junior": "jr", "senior": "sr"}
_WHOLE_WORD_GENERATION = re.compile(r"(?<![a-z0-9])(junior|senior)(?![a-z0-9])")
_NOT_KEY = re.compile(r"[^a-z0-9]")
_WORD = re.compile(r"[a-z0-9]+")
_COMBO = re.compile(r"\w.*[+&/].*\w")
_APOSTROPHES = str.maketrans("", "", "'’‘ʼ`´")
_HYPHENS = "-‐‑–—"
_WITHOUT_HYPHENS = str.maketrans("", "", _HYPHENS)
_HYPHENS_AS_SPACES = str.maketrans(_HYPHENS, " " * len(_HYPHENS))
# Letters that Unicode does not decompose into a base letter and a mark (ß is casefolded to ss).
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t", "ŋ": "n"}
)
_LOST = "\ufffd"
_HALF_A_LETTER = re.compile("[ÃÄÅ]")  # the first byte of é, č or ž in UTF-8, shown as cp1252
# Cyrillic and Greek letters that print like a Latin one, by case because the shapes differ (Cyrillic Н is H, н is not).
_LOOK_ALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјкмоԁрстухһԛԝӏ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχϲϳ",
    "ABESIJKMHOPCTYXaesijkmodpctyxhqwl" + "ABEZHIKMNOPTYXaikvoptuxcj",
)


def player_lookup(name: str) -> str:
    """The key of a name: letters and digits of [a-z0-9] only, without diacritics; a suffix stays in it.

    `LeBron James` -> `lebronjames`, `Gary Trent, Junior` -> `garytrentjr`, `Nikola Jokić` -> `nikolajokic`. The key of
    a key is itself; a name without any such letter has the empty key.
    """
    key = _NOT_KEY.sub("", _fold(name))
    return _GENERATION.get(key, key)


def _fold(name: str) -> str:
    """Lower case, no diacritics nor apostrophes, junior/senior shortened; spaces and other punctuation as they were."""
    text = unicodedata.normalize("NFKC", name.translate(_APOSTROPHES)).casefold()
    letters = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _WHOLE_WORD_GENERATION.sub(lambda word: _GENERATION[word[0]], letters.translate(_PLAIN_LETTERS))


# Short forms that are no beginning of the name they stand for.
_SHORT_FORMS: Mapping[str, frozenset[str]] = {
    short: frozenset(longs.split())
    for short, longs in {
        "bill": "william",
        "billy": "william",
        "bob": "robert",
        "bobby": "robert",
        "dave": "david",
        "jim": "james",
        "jimmy": "james",
        "kenny": "kenneth",
        "mike": "michael",
        "mo": "maurice mohamed moritz moses moussa",
        "moe": "maurice mohamed moritz moses moussa",
        "nick": "nicholas nicolas nikola nikolas",
        "steve": "stephen steven",
        "tony": "anthony",
    }.items()
}

# ---------------------------------------------------------------------------------------------------------------------
# Weaker forms


class NameParts(NamedTuple):
    """A name taken apart. `words` has no suffix; hyphenated names and dotted initials are one word (`cj`)."""

    words: tuple[str, ...]
    suffix: str | None
    orders: tuple[tuple[str, ...], ...]  # the other orders it may have been written in, e.g. surname first

    @property
    def stem(self) -> str:
        return "".join(self.words)

    @property
    def surname(self) -> str:
        """All but the first word; empty for a single name."""
        return "".join(self.words[1:])


def name_parts(name: str) -> NameParts:
    """Words, suffix and possible orders of a name; `Murphy III, Trey` -> (murphy, trey), iii, ((trey, murphy),)."""
    suffix = None
    parts: list[tuple[str, ...]] = []
    for i, part in enumerate(_fold(name).translate(_WITHOUT_HYPHENS).split(",")):
        words = _WORD.findall(part)
        # A name may begin with what looks like a suffix ("JR Smith"); after a comma it is one ("Gary Trent, Jr.").
        first, rest = (words[:1], words[1:]) if i == 0 else ([], words)
        suffix = next((word for word in rest if word in SUFFIXES), suffix)
        parts.append(_join_initials([*first, *(word for word in rest if word not in SUFFIXES)]))
    parts = [part for part in parts if part]
    words_in_order = tuple(word for part in parts for word in part)
    # A comma tells where the surname ends; without one it may end anywhere.
    ends = [len(parts[0])] if len(parts) > 1 else range(1, len(words_in_order))
    return NameParts(words_in_order, suffix, tuple(words_in_order[end:] + words_in_order[:end] for end in ends))


def _join_initials(words: list[str]) -> tuple[str, ...]:
    joined: list[str] = []
    for previous, word in zip(["", *words], words, strict=False):
        if len(previous) == len(word) == 1:
            joined[-1] += word
        else:
            joined.append(word)
    return tuple(joined)


def name_forms(name: str) -> list[tuple[Form, str]]:
    """Other keys under which the bearer of `name` may be known, the most trustworthy first.

    `homoglyph` and `mojibake` keys are repaired keys, to be compared with a `player_lookup`. `suffix_stripped` and
    `surname_first` keys have no suffix and are compared with suffix-free names, `initials` with first letter and
    surname (`sgilgeousalexander`); `initials_spelled_out` keys have given names cut to initials (`Christian James
    McCollum`: `cjmccollum`); `given_name` is given name and surname apart (`nicolas claxton`), for a bearer of the surname
    whose given name is a longer or shorter form; `lost_letters` is a pattern in which `?` stands for one letter the source
    lost. Only a form that fits one single player of the teams concerned says anything: see `resolve_batch`.
    """
    repairs = _repairs(name)
    parts = [name_parts(text) for _, text in repairs] or [name_parts(name)]
    forms: list[tuple[Form, str]] = [(method, player_lookup(text)) for method, text in repairs]
    forms += [("suffix_stripped", part.stem) for part in parts if len(part.words) > 1]
    forms += [("surname_first", "".join(order)) for part in parts for order in part.orders]
    for part in parts:
        orders = (part.words, *part.orders)
        forms += [("initials", "".join(order)) for order in orders if len(order) > 1 and len(order[0]) == 1]
    forms += [("initials_spelled_out", key) for part in parts for key in _with_initials(part.words)]
    forms += [("given_name", f"{part.words[0]} {part.surname}") for part in parts if len(part.words) > 1]
    pattern = _pattern_of_lost_letters(name)
    forms += [("lost_letters", pattern)] if pattern else []
    return list(dict.fromkeys(forms))


def _with_initials(words: Sequence[str]) -> list[str]:
    """Keys with the first two or more given names as initials."""
    return ["".join(word[0] for word in words[:n]) + "".join(words[n:]) for n in range(2, len(words))]


def are_forms_of_one_name(given: str, other: str) -> bool:
    """TRUE if one given name (folded) begins the other, or is a known short form of it; Jalen and Jaylin are not."""
    short, long = sorted((given, other), key=len)
    is_cut = len(short) >= MIN_SHORT_NAME and long.startswith(short)
    return is_cut or long in _SHORT_FORMS.get(short, ()) or short in _SHORT_FORMS.get(long, ())


def _repairs(name: str) -> list[tuple[Form, str]]:
    """Spellings (method, name) that undo a technical fault of the source; empty for a sound name."""
    repairs: list[tuple[Form, str]] = []
    if (latin := _without_look_alikes(name)) != name:
        repairs.append(("homoglyph", latin))
    if (decoded := _without_mojibake(name)) != name:
        repairs.append(("mojibake", decoded))
    return repairs


def _without_look_alikes(name: str) -> str:
    """`name` in Latin letters if all its foreign letters only look foreign; a name in real Cyrillic stays as it is."""
    if all(c < "Ͱ" or c > "ԯ" for c in name):  # the Greek, Coptic and Cyrillic blocks
        return name
    folded = unicodedata.normalize("NFKD", name).translate(_LOOK_ALIKES)
    return name if any("Ͱ" <= c <= "ԯ" for c in folded) else unicodedata.normalize("NFC", folded)


def _without_mojibake(name: str) -> str:
    """Undo UTF-8 read as Latin-1 or cp1252, once or twice; a sound name cannot be decoded and comes back as it is."""
    for _ in range(2):
        raw = _single_bytes(name)
        if raw is None or raw.isascii():
            break
        try:
            name = raw.decode()
        except UnicodeDecodeError:
            break
    return name


def _single_bytes(text: str) -> bytes | None:
    """The bytes that a cp1252 reader showed as `text`; those it has no letter for pass as Latin-1, as browsers do."""
    try:
        return b"".join(c.encode("latin-1" if "\x80" <= c <= "\x9f" else "cp1252") for c in text)
    except UnicodeEncodeError:
        return None


def _pattern_of_lost_letters(name: str) -> str | None:
    """The key with `?` for each letter the source lost ("Don?i?", half a mojibake pair); None if none or too many."""
    raw = _single_bytes(name.replace(_LOST, ""))
    text = raw.decode(errors="replace") if raw is not None and _HALF_A_LETTER.search(name) else name
    pieces = re.split(f"[?{_LOST}]", text)
    if not 1 <= len(pieces) - 1 <= MAX_LOST_LETTERS:
        return None
    return "?".join(_NOT_KEY.sub("", _fold(piece)) for piece in pieces)


# ---------------------------------------------------------------------------------------------------------------------
# People


@dataclass(frozen=True)
class Person:
    """One spelling of one person. Known for slates after `first_known_date`; None is an undated list, always known."""

    universal_player_id: str
    player_name: str
    first_known_date: date | None = None


@dataclass(frozen=True)
class Candidate:
    """A person as of a slate; `team_abbr` is None when it is not known for whom they play."""

    universal_player_id: str
    player_lookup: str
    player_name: str
    team_abbr: str | None


class _Spelling(NamedTuple):
    universal_player_id: str
    player_lookup: str
    words: str  # what suggestions compare
    given: str
    suffix: str | None
    known_from: date  # date.min for an undated list


def _compared_words(name: str) -> str:
    """The words of a name without suffix, half a double name being a word too ("gilgeous alexander")."""
    return " ".join(name_parts(name.translate(_HYPHENS_AS_SPACES)).words)


class NameIndex:
    """Every spelling of every person, indexed once for all slates.

    A person may come with several spellings, each with its own date; the first one given names the person
    (`player_lookup` and `player_name` of every resolution), so that one id has one key on every date.
    """

    def __init__(self, people: Iterable[Person]) -> None:
        self.people: dict[str, Person] = {}
        self.by_lookup: dict[str, list[_Spelling]] = defaultdict(list)
        self.by_stem: dict[str, list[_Spelling]] = defaultdict(list)
        self.by_initials: dict[str, list[_Spelling]] = defaultdict(list)
        self.by_surname: dict[str, list[_Spelling]] = defaultdict(list)
        known_from: dict[tuple[str, str], date] = {}
        for person in people:
            self.people.setdefault(person.universal_player_id, person)
            spelling = person.universal_player_id, person.player_name
            since = person.first_known_date or date.min
            known_from[spelling] = min(since, known_from.get(spelling, since))
        for (universal_player_id, name), since in known_from.items():
            self._add(universal_player_id, name, since)

    def _add(self, universal_player_id: str, name: str, known_from: date) -> None:
        parts = name_parts(name)
        given = parts.words[0] if parts.words else ""
        key, words = player_lookup(name), _compared_words(name)
        spelling = _Spelling(universal_player_id, key, words, given, parts.suffix, known_from)
        self.by_lookup[spelling.player_lookup].append(spelling)
        if len(parts.words) > 1:
            self.by_stem[parts.stem].append(spelling)
            self.by_initials[given[0] + parts.surname].append(spelling)
            self.by_surname[parts.surname].append(spelling)

    def as_of(self, slate_date: date, team_of: Mapping[str, str]) -> "Registry":
        """What is known before a slate, at no cost; `team_of` maps universal_player_id to team code as of that date."""
        return Registry(self, slate_date, team_of)


@dataclass(frozen=True)
class Suggestion:
    """A person for a human to accept; `score` is the likeness of the names, 0-100."""

    candidate: Candidate
    score: float


@dataclass(frozen=True)
class Registry:
    """The people known strictly before `slate_date`, and for whom they play then."""

    index: NameIndex
    slate_date: date
    team_of: Mapping[str, str]

    @classmethod
    def of(cls, candidates: Iterable[Candidate]) -> "Registry":
        """A registry of exactly these people, for one slate."""
        candidates = list(candidates)
        index = NameIndex(Person(c.universal_player_id, c.player_name) for c in candidates)
        return index.as_of(date.max, {c.universal_player_id: c.team_abbr for c in candidates if c.team_abbr})

    def candidate(self, universal_player_id: str) -> Candidate:
        person = self.index.people[universal_player_id]
        team = self.team_of.get(universal_player_id)
        return Candidate(universal_player_id, player_lookup(person.player_name), person.player_name, team)

    def named(self, key: str) -> set[str]:
        """Ids of the people whose `player_lookup` is `key`."""
        return {s.universal_player_id for s in self.index.by_lookup.get(key, ()) if self._is_known(s)}

    def stemmed(self, key: str, suffix: str | None) -> set[str]:
        """Ids of the people whose name without suffix is `key` and whose suffix does not contradict `suffix`."""
        return self._compatible(self.index.by_stem.get(key, ()), suffix)

    def initialled(self, key: str, suffix: str | None) -> set[str]:
        """Ids of the people whose first letter and surname are `key`, suffixes as in `stemmed`."""
        return self._compatible(self.index.by_initials.get(key, ()), suffix)

    def given_alike(self, key: str, suffix: str | None, teams: Collection[str]) -> set[str]:
        """Ids of the bearers of a surname on `teams` who may be meant by a given name (`nicolas claxton`).

        Nobody, unless that is a form of the given name of one of them. Then also whoever on another team it is a form for,
        and team mates and opponents whose given name only begins with the same letter: so Jay Williams is a question where
        Jaylin and Jalen play, and not Jaylin because his name happens to begin with it. Suffixes as in `stemmed`.
        """
        given, surname = key.split(" ")
        team_of = {s: self.team_of.get(s.universal_player_id) for s in self.index.by_surname.get(surname, ())}
        fits = [s for s, team in team_of.items() if team and are_forms_of_one_name(given, s.given)]
        if not self._compatible([s for s in fits if team_of[s] in teams], suffix):
            return set()
        alike = [s for s, team in team_of.items() if team in teams and s.given[0] == given[0]]
        return self._compatible([*fits, *alike], suffix)

    def matching(self, pattern: str) -> set[str]:
        """Ids of the people whose `player_lookup` fits a pattern of `lost_letters`."""
        return {s.universal_player_id for s in self._known if fnmatchcase(s.player_lookup, pattern)}

    def suggestions(self, name: str, teams: Collection[str]) -> tuple[Suggestion, ...]:
        """The most similar people, best first; of equals those of `teams` come first. At most MAX_SUGGESTIONS.

        Likeness is rapidfuzz's token ratio of the words without suffix, so that order and missing words cost nothing.
        """
        best: dict[str, float] = {}
        for text in (name, *(text for _, text in _repairs(name))):
            matches = process.extract(
                _compared_words(text),
                self._known_words,
                scorer=fuzz.token_ratio,
                limit=None,
                score_cutoff=MIN_SUGGESTION_SCORE,
            )
            for _, score, i in matches:
                person = self._known[i].universal_player_id
                best[person] = max(best.get(person, 0.0), round(score, 1))
        ranked = sorted(best, key=lambda person: (-best[person], self.team_of.get(person) not in teams, person))
        return tuple(Suggestion(self.candidate(person), best[person]) for person in ranked[:MAX_SUGGESTIONS])

    def _is_known(self, spelling: _Spelling) -> bool:
        return spelling.known_from < self.slate_date

    @cached_property
    def _known(self) -> list[_Spelling]:
        return [s for spellings in self.index.by_lookup.values() for s in spellings if self._is_known(s)]

    @cached_property
    def _known_words(self) -> list[str]:
        return [spelling.words for spelling in self._known]

    def _compatible(self, spellings: Iterable[_Spelling], suffix: str | None) -> set[str]:
        # A missing suffix is silence, but Jr. and III are two people of one family.
        return {
            s.universal_player_id
            for s in spellings
            if self._is_known(s) and (suffix is None or s.suffix is None or s.suffix == suffix)
        }


# ---------------------------------------------------------------------------------------------------------------------
# Aliases


@dataclass(frozen=True)
class Alias:
    """Two spellings of one person. Whichever of the two the registry knows, the pair binds both to that id."""

    alias_lookup: str
    canonical_lookup: str
    alias_type: str
    is_active: bool = True


PRODUCTION_ALIASES: tuple[Alias, ...] = (
    Alias("herbjones", "herbertjones", "nickname"),
    Alias("garytrentjr", "garytrent", "suffix_variation"),
    Alias("jabarismithjr", "jabarismith", "suffix_variation"),
    Alias("jaimejaquezjr", "jaimejaquez", "suffix_variation"),
    Alias("michaelporterjr", "michaelporter", "suffix_variation"),
    Alias("treymurphyiii", "treymurphy", "suffix_variation"),
    Alias("marvinbagleyiii", "marvinbagley", "suffix_variation"),
)

KNOWN_NAMES: tuple[Alias, ...] = (
    Alias("alfredjoelhorfordreynoso", "alhorford", "legal_name"),
    Alias("edricefemiadebayo", "bamadebayo", "legal_name"),
    Alias("eneskanter", "enesfreedom", "legal_name"),
    Alias("bjboston", "brandonboston", "nickname"),
    Alias("bjbostonjr", "brandonboston", "nickname"),
    Alias("carltoncarrington", "bubcarrington", "nickname"),
    Alias("gregoryjacksonii", "ggjackson", "nickname"),
    Alias("gregoryjackson", "ggjackson", "nickname"),
    Alias("jameshuff", "jayhuff", "nickname"),
    Alias("kenyonmartinjr", "kjmartin", "nickname"),
    Alias("nahshonhyland", "boneshyland", "nickname"),
    Alias("obadiahtoppin", "obitoppin", "nickname"),
    Alias("oguguaanunoby", "oganunoby", "nickname"),
)
"""What no rule can tell: names a source may use of a player, and the one that the league knows him by."""

SHIPPED_ALIASES: tuple[Alias, ...] = (*PRODUCTION_ALIASES, *KNOWN_NAMES)

_Partners = Mapping[str, set[str]]


def _partners(aliases: Iterable[Alias]) -> _Partners:
    partners: dict[str, set[str]] = defaultdict(set)
    for alias in aliases:
        if alias.is_active:
            one, other = player_lookup(alias.alias_lookup), player_lookup(alias.canonical_lookup)
            partners[one].add(other)
            partners[other].add(one)
    return partners


def _aliased(key: str, registry: Registry, partners: _Partners) -> set[str]:
    """Ids reached from `key` through aliases, pair by pair; a path ends at the first spelling the registry knows."""
    people: set[str] = set()
    seen, ahead = {key}, [key]
    while ahead:
        for other in partners.get(ahead.pop(), set()) - seen:
            seen.add(other)
            known = registry.named(other)
            people |= known
            ahead += [] if known else [other]
    return people


# ---------------------------------------------------------------------------------------------------------------------
# Resolution


@dataclass(frozen=True)
class NameRequest:
    """A name as a source spells it, and the two teams of its event (team codes) where the source tells them."""

    name: str
    teams: tuple[str, str] | None = None


@dataclass(frozen=True)
class Resolution:
    """Who is meant by `name`, or why nobody may be assumed.

    Resolved: `universal_player_id` is set, `player_lookup` is that person's key, `reason` is None. Unresolved: `method`
    is "unresolved", `player_lookup` the key of the name itself, and `suggestions` are for a person to judge.
    """

    name: str
    player_lookup: str
    universal_player_id: str | None
    method: Method
    reason: Reason | None = None
    suggestions: tuple[Suggestion, ...] = ()


def resolve_batch(
    requests: Sequence[NameRequest], registry: Registry, aliases: Sequence[Alias], slate_teams: Collection[str]
) -> list[Resolution]:
    """Resolve names in order; one `Resolution` a request. A name concerns its event's teams, else `slate_teams`.

    1. A blank name is refused as `empty`, "A + B" (also & and /) as `combo`.
    2. The registry, by the exact key: of several bearers the only one of the teams concerned. A bearer who does not
       play for them takes no name from a closer namesake (a retired father from the son spelled without Jr.).
    3. An active alias. Both 2 and 3 are tried for the key and for its repairs (`homoglyph`, `mojibake`).
    4. The weaker `name_forms`, each only among players of the teams concerned; a `given_name` must fit nobody else's.

    The first step that knows anybody decides: one person is the answer, several are `ambiguous`. Else `not_found`.
    """
    partners = _partners(aliases)
    return [_resolve(r.name, registry, partners, frozenset(r.teams or slate_teams)) for r in requests]


def _resolve(name: str, registry: Registry, partners: _Partners, teams: frozenset[str]) -> Resolution:
    if not player_lookup(name):
        return Resolution(name, "", None, "unresolved", "empty")
    if _COMBO.search(name):
        return Resolution(name, player_lookup(name), None, "unresolved", "combo")
    reason: Reason = "not_found"
    for method, people in _claims(name, registry, partners, teams):
        if len(people) == 1:
            (person,) = people
            return Resolution(name, registry.candidate(person).player_lookup, person, method)
        if people:
            reason = "ambiguous"
            break
    return Resolution(name, player_lookup(name), None, "unresolved", reason, registry.suggestions(name, teams))


def _claims(
    name: str, registry: Registry, partners: _Partners, teams: frozenset[str]
) -> Iterator[tuple[Method, set[str]]]:
    """Who might be meant, step by step from the strongest evidence to the weakest; a step may know nobody."""
    for method, text in _spellings(name):
        yield _exact_claim(method, text, registry, partners, teams)
    suffix = name_parts(name).suffix
    weaker: dict[Form, set[str]] = {}
    for form, key in name_forms(name):
        weaker.setdefault(form, set()).update(_bearers(form, key, suffix, registry, teams))
    yield from weaker.items()


def _spellings(name: str) -> list[tuple[Method, str]]:
    """The name and its repairs. Look-alikes come first: the key of the unrepaired name has lost those letters."""
    repairs = _repairs(name)
    folded: list[tuple[Method, str]] = [(method, text) for method, text in repairs if method == "homoglyph"]
    decoded: list[tuple[Method, str]] = [(method, text) for method, text in repairs if method == "mojibake"]
    return [*folded, ("registry", name), *decoded]


def _exact_claim(
    method: Method, text: str, registry: Registry, partners: _Partners, teams: frozenset[str]
) -> tuple[Method, set[str]]:
    key = player_lookup(text)
    bearers, aliased = registry.named(key), _aliased(key, registry, partners)
    if not bearers:
        return "alias", _of_teams(aliased, registry, teams) or aliased
    if here := _of_teams(bearers, registry, teams):
        return method, here
    parts = name_parts(text)
    namesakes = aliased | registry.stemmed(parts.stem, parts.suffix)
    closest = max(_closeness(person, registry, teams) for person in bearers)
    closer = {person for person in namesakes - bearers if _closeness(person, registry, teams) > closest}
    if not closer:
        return method, bearers
    # Only a person's word, the alias, may prefer the namesake.
    by_alias = _of_teams(closer & aliased, registry, teams)
    return ("alias", by_alias) if by_alias else (method, bearers | closer)


def _bearers(form: Form, key: str, suffix: str | None, registry: Registry, teams: Collection[str]) -> set[str]:
    """Who may be meant by a weaker form among the players of the teams concerned."""
    if form in ("homoglyph", "mojibake"):
        return set()  # repaired keys are exact ones; they have been tried
    if form == "given_name":
        return registry.given_alike(key, suffix, teams)
    if form == "initials":
        return _of_teams(registry.initialled(key, suffix), registry, teams)
    if form == "lost_letters":
        return _of_teams(registry.matching(key), registry, teams)
    return _of_teams(registry.stemmed(key, suffix), registry, teams)


def _of_teams(people: Iterable[str], registry: Registry, teams: Collection[str]) -> set[str]:
    return {person for person in people if registry.team_of.get(person) in teams}


def _closeness(person: str, registry: Registry, teams: Collection[str]) -> int:
    """2: plays for one of `teams`; 1: for another team; 0: for none that is known (retired, or not seen yet)."""
    team = registry.team_of.get(person)
    return 2 if team in teams else int(team is not None)
