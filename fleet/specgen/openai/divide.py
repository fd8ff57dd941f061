"""Asks about many things in questions that a model can answer, and asks again about what it left out."""

from collections.abc import Awaitable, Callable, Iterator, Sequence

import msgspec

from fleet.specgen.cache import Answer
from fleet.specgen.document import Case
from fleet.specgen.openai.outcome import Answered, Outcome, TooLong, Withheld
from fleet.specgen.prompts.material import size_of
from fleet.specgen.prompts.question import Question

# A question about so many characters is divided, however few the tests.
_MOST_CHARACTERS = 60_000
# What is left out twice stays out.
_MOST_REPEATS = 2
# To find the one test that a model will not speak about costs a request for each halving.
_MOST_HALVINGS = 3

Item = tuple[bytes, Case]
Make = Callable[[Sequence[Item]], Question]
Ask = Callable[[Question], Awaitable[Outcome]]


class _Part(msgspec.Struct, frozen=True):
    items: Sequence[Item]
    repeats: int = 0
    halvings: int = 0

    def halves(self, *, withheld: bool) -> tuple["_Part", ...]:
        if len(self.items) == 1 or (withheld and self.halvings == _MOST_HALVINGS):
            return ()
        middle = len(self.items) // 2
        return tuple(
            _Part(items, self.repeats, self.halvings + withheld) for items in (self.items[:middle], self.items[middle:])
        )


async def ask_about(items: Sequence[Item], make: Make, ask: Ask) -> dict[bytes, Answer]:
    """Return the answers there are; what is missing, the model would not or could not say."""
    found: dict[bytes, Answer] = {}
    parts = [_Part(items)]
    while parts:
        part = parts.pop()
        match await ask(make(part.items)):
            case Answered(answers):
                found |= answers
                missing = [item for item in part.items if item[0] not in answers]
                if missing and part.repeats < _MOST_REPEATS:
                    parts.append(_Part(missing, part.repeats + 1, part.halvings))
            case TooLong():
                parts += reversed(part.halves(withheld=False))
            case Withheld():
                parts += reversed(part.halves(withheld=True))
            case _:
                pass
    return found


def portions(items: Sequence[Item], most: int) -> Iterator[list[Item]]:
    """Divide *items*, in their order, into lists of at most so many and at most so much text."""
    portion: list[Item] = []
    characters = 0
    for item in items:
        size = size_of(item[1])
        if portion and (len(portion) == most or characters + size > _MOST_CHARACTERS):
            yield portion
            portion, characters = [], 0
        portion.append(item)
        characters += size
    if portion:
        yield portion
