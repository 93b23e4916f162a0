from importlib import resources

import pytest

from db import queries

NOUNS = [file.name.removesuffix(".sql") for file in resources.files("db").joinpath("sql").iterdir()]


@pytest.mark.parametrize("noun", NOUNS)
def test_every_statement_has_a_name_of_its_own_and_is_one_statement(noun: str) -> None:
    text = resources.files("db").joinpath("sql", f"{noun}.sql").read_text()
    statements = queries.load(noun)
    assert len(statements) == text.count("-- name: ")
    for name, statement in statements.items():
        code = "\n".join(line for line in statement.splitlines() if not line.lstrip().startswith("--"))
        assert code.count(";") == 1, name
        assert code.rstrip().endswith(";"), name
