"""Keys, weaker forms and resolution of names: the cases that cost the predecessor players, and the invariants."""

import unicodedata
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nba_props.domain.names import (
    MAX_SUGGESTIONS,
    PRODUCTION_ALIASES,
    SHIPPED_ALIASES,
    Alias,
    Candidate,
    NameIndex,
    NameRequest,
    Person,
    Registry,
    Resolution,
    are_forms_of_one_name,
    name_forms,
    name_parts,
    player_lookup,
    resolve_batch,
)

TIPOFF = date(2024, 1, 15)


def registry(*people: tuple[str, str, str | None]) -> Registry:
    """(universal_player_id, player_name, team_abbr) each."""
    return Registry.of(Candidate(who, player_lookup(name), name, team) for who, name, team in people)


def resolve(
    name: str,
    known: Registry,
    teams: tuple[str, str] | None = None,
    aliases: tuple[Alias, ...] = PRODUCTION_ALIASES,
    slate: tuple[str, ...] = ("ATL", "DAL", "DEN", "HOU", "NOP", "OKC"),
) -> Resolution:
    (resolution,) = resolve_batch([NameRequest(name, teams)], known, aliases, slate)
    return resolution


def meant(resolution: Resolution) -> tuple[str | None, str]:
    return resolution.universal_player_id, resolution.method


LEAGUE = registry(
    ("jokic", "Nikola Jokić", "DEN"),
    ("doncic", "Luka Dončić", "DAL"),
    ("sengun", "Alperen Şengün", "HOU"),
    ("shai", "Shai Gilgeous-Alexander", "OKC"),
    ("jalen", "Jalen Williams", "OKC"),
    ("jaylin", "Jaylin Williams", "OKC"),
    ("cj", "CJ McCollum", "NOP"),
    ("murphy", "Trey Murphy III", "NOP"),
    ("herb", "Herbert Jones", "NOP"),
    ("bagley", "Marvin Bagley III", "WAS"),
    ("pope", "Kentavious Caldwell-Pope", "DEN"),
    ("porter", "Michael Porter Jr.", "DEN"),
    ("kat", "Karl-Anthony Towns", "MIN"),
    ("nene", "Nene", "HOU"),
    ("rookie", "Ausar Thompson", None),
)


# Keys


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("LeBron James", "lebronjames"),
        ("Gary Trent, Junior", "garytrentjr"),
        ("Gary Trent Jr.", "garytrentjr"),
        ("Tim Hardaway SENIOR", "timhardawaysr"),
        ("Juniorson Seniority", "juniorsonseniority"),
        ("Nikola Jokić", "nikolajokic"),
        ("Luka Dončić", "lukadoncic"),
        ("Alperen Şengün", "alperensengun"),
        ("Ersan İlyasova", "ersanilyasova"),
        ("Ömer Aşık", "omerasik"),
        ("Nikola Đurišić", "nikoladurisic"),
        ("Mirosław Łącki", "miroslawlacki"),
        ("Søren Ærø Strauß", "sorenaerostrauss"),
        ("Kristaps Porziņģis", "kristapsporzingis"),
        ("Jae'Sean Tate", "jaeseantate"),
        ("D’Angelo Russell", "dangelorussell"),
        ("C.J. McCollum", "cjmccollum"),
        ("ＣＪ　McCollum", "cjmccollum"),
        ("Karl-Anthony\u00a0Towns\u200b ", "karlanthonytowns"),
        ("Nene", "nene"),
        (" - ", ""),
        ("武藤", ""),
    ],
)
def test_key_of_a_name(name: str, key: str) -> None:
    assert player_lookup(name) == key


@given(st.text(max_size=40))
@example("Jun-ior")
@example("SEN ior")
def test_a_key_is_its_own_key_and_only_letters_and_digits(name: str) -> None:
    key = player_lookup(name)
    assert player_lookup(key) == key
    assert not set(key) - set("abcdefghijklmnopqrstuvwxyz0123456789")


words_of_names = st.text(alphabet="abcdeorstzčćšžöüéāīņģŁøđABCDIŠ", min_size=1, max_size=9)
names = st.lists(words_of_names, min_size=1, max_size=4).map(" ".join)


