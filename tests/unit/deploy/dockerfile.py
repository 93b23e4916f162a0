"""The Dockerfile as its stages and their instructions: as much of the format as this repository uses.

Of an argument it has the default, where an instruction names it as `${NAME}`.
"""

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Instruction:
    keyword: str
    value: str

    @property
    def words(self) -> list[str]:
        """Without the options, such as `--mount` and `--from`, that go before them."""
        words = shlex.split(self.value)
        while words and words[0].startswith("--"):
            del words[0]
        return words

    @property
    def exec_form(self) -> list[str]:
        """Raises ValueError for the shell form."""
        words = json.loads(self.value)
        if not isinstance(words, list):
            raise ValueError(f"{self.keyword} is not in the exec form: {self.value}")
        return [str(word) for word in words]


@dataclass(frozen=True, slots=True)
class Stage:
    base: str
    name: str
    instructions: list[Instruction]

    def all(self, keyword: str) -> list[Instruction]:
        return [instruction for instruction in self.instructions if instruction.keyword == keyword]

    def only(self, keyword: str) -> Instruction:
        """Raises ValueError where it has none, or several."""
        (instruction,) = self.all(keyword)
        return instruction

    @property
    def environment(self) -> dict[str, str]:
        pairs = (word.partition("=") for instruction in self.all("ENV") for word in instruction.words)
        return {name: value for name, _, value in pairs}


def stages() -> list[Stage]:
    text = (ROOT / "Dockerfile").read_text()
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for name, default in re.findall(r"^ARG (\w+)=(.*)$", lines, re.MULTILINE):
        lines = lines.replace(f"${{{name}}}", default)
    found: list[Stage] = []
    for line in re.sub(r"\\\n\s*", "", lines).splitlines():
        if not line.strip():
            continue
        keyword, value = line.split(maxsplit=1)
        if keyword == "FROM":
            base, _, name = value.partition(" AS ")
            found.append(Stage(base, name, []))
        elif found:
            found[-1].instructions.append(Instruction(keyword, value))
    return found


def stage(name: str) -> Stage:
    return next(stage for stage in stages() if stage.name == name)
