"""Two languages, complete, and a compiled catalogue that is the one in the source."""

from __future__ import annotations

import ast
import io
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import hydromet
from hydromet.errors import CommandError
from hydromet.locale import DOMAIN, FOLDER, LANGUAGES, known, pick, tr

PACKAGE = Path(hydromet.__file__).parent
CATALOGUES = sorted(FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def phrases():
    """Every literal handed to ``tr`` in the source."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "tr":
                argument = node.args[0]
                if isinstance(argument, ast.Constant):
                    yield argument.value


def test_every_language_but_the_source_has_a_catalogue():
    assert [path.parts[-3] for path in CATALOGUES] == sorted(set(LANGUAGES) - {"en"})


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_no_empty_or_fuzzy_translation_and_none_missing(path):
    catalogue = read_po(io.BytesIO(path.read_bytes()))
    messages = {message.id: message for message in catalogue if message.id}
    assert not [name for name, message in messages.items() if not message.string or message.fuzzy]
    assert not sorted(set(phrases()) - set(messages)), f"not in {path}"


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_compiled_catalogue_is_current(path):
    """After a change of a .po file: pybabel compile -D hydromet -d hydromet/translations."""
    fresh = io.BytesIO()
    write_mo(fresh, read_po(io.BytesIO(path.read_bytes())))
    assert path.with_suffix(".mo").read_bytes() == fresh.getvalue()


def test_translation():
    assert tr("Right") == "Right"
    assert tr("Right", "ja") == "正"
    assert tr("Right", "both") == "Right / 正"
    assert tr("nobody translated this", "both") == "nobody translated this"


def test_pick():
    texts = {"en": "Leach", "ja": "浸出"}
    assert (pick(texts), pick(texts, "ja"), pick(texts, "both")) == ("Leach", "浸出", "Leach / 浸出")
    assert pick("Leach", "ja") == "Leach"
    assert pick({"en": "Leach"}, "ja") == "Leach"
    assert pick({}, "ja") == ""


def test_unknown_language():
    with pytest.raises(CommandError, match="E902") as caught:
        known("jp")
    assert caught.value.exit_code == 2