@given(names)
def test_key_ignores_unicode_form_case_and_punctuation(name: str) -> None:
    key = player_lookup(name)
    assert player_lookup(unicodedata.normalize("NFD", name)) == key
    assert player_lookup(name.upper()) == key
    assert player_lookup(f"  {name.replace(' ', ' - ')}. ") == key


# Weaker forms


def test_parts_keep_hyphenated_names_and_initials_together() -> None:
    assert name_parts("C.J. McCollum").words == ("cj", "mccollum")
    assert name_parts("Karl-Anthony Towns").words == ("karlanthony", "towns")
    assert name_parts("Porter Jr., Michael")[:2] == (("porter", "michael"), "jr")
    assert name_parts("Gary Trent, Jr.") == (("gary", "trent"), "jr", (("trent", "gary"),))
    assert name_parts("JR Smith")[:2] == (("jr", "smith"), None)


def test_forms_go_from_strong_to_weak() -> None:
    assert name_forms("Gilgeous-Alexander, S.") == [
        ("suffix_stripped", "gilgeousalexanders"),
        ("surname_first", "sgilgeousalexander"),
        ("initials", "sgilgeousalexander"),
        ("given_name", "gilgeousalexander s"),
    ]
    assert name_forms("Christian James McCollum") == [
        ("suffix_stripped", "christianjamesmccollum"),
        ("surname_first", "jamesmccollumchristian"),
        ("surname_first", "mccollumchristianjames"),
        ("initials_spelled_out", "cjmccollum"),
        ("given_name", "christian jamesmccollum"),
    ]
    assert name_forms("Nene") == []
    assert name_forms("Trey Murphy III")[0] == ("suffix_stripped", "treymurphy")


@given(names)
def test_utf8_read_as_latin1_or_cp1252_is_undone(name: str) -> None:
    key, sound = player_lookup(name), name.isascii()
    for broken in (name.encode().decode("latin-1"), name.encode().decode("cp1252", errors="surrogateescape")):
        if any("\ud800" <= c <= "\udfff" for c in broken):
            continue  # cp1252 has no letter for this byte; the Latin-1 spelling covers it
        assert sound or ("mojibake", key) in name_forms(broken)
        twice = broken.encode().decode("latin-1")
        assert sound or ("mojibake", key) in name_forms(twice)


@given(names)
def test_a_sound_name_needs_no_repair(name: str) -> None:
    assert not {"mojibake", "homoglyph"} & {method for method, _ in name_forms(name)}


# Resolution: the registry


@pytest.mark.parametrize(
    ("spelled", "who"),
    [
        ("Nikola Jokic", "jokic"),
        ("LUKA DONČIĆ", "doncic"),
        ("Luka Dončić", "doncic"),
        ("Alperen Sengun", "sengun"),
        ("Nene", "nene"),
        ("C.J. McCollum", "cj"),
        ("Ausar Thompson", "rookie"),
        ("Marvin Bagley III", "bagley"),
    ],
)
def test_registry_knows_the_exact_key_whatever_the_team(spelled: str, who: str) -> None:
    assert meant(resolve(spelled, LEAGUE)) == (who, "registry")


def test_a_resolution_carries_the_key_of_the_registry() -> None:
    assert resolve("Trey Murphy", LEAGUE).player_lookup == "treymurphyiii"
    assert resolve("Nobody Here", LEAGUE).player_lookup == "nobodyhere"


MORRISES = registry(("nba_1", "Marcus Morris", "PHI"), ("nba_2", "Marcus Morris", "NOP"))


def test_two_people_of_one_name_are_told_apart_by_the_teams_of_the_event() -> None:
    assert meant(resolve("Marcus Morris", MORRISES, ("PHI", "BOS"))) == ("nba_1", "registry")
    assert meant(resolve("Marcus Morris", MORRISES, ("NOP", "BOS"))) == ("nba_2", "registry")
    assert meant(resolve("Marcus Morris", MORRISES, slate=("NOP", "BOS"))) == ("nba_2", "registry")


