"""A language model at work on one document; whatever it says is kept, and what it does not say the outline does."""

from collections.abc import Sequence
from functools import partial

from anyio import to_thread

from fleet.db import Pool
from fleet.errors import SpecificationError
from fleet.log import get_logger
from fleet.specgen.cache import Answer, known_answers
from fleet.specgen.document import Case, Domain, Place, Subject
from fleet.specgen.model import Model
from fleet.specgen.openai.contents import Contents
from fleet.specgen.openai.divide import Item, ask_about, portions
from fleet.specgen.openai.ledger import Ledger
from fleet.specgen.openai.outcome import Outcome
from fleet.specgen.openai.provider import Provider
from fleet.specgen.outline.text import unique
from fleet.specgen.prompts import classify, describe, summarise
from fleet.specgen.prompts.material import identity_of, key_of, numbered
from fleet.specgen.prompts.question import Question, Task
from fleet.specgen.prompts.version import PROMPT_VERSION

# So many sentences are as much as a model writes well at once.
_MOST_SENTENCES = 100


class LanguageModel:
    """Writes one document of *codebase*; *spare* writes what the model fails for, and those places are *stand_ins*."""

    prompt_version = PROMPT_VERSION

    def __init__(self, pool: Pool, provider: Provider, ledger: Ledger, codebase: int, spare: Model) -> None:
        self.stand_ins: set[Place] = set()
        self._pool = pool
        self._provider = provider
        self._ledger = ledger
        self._codebase = codebase
        self._spare = spare

    @property
    def name(self) -> str:
        return " + ".join(dict.fromkeys((self._provider.plan.classify, self._provider.plan.describe)))

    async def classify(self, subject: Subject, cases: Sequence[Case], language: str) -> list[Place]:
        """Leave the tests that have a place where they are, and ask where the others belong."""
        await self._ledger.open()
        keys = await self._keys("classify", cases, language)
        known = await self._known(keys)
        contents = Contents()
        for key in filter(known.__contains__, keys):
            contents.place(known[key])
        for portion in portions(_unknown(keys, cases, known), self._provider.plan.tests_at_once):
            found = await ask_about(portion, partial(self._placing, subject, contents, language), self._ask)
            for key, _ in portion:
                if key in found:
                    contents.place(found[key])
            known |= found
        if all(key in known for key in keys):
            return [contents.place(known[key]) for key in keys]
        spare = await self._spare.classify(subject, cases, language)
        return [
            contents.place(known[key]) if key in known else self._spare_place(contents, place)
            for key, place in zip(keys, spare, strict=True)
        ]

    async def describe(self, place: Place, cases: Sequence[Case], language: str) -> list[str]:
        keys = await self._keys("describe", cases, language)
        known = await self._known(keys)
        most = min(_MOST_SENTENCES, self._provider.plan.tests_at_once)
        for portion in portions(_unknown(keys, cases, known), most):
            known |= await ask_about(portion, partial(self._describing, place, language), self._ask)
        if all(key in known for key in keys):
            return unique([known[key][0] for key in keys])
        self._stand_in(place, sum(key not in known for key in keys))
        spare = await self._spare.describe(place, cases, language)
        return unique([known[key][0] if key in known else text for key, text in zip(keys, spare, strict=True)])

    async def summarise(self, subject: Subject, cases: Sequence[Case], domains: Sequence[Domain], language: str) -> str:
        """Ask for an overview, and do without one that cannot be had."""
        contents = summarise.contents_of(domains)
        told = repr([contents, len(cases), subject.repo])
        key = key_of("summarise", self._provider.plan.describe, language, [told])
        known = await self._known([key])
        if key not in known:
            question = summarise.question(contents, key, project=subject.repo, tests=len(cases), language=language)
            try:
                known = await ask_about([(key, cases[0])], lambda _: question, self._ask)
            except SpecificationError as error:
                get_logger().warning("model.no_overview", error=type(error).__name__, reason=str(error))
        if key in known:
            return known[key][0]
        return await self._spare.summarise(subject, cases, domains, language)

    def _spare_place(self, contents: Contents, spare: Place) -> Place:
        place = contents.place((spare.domain, spare.feature))
        self._stand_in(place, 1)
        return place

    def _placing(self, subject: Subject, contents: Contents, language: str, items: Sequence[Item]) -> Question:
        cases, keys = _numbered(items)
        return classify.question(cases, keys, contents.shown(), project=subject.repo, language=language)

    def _describing(self, place: Place, language: str, items: Sequence[Item]) -> Question:
        cases, keys = _numbered(items)
        return describe.question(cases, keys, place, language=language)

    async def _ask(self, question: Question) -> Outcome:
        return await self._provider.ask(question, self._ledger)

    async def _known(self, keys: Sequence[bytes]) -> dict[bytes, Answer]:
        return await known_answers(self._pool, self._codebase, list(dict.fromkeys(keys)))

    async def _keys(self, task: Task, cases: Sequence[Case], language: str) -> list[bytes]:
        model = self._provider.plan.model_for(task)
        # A million of them take seconds, in which the worker has to keep its lease.
        return await to_thread.run_sync(lambda: [key_of(task, model, language, identity_of(case)) for case in cases])

    def _stand_in(self, place: Place, tests: int) -> None:
        if place not in self.stand_ins:
            get_logger().warning("model.stand_in", tests=tests)
        self.stand_ins.add(place)


def _unknown(keys: Sequence[bytes], cases: Sequence[Case], known: dict[bytes, Answer]) -> list[Item]:
    """Return what is to be asked about; tests of the same name in the same place are asked about once."""
    return [(key, case) for key, case in dict(zip(keys, cases, strict=True)).items() if key not in known]


def _numbered(items: Sequence[Item]) -> tuple[dict[int, Case], dict[int, bytes]]:
    return numbered(case for _, case in items), dict(enumerate((key for key, _ in items), 1))
