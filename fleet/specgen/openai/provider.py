"""Asks one provider for all jobs of this process: patiently, within the fleet's rate, and not while it fails."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random

import anyio

from fleet.db import Pool
from fleet.errors import ModelRefused, ModelUnavailable, ServerUnavailable, ServerUnreachable, Snooze
from fleet.http import Http
from fleet.log import get_logger
from fleet.specgen.cache import Answer
from fleet.specgen.openai.breaker import Breaker
from fleet.specgen.openai.ledger import NOTHING, Ledger, Settled
from fleet.specgen.openai.outcome import Answered, GivenUp, Outcome, TooLong, Withheld
from fleet.specgen.openai.plan import ModelPlan
from fleet.specgen.openai.request import Request, request_for
from fleet.specgen.openai.verdict import Broken, Busy, Completion, Filtered, Garbled, Refused, TooLarge, Verdict, judge
from fleet.specgen.prompts.question import Question
from fleet.specgen.prompts.sift import sift
from fleet.sql import statement

_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
# A model that talks nonsense twice will do so a third time, and each time is paid for.
_MOST_UNREADABLE = 2
_NO_TIME = timedelta(0)


class Unreachable:
    """The request was not sent."""


class Silent:
    """The request was sent, and no whole answer came."""


Failure = Garbled | Busy | Broken | Unreachable | Silent


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Provider:
    """What one job of the process learns about the provider, all its others know."""

    def __init__(
        self,
        http: Http,
        pool: Pool,
        plan: ModelPlan,
        random: Random,
        *,
        clock: Callable[[], float] = anyio.current_time,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.plan = plan
        self._http = http
        self._pool = pool
        self._random = random
        self._clock = clock
        self._now = now
        self._breaker = Breaker(plan.breaker)
        self._quiet_until = float("-inf")
        self._trouble = ""

    async def ask(self, question: Question, ledger: Ledger) -> Outcome:
        """Return what became of *question*; every answer is in the ledger, and kept, before this returns.

        Raises Snooze when the provider needs longer than a job should wait for it, ModelUnavailable when it has needed
        too long already, ModelRefused when it takes no such requests, BudgetExceeded before more is spent than may be.
        """
        request = request_for(question, self.plan)
        unreadable = 0
        last: Failure | None = None
        for turn in range(self.plan.patience.tries):
            if turn:
                await self._pause(turn)
            await self._admit(ledger)
            reserved = await ledger.reserve(question.task, request)
            match await self._send(request):
                case Completion() as completion:
                    outcome = await self._take(completion, question, request, reserved, ledger)
                    if outcome is not None:
                        return outcome
                    unreadable += 1
                    if unreadable == _MOST_UNREADABLE:
                        return GivenUp()
                case TooLarge():
                    await ledger.settle(reserved, request, "refused", NOTHING)
                    return TooLong()
                case Filtered():
                    await ledger.settle(reserved, request, "withheld", NOTHING)
                    return Withheld()
                case Refused(status, code) as refused:
                    await ledger.settle(reserved, request, "refused", NOTHING)
                    if refused.malformed and len(question.keys) > 1:
                        return TooLong()
                    raise ModelRefused("the model's provider refuses the request", status=status, code=code)
                case last:
                    await self._bear(last, request, reserved, ledger)
        await self._require_others(ledger, last)
        return GivenUp()

    async def _require_others(self, ledger: Ledger, last: Failure | None) -> None:
        """Return when the provider serves others, so that it must be the question; else raise what puts the job off."""
        if isinstance(last, Busy):
            left = timedelta(seconds=max(self._quiet_until - self._clock(), 0))
            raise await self._later(ledger, max(left, self.plan.patience.longest_pause))
        shut = self._breaker.wait(self._clock())
        if shut is not None:
            raise await self._later(ledger, shut)

    async def _send(self, request: Request) -> Verdict | Unreachable | Silent:
        try:
            answer = await self._http.post(self.plan.url, request.body, headers=_HEADERS, token=self.plan.key)
        except ServerUnreachable as error:
            get_logger().warning("model.unreachable", reason=error.facts.get("reason"))
            return Unreachable()
        except ServerUnavailable as error:
            get_logger().warning("model.silent", reason=error.facts.get("reason", error.sentence))
            return Silent()
        return judge(answer, now=self._now())

    async def _take(
        self, completion: Completion, question: Question, request: Request, reserved: int, ledger: Ledger
    ) -> Outcome | None:
        """Settle what the model answered; None when it makes no sense and may make some another time."""
        self._breaker.answered()
        found = sift(question, completion.content) if completion.finish not in {"length", "content_filter"} else {}
        name, outcome = _fate(completion, found)
        usage = await ledger.settle(reserved, request, name, completion.usage, found)
        get_logger().info(
            "model.answered",
            task=question.task,
            model=request.model,
            outcome=name,
            asked=len(question.keys),
            answered=len(found),
            tokens_in=usage.prompt_tokens,
            tokens_out=usage.tokens_out,
        )
        return outcome

    async def _bear(self, failure: Failure, request: Request, reserved: int, ledger: Ledger) -> None:
        match failure:
            case Busy(wait, is_failure):
                # Whoever asks next is told the same, and asks for nothing.
                self._rest(wait)
                await ledger.settle(reserved, request, "busy", NOTHING)
            case Broken() | Unreachable():
                is_failure = True
                await ledger.settle(reserved, request, "failed", NOTHING)
            case _:
                is_failure = True
                # It may have been answered, and then it is paid for.
                await ledger.settle(reserved, request, "unknown", None)
        if is_failure:
            self._breaker.failed(self._clock())
        self._trouble = type(failure).__name__.lower()
        get_logger().warning("model.failed", failure=self._trouble, model=request.model)

    def _rest(self, wait: timedelta | None) -> None:
        if wait is not None:
            wait = min(wait, self.plan.patience.longest_rest)
            self._quiet_until = max(self._quiet_until, self._clock() + wait.total_seconds())

    async def _admit(self, ledger: Ledger) -> None:
        """Return when a request may be sent: the provider wants to be asked, and the fleet's rate has a token."""
        ledger.require_time(self._clock())
        await self._wait(ledger, timedelta(seconds=max(self._quiet_until - self._clock(), 0)))
        while wait := await self._pool.fetchval(statement("specgen/take_token")):
            await self._wait(ledger, wait)
        shut = self._breaker.wait(self._clock())
        if shut is not None:
            raise await self._later(ledger, shut)

    async def _wait(self, ledger: Ledger, wait: timedelta) -> None:
        if wait > self.plan.patience.longest_pause:
            raise await self._later(ledger, wait)
        if wait > _NO_TIME:
            # Those who were told to wait together need not come back together.
            await anyio.sleep(wait.total_seconds() * (1 + self._random.random() / 10))
            ledger.require_time(self._clock())

    async def _pause(self, turn: int) -> None:
        patience = self.plan.patience
        ceiling = min(patience.first_pause * 2.0 ** min(turn, 16), patience.longest_pause)
        await anyio.sleep(ceiling.total_seconds() * (0.5 + self._random.random() / 2))

    async def _later(self, ledger: Ledger, wait: timedelta) -> Snooze | ModelUnavailable:
        """Return what puts the job off: not its fault, so not an attempt of its own; but not for ever either."""
        silence = await ledger.silence()
        if silence > self.plan.patience.outage:
            return ModelUnavailable(
                "the model's provider has been away for too long", trouble=self._trouble, silence=silence
            )
        return Snooze("the model's provider needs time", after=wait, trouble=self._trouble)


def _fate(completion: Completion, found: Mapping[bytes, Answer]) -> tuple[Settled, Outcome | None]:
    if found:
        return "answered", Answered(found)
    if completion.finish == "length":
        return "cut", TooLong()
    if completion.finish == "content_filter" or not completion.content:
        return "withheld", Withheld()
    return "unreadable", None