@pytest.mark.parametrize("teams", [("PHI", "NOP"), ("BOS", "LAL"), None])
def test_two_people_of_one_name_never_merge(teams: tuple[str, str] | None) -> None:
    resolution = resolve("Marcus Morris", MORRISES, teams, slate=())
    assert (resolution.universal_player_id, resolution.reason) == (None, "ambiguous")
    assert {s.candidate.universal_player_id for s in resolution.suggestions} == {"nba_1", "nba_2"}


FAMILY = (("father", "Gary Trent", None), ("son", "Gary Trent Jr.", "MIL"))


def test_a_retired_father_does_not_take_the_quotes_of_his_son() -> None:
    resolution = resolve("Gary Trent", registry(*FAMILY), ("MIL", "PHI"), aliases=())
    assert (resolution.universal_player_id, resolution.reason) == (None, "ambiguous")
    assert meant(resolve("Gary Trent", registry(*FAMILY), ("MIL", "PHI"))) == ("son", "alias")
    assert meant(resolve("Gary Trent Jr", registry(*FAMILY), ("MIL", "PHI"))) == ("son", "registry")
    # traded yesterday: his team as of the date is still the old one
    assert resolve("Gary Trent", registry(*FAMILY), ("BOS", "PHI")).reason == "ambiguous"


# Resolution: aliases


@pytest.mark.parametrize("spelling", ["Trey Murphy", "Trey Murphy III"])
@pytest.mark.parametrize("in_registry", ["Trey Murphy", "Trey Murphy III"])
def test_an_alias_binds_both_spellings(spelling: str, in_registry: str) -> None:
    known = registry(("murphy", in_registry, None))
    resolution = resolve(spelling, known)
    assert meant(resolution) == ("murphy", "registry" if spelling == in_registry else "alias")
    assert resolution.player_lookup == player_lookup(in_registry)


def test_production_aliases_bridge_nickname_and_suffix_in_any_direction() -> None:
    assert len(PRODUCTION_ALIASES) == 7
    for pair in PRODUCTION_ALIASES:
        for one, other in [
            (pair.alias_lookup, pair.canonical_lookup),
            (pair.canonical_lookup, pair.alias_lookup),
        ]:
            assert meant(resolve(one, registry(("him", other, None)))) == ("him", "alias")


def test_aliases_chain_through_spellings_nobody_has() -> None:
    aliases = (Alias("a", "b", "nickname"), Alias("b", "c", "nickname"), Alias("c", "a", "nickname"))
    assert meant(resolve("a", registry(("him", "C", None)), aliases=aliases)) == ("him", "alias")


def test_the_nearest_spelling_known_ends_the_chain() -> None:
    aliases = (Alias("a", "b", "nickname"), Alias("b", "c", "nickname"))
    known = registry(("near", "B", None), ("far", "C", None))
    assert meant(resolve("a", known, aliases=aliases)) == ("near", "alias")


def test_an_inactive_alias_is_ignored() -> None:
    alias = Alias("bubcarrington", "carltoncarrington", "nickname", is_active=False)
    known = registry(("bub", "Bub Carrington", "WAS"))
    assert resolve("Carlton Carrington", known, aliases=(alias,)).reason == "not_found"


def test_an_alias_that_leads_to_nobody_resolves_nobody() -> None:
    alias = Alias("someone", "nobodyknown", "nickname")
    resolution = resolve("Someone", LEAGUE, aliases=(alias,))
    assert (resolution.universal_player_id, resolution.reason) == (None, "not_found")


def test_an_alias_to_two_people_is_ambiguous_unless_one_plays() -> None:
    alias = Alias("mookmorris", "marcusmorris", "nickname")
    assert resolve("Mook Morris", MORRISES, ("PHI", "NOP"), aliases=(alias,)).reason == "ambiguous"
    assert meant(resolve("Mook Morris", MORRISES, ("PHI", "BOS"), aliases=(alias,))) == ("nba_1", "alias")


# Resolution: faults of the source


