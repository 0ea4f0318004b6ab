"""How sources misspell a name. The reverse, from a spelling to a person, belongs to `nba_props.domain`."""

import unicodedata

# Letters that carry no combining mark and so survive decomposition.
PLAIN_LETTERS = str.maketrans({"ı": "i", "İ": "I", "ø": "o", "đ": "d", "ł": "l"})
SUFFIXES = (" Jr.", " Sr.", " II", " III", " IV")


def without_accents(name: str) -> str:
    """`Luka Perišević` as `Luka Perisevic`."""
    decomposed = unicodedata.normalize("NFKD", name.translate(PLAIN_LETTERS))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def without_suffix(name: str) -> str:
    """`Darnell Whitlow Jr.` as `Darnell Whitlow`."""
    for suffix in SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def initial_form(name: str) -> str:
    """`Solomon Adeyemi-Grant` as `S. Adeyemi-Grant`."""
    first, _, last = name.partition(" ")
    return f"{first[0]}. {last}"


def with_cyrillic_o(name: str) -> str:
    """The same to the eye, with a Cyrillic letter for every Latin o."""
    return name.replace("o", "\N{CYRILLIC SMALL LETTER O}")
