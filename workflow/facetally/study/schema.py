"""Checks values against a JSON schema, and reports the first fault in one line."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import date
from difflib import get_close_matches
from functools import reduce
from math import isfinite
from operator import getitem
from pathlib import Path
from reprlib import Repr
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator, ValidationError
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from facetally.errors import ConfigError
from facetally.study.names import shown

SCHEMAS: Final = Path(__file__).parents[2] / "schemas"
LONGEST_VALUE: Final = 200
SHORT: Final = Repr()
RESOLVER: Final[Any] = Resolver()


def read_schema(name: str) -> dict[str, Any]:
    """Read one of the workflow's own schemas, NAME.schema.yaml."""
    schema: dict[str, Any] = yaml.safe_load((SCHEMAS / f"{name}.schema.yaml").read_text("utf-8"))
    return schema


def validated(title: str, values: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Check values against a schema.

    Args:
        title: the file that they are from, for messages.
        values: the values as YAML reads them.
        schema: a JSON schema.

    Returns:
        The values, with numbers and booleans in place of text where the schema wants them.

    Raises:
        ConfigError: if a key or value does not match the schema.
    """
    validator = Draft202012Validator(schema)
    checked = _with_numbers(values, validator)
    # A misspelt key is reported before what follows from its absence.
    problem = min(
        validator.iter_errors(checked),
        key=lambda found: found.validator != "additionalProperties",
        default=None,
    )
    if problem is not None:
        raise ConfigError(f"{title}: {_explain(problem)}")
    for where, value in _numbers(checked, ""):
        if not isfinite(value):
            raise ConfigError(f"{title}: {where}: {value} is not a finite number; correct it")
    return checked


def _numbers(value: Any, where: str) -> Iterator[tuple[str, float]]:
    """Yield the numbers in values, each with its place."""
    if isinstance(value, float):
        yield where, value
    inner = (
        value.items()
        if isinstance(value, Mapping)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, each in inner:
        yield from _numbers(each, f"{where}.{key}" if where else str(key))


def _with_numbers(values: Mapping[str, Any], validator: Draft202012Validator) -> dict[str, Any]:
    """Turn text into the number or boolean that YAML reads in it, where the schema wants one.

    On its command line, Snakemake reads values within braces as text, as in ``--config
    'sampling={every_nth_frame: 10}'``.
    """
    config = deepcopy(dict(values))
    for problem in list(validator.iter_errors(config)):
        if problem.validator == "type" and isinstance(problem.instance, str):
            *outer, key = problem.absolute_path
            holder: Any = reduce(getitem, outer, config)
            holder[key] = _read_scalar(problem.instance)
    return config


def _read_scalar(text: str) -> Any:
    """Return the number or boolean that YAML reads in a text without quotes, or else the text."""
    tag: str = RESOLVER.resolve(yaml.ScalarNode, text, (True, False))
    if tag.rpartition(":")[2] not in ("bool", "float", "int"):
        return text
    try:
        return SafeConstructor().construct_object(yaml.ScalarNode(tag, text))
    except ValueError:  # 5,000 digits.
        return text


def _explain(problem: ValidationError) -> str:
    """Return one line that says where a configuration is wrong and what would be right."""
    where = ".".join(str(part) for part in problem.absolute_path)
    at = f"{where}: " if where else ""
    rule: Any = problem.validator
    wanted: Any = problem.validator_value
    value: Any = problem.instance
    if rule == "additionalProperties":
        schema: Any = problem.schema
        known = list(schema["properties"])
        wrong = next(str(key) for key in value if key not in known)
        close = get_close_matches(wrong, known, n=1)
        meant = f"; did you mean '{close[0]}'?" if close else ""
        return (
            f"{at}unknown key '{shown(wrong, LONGEST_VALUE)}'{meant} (known: {', '.join(known)})"
        )
    if rule == "required":
        absent = next(key for key in wanted if key not in value)
        return f"{at}key '{absent}' is missing"
    if rule == "enum":
        return f"{at}'{in_message(value)}' is unknown (known: {', '.join(map(str, wanted))})"
    if rule == "minimum":
        return f"{at}{in_message(value)} is too small; it must be {wanted} or more"
    if rule == "maximum":
        return f"{at}{in_message(value)} is too large; it must be {wanted} or less"
    if rule == "type":
        types = [wanted] if isinstance(wanted, str) else wanted
        given = repr(value) if isinstance(value, str) else in_message(value)
        quotes = isinstance(value, (bool, int, float, date)) and "string" in types
        way_out = "; put it in quotes" if quotes else ""
        return f"{at}{shown(given, LONGEST_VALUE)} is not of type {types[0]}{way_out}"
    if rule == "pattern":
        rules: Any = problem.schema
        example = rules["examples"][0]
        return f"{at}'{in_message(value)}' cannot be read; write it like {example}, in quotes"
    if rule in ("minItems", "minProperties", "minLength"):
        return f"{at}nothing is given; at least one is needed"
    if rule == "uniqueItems":
        return f"{at}{in_message(value)} lists an item twice; remove one"
    return f"{at}{shown(problem.message, LONGEST_VALUE)}"


def in_message(value: Any) -> str:
    """Return a value in one short line, for messages."""
    return shown(
        str(value) if isinstance(value, (str, date)) else SHORT.repr(value), LONGEST_VALUE
    )