@pytest.mark.parametrize(
    ("spelled", "method"),
    [
        ("Luka Don\u00c4\u008di\u00c4\u0087", "mojibake"),  # read as Latin-1
        ("Luka Don\u00c4\u008di\u00c4\u2021", "mojibake"),  # as cp1252, which has no letter for 8D
        ("LUKA DON\u00c4\u0152I\u00c4\u2020", "mojibake"),
        ("Luka Don\u00c3\u0084\u00c2\u008di\u00c3\u0084\u00c2\u0087", "mojibake"),  # twice
        ("Luka Don\u00c4i\u00c4\u0087", "lost_letters"),  # the unprintable half is gone
        ("Luka Don\u00c4\ufffdi\u00c4\u2021", "lost_letters"),
        ("Luka Don?i?", "lost_letters"),
        ("Luka Don\ufffdi\ufffd", "lost_letters"),
        ("Luka D\u043en\u010di\u0107", "homoglyph"),  # Cyrillic o
        ("Luk\u03b1 Doncic", "homoglyph"),  # Greek alpha
    ],
)
def test_a_broken_name_is_repaired(spelled: str, method: str) -> None:
    assert meant(resolve(spelled, LEAGUE)) == ("doncic", method)


def test_a_repaired_name_needs_no_team_but_lost_letters_do() -> None:
    assert meant(resolve("Luka D\u043encic", LEAGUE, ("BOS", "LAL"))) == ("doncic", "homoglyph")
    assert resolve("Luka Don?i?", LEAGUE, ("BOS", "LAL")).reason == "not_found"


def test_a_repaired_name_may_go_on_through_an_alias_or_a_weaker_form() -> None:
    assert meant(resolve("H\u0435rb Jones", LEAGUE)) == ("herb", "alias")
    assert meant(resolve("D\u043encic Luka", LEAGUE)) == ("doncic", "surname_first")


def test_a_dropped_look_alike_never_makes_somebody_else() -> None:
    known = registry(("jo", "Jo Smith", "DAL"), ("joe", "Joe Smith", "DEN"))
    assert meant(resolve("Jo\u0435 Smith", known)) == ("joe", "homoglyph")


def test_a_name_in_real_cyrillic_is_not_read_as_latin() -> None:
    assert name_forms("Никола Йокич") == []
    assert resolve("Никола Йокич", LEAGUE).reason == "empty"


# Resolution: weaker forms, among the teams concerned


@pytest.mark.parametrize(
    ("spelled", "who", "method"),
    [
        ("Michael Porter", "porter", "suffix_stripped"),
        ("Nikola Jokic Jr.", "jokic", "suffix_stripped"),
        ("Trey Murphy", "murphy", "suffix_stripped"),
        ("Murphy III, Trey", "murphy", "surname_first"),
        ("Murphy, Trey III", "murphy", "surname_first"),
        ("Murphy, Trey", "murphy", "surname_first"),
        ("Murphy III Trey", "murphy", "surname_first"),
        ("Doncic Luka", "doncic", "surname_first"),
        ("Caldwell Pope Kentavious", "pope", "surname_first"),
        ("McCollum, C.J.", "cj", "surname_first"),
        ("S. Gilgeous-Alexander", "shai", "initials"),
        ("Gilgeous-Alexander, S.", "shai", "initials"),
        ("S Gilgeous Alexander", "shai", "initials"),
        ("K. Caldwell-Pope", "pope", "initials"),
        ("T. Murphy", "murphy", "initials"),
    ],
)
def test_a_weaker_form_resolves_where_one_player_fits(spelled: str, who: str, method: str) -> None:
    assert meant(resolve(spelled, LEAGUE, aliases=())) == (who, method)
    elsewhere = resolve(spelled, LEAGUE, ("BOS", "LAL"), aliases=())
    assert (elsewhere.universal_player_id, elsewhere.reason) == (None, "not_found")
    assert elsewhere.suggestions[0].candidate.universal_player_id == who


def test_initials_of_two_team_mates_are_ambiguous() -> None:
    resolution = resolve("J. Williams", LEAGUE, ("OKC", "DEN"))
    assert (resolution.universal_player_id, resolution.reason) == (None, "ambiguous")
    assert {"jalen", "jaylin"} <= {s.candidate.universal_player_id for s in resolution.suggestions}


@pytest.mark.parametrize(
    ("spelled", "known_as"),
    [
        ("Nicolas Claxton", "Nic Claxton"),
        ("Nic Claxton", "Nicolas Claxton"),
        ("Alexandre Sarr", "Alex Sarr"),
        ("Ron Holland", "Ronald Holland II"),
        ("Joshua Giddey", "Josh Giddey"),
        ("Vincent Williams Jr", "Vince Williams Jr."),
        ("Cam Johnson", "Cameron Johnson"),
        ("Herb Jones", "Herbert Jones"),
        ("Moe Wagner", "Moritz Wagner"),
        ("Mohamed Bamba", "Mo Bamba"),
        ("Nick Smith Jr.", "Nicholas Smith"),
        ("Mike Conley", "Michael Conley"),
        ("Nic\u043elas Claxton", "Nic Claxton"),
    ],
)
def test_a_longer_or_shorter_given_name_is_the_same_player_where_he_alone_fits(spelled: str, known_as: str) -> None:
    known = registry(("him", known_as, "OKC"), ("mate", "Luka Dončić", "OKC"), ("foe", "Nikola Jokić", "DEN"))
    assert meant(resolve(spelled, known, ("OKC", "DEN"), aliases=())) == ("him", "given_name")
    assert resolve(spelled, known, ("DAL", "DEN"), aliases=()).reason == "not_found"


@pytest.mark.parametrize(
    ("spelled", "known", "reason"),
    [
        ("Jay Williams", (("a", "Jaylin Williams", "OKC"), ("b", "Jalen Williams", "OKC")), "ambiguous"),
        ("Mark Morris", (("a", "Markus Morris", "OKC"), ("b", "Markieff Morris", "OKC")), "ambiguous"),
        ("Mark Morris", (("a", "Markus Morris", "OKC"), ("b", "Markieff Morris", "BOS")), "ambiguous"),
        ("Mark Morris", (("a", "Marcus Morris", "OKC"), ("b", "Markieff Morris", "OKC")), "ambiguous"),
        ("Gian Antetokounmpo", (("a", "Thanasis Antetokounmpo", "OKC"),), "not_found"),
        ("Jaylin Williams", (("a", "Jalen Williams", "OKC"),), "not_found"),
        ("Keon Johnson", (("a", "Keldon Johnson", "OKC"),), "not_found"),
        ("Al Burks", (("a", "Alec Burks", "OKC"),), "not_found"),
        ("Nate Johnson", (("a", "Nathan Johnson", "BOS"), ("b", "Nassir Johnson", "OKC")), "not_found"),
        ("Nate Johnson Jr.", (("a", "Nate Johnson III", "OKC"),), "not_found"),
        ("Mo Wagner", (("a", "Moritz Wagner", "OKC"), ("b", "Moses Wagner", "DEN")), "ambiguous"),
    ],
)
def test_a_given_name_that_may_be_anothers_is_a_question(
    spelled: str, known: tuple[tuple[str, str, str], ...], reason: str
) -> None:
    resolution = resolve(spelled, registry(*known), ("OKC", "DEN"), aliases=())
    assert (resolution.universal_player_id, resolution.reason) == (None, reason)


def test_given_names_in_full_fit_a_player_known_by_their_initials() -> None:
    assert meant(resolve("Christian James McCollum", LEAGUE, ("NOP", "DEN"))) == ("cj", "initials_spelled_out")
    assert resolve("Christian James McCollum", LEAGUE, ("DAL", "DEN")).reason == "not_found"


def test_shipped_aliases_bind_names_that_no_rule_can_tell() -> None:
    for pair in SHIPPED_ALIASES:
        known = registry(("him", pair.canonical_lookup, None))
        assert meant(resolve(pair.alias_lookup, known, aliases=SHIPPED_ALIASES)) == ("him", "alias")
    assert len({pair.alias_lookup for pair in SHIPPED_ALIASES}) == len(SHIPPED_ALIASES)


@given(st.sampled_from(["Jay", "Jaylin", "Jalen", "Jaylen", "Jal", "Nick", "Nicolas", "Mo", "Moses"]), st.data())
def test_a_given_name_never_takes_a_player_over_a_team_mate_it_fits_as_well(
    given_name: str, data: st.DataObject
) -> None:
    """Whoever is bound by his given name is the only one of it, however the surname's other bearers are called."""
    others = data.draw(
        st.lists(st.sampled_from(["Jaylin", "Jalen", "Jaylen", "Nicholas", "Nicolas", "Moritz", "Moses"]))
    )
    people = {f"{name}{i}": f"{name} Young" for i, name in enumerate(others)}
    known = registry(*((who, name, "OKC") for who, name in people.items()))
    resolution = resolve(f"{given_name} Young", known, ("OKC", "DEN"), aliases=())
    if resolution.method == "given_name":
        fitting = [
            who for who, name in people.items() if are_forms_of_one_name(given_name.lower(), name.split()[0].lower())
        ]
        assert fitting == [resolution.universal_player_id]


@given(names, names)
def test_forms_of_one_name_are_so_in_either_direction(one: str, other: str) -> None:
    assert are_forms_of_one_name(one, other) == are_forms_of_one_name(other, one)


def test_a_hyphenated_given_name_has_one_initial() -> None:
    assert meant(resolve("K. Towns", LEAGUE, ("MIN", "BOS"))) == ("kat", "initials")


def test_the_event_narrows_the_slate() -> None:
    known = registry(("michael", "Michael Porter Jr.", "DEN"), ("other", "Michael Porter Sr.", "DAL"))
    assert resolve("Michael Porter", known, aliases=()).reason == "ambiguous"
    assert meant(resolve("Michael Porter", known, ("DEN", "OKC"), aliases=())) == ("michael", "suffix_stripped")


def test_two_different_suffixes_are_two_people() -> None:
    known = registry(("second", "Gary Payton II", "DEN"))
    assert resolve("Gary Payton Jr.", known).reason == "not_found"
    assert meant(resolve("Gary Payton", known)) == ("second", "suffix_stripped")


def test_a_surname_alone_is_a_question_with_a_good_first_suggestion() -> None:
    resolution = resolve("Gilgeous-Alexander", LEAGUE, ("OKC", "DEN"))
    assert (resolution.universal_player_id, resolution.reason) == (None, "not_found")
    assert resolution.suggestions[0].candidate.universal_player_id == "shai"


# Resolution: refusals and suggestions


@pytest.mark.parametrize("name", ["Luka Doncic + Nikola Jokic", "Luka Doncic & Nikola Jokic", "Doncic/Jokic", "A / B"])
def test_combos_are_refused(name: str) -> None:
    resolution = resolve(name, LEAGUE)
    assert (resolution.universal_player_id, resolution.method, resolution.reason) == (None, "unresolved", "combo")


@pytest.mark.parametrize("name", ["", "  ", "--", "???"])
def test_blank_names_are_refused(name: str) -> None:
    assert resolve(name, LEAGUE) == Resolution(name, "", None, "unresolved", "empty")


def test_a_fuzzy_match_is_only_a_suggestion() -> None:
    resolution = resolve("Luka Donkic", LEAGUE)
    assert (resolution.universal_player_id, resolution.reason) == (None, "not_found")
    best = resolution.suggestions[0]
    assert best.candidate == Candidate("doncic", "lukadoncic", "Luka Dončić", "DAL")
    assert 85 < best.score < 100


def test_of_equal_suggestions_the_players_of_the_slate_come_first() -> None:
    known = registry(("a", "Jaylin Green", "LAL"), ("b", "Jaylon Green", "HOU"))
    resolution = resolve("Jayl Green", known)
    assert [s.candidate.universal_player_id for s in resolution.suggestions] == ["b", "a"]
    assert len({s.score for s in resolution.suggestions}) == 1


def test_nothing_similar_gives_no_suggestion() -> None:
    assert resolve("Xyz Qqqq", LEAGUE).suggestions == ()
    assert resolve("Xyz Qqqq", registry()).suggestions == ()


# Point in time


PEOPLE = NameIndex(
    [
        Person("veteran", "Luka Dončić", date(2018, 10, 17)),
        Person("debut", "Debut Tonight", TIPOFF),
        Person("future", "Victor Future", date(2024, 2, 1)),
        Person("listed", "Listed Rookie", date(2024, 3, 1)),
        Person("listed", "Listed Rookie"),
        Person("kanter", "Enes Kanter", date(2011, 12, 26)),
        Person("kanter", "Enes Freedom", date(2024, 1, 20)),
    ]
)


@pytest.mark.parametrize(
    ("name", "who"),
    [("Luka Doncic", "veteran"), ("Debut Tonight", None), ("Victor Future", None), ("Listed Rookie", "listed")],
)
def test_only_people_known_before_the_slate_are_candidates(name: str, who: str | None) -> None:
    teams = dict.fromkeys(PEOPLE.people, "DAL")
    resolution = resolve(name, PEOPLE.as_of(TIPOFF, teams))
    assert resolution.universal_player_id == who
    assert not {"debut", "future"} & {s.candidate.universal_player_id for s in resolution.suggestions}


def test_future_people_do_not_fit_weaker_forms_either() -> None:
    teams = dict.fromkeys(PEOPLE.people, "DAL")
    assert resolve("Future, Victor", PEOPLE.as_of(TIPOFF, teams)).reason == "not_found"
    assert resolve("Future, Victor", PEOPLE.as_of(date(2024, 2, 2), teams)).universal_player_id == "future"


def test_one_index_serves_every_date_and_team_map() -> None:
    index = NameIndex([Person("one", "Marcus Morris"), Person("two", "Marcus Morris")])
    before, after = index.as_of(TIPOFF, {"one": "PHI", "two": "LAC"}), index.as_of(TIPOFF, {"one": "CLE", "two": "PHI"})
    assert resolve("Marcus Morris", before, ("PHI", "BOS")).universal_player_id == "one"
    assert resolve("Marcus Morris", after, ("PHI", "BOS")).universal_player_id == "two"


def test_a_new_spelling_counts_from_its_date_and_keeps_the_key() -> None:
    assert resolve("Enes Freedom", PEOPLE.as_of(TIPOFF, {})).reason == "not_found"
    later = resolve("Enes Freedom", PEOPLE.as_of(date(2024, 1, 21), {}))
    assert (later.universal_player_id, later.player_lookup) == ("kanter", "eneskanter")


# Invariants of a batch


spelled_names = st.one_of(
    st.sampled_from([c.player_name for c in (LEAGUE.candidate(p) for p in LEAGUE.index.people)]),
    st.sampled_from(
        ["J. Williams", "Murphy, Trey", "Herb Jones", "A + B", "", "Luka Don?i?", "Towns", "Caldwell Pope"]
    ),
    names,
    st.text(max_size=20),
)
team_pairs = st.none() | st.sampled_from([("DEN", "OKC"), ("NOP", "DAL"), ("MIN", "WAS")])


@given(st.lists(st.builds(NameRequest, spelled_names, team_pairs), max_size=8))
def test_a_batch_answers_each_request_in_order_and_alone(requests: list[NameRequest]) -> None:
    slate = ("DEN", "OKC", "HOU")
    batch = resolve_batch(requests, LEAGUE, PRODUCTION_ALIASES, slate)
    alone = [resolve_batch([request], LEAGUE, PRODUCTION_ALIASES, slate)[0] for request in requests]
    assert batch == alone
    assert [r.name for r in batch] == [r.name for r in requests]
    for resolution in batch:
        is_resolved = resolution.universal_player_id is not None
        assert is_resolved == (resolution.reason is None) == (resolution.method != "unresolved")
        assert not (is_resolved and resolution.suggestions)
        scores = [s.score for s in resolution.suggestions]
        assert len(scores) <= MAX_SUGGESTIONS
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 100 for score in scores)


@given(names.filter(player_lookup), names.filter(player_lookup))
def test_whoever_the_registry_knows_is_found_by_the_own_name_and_by_no_other_key(name: str, other: str) -> None:
    known = registry(("him", name, None))
    assert meant(resolve(name, known, slate=())) == ("him", "registry")
    if player_lookup(other) != player_lookup(name):
        assert resolve(other, known, aliases=(), slate=()).universal_player_id is None
