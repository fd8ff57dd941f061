"""What a generate_spec job does: from its arguments to a document."""

import msgspec

from fleet.db import Pool
from fleet.log import get_logger
from fleet.queue.context import Context
from fleet.specgen.document import Subject
from fleet.specgen.generate import generate
from fleet.specgen.job import GenerateSpec
from fleet.specgen.model import Begin, Order, Writing
from fleet.specgen.store import Saved


class GenerateSpecHandler(msgspec.Struct, frozen=True):
    """Runs generate_spec jobs; *begin* puts a model to work on one of them."""

    pool: Pool
    begin: Begin

    async def __call__(self, job: GenerateSpec, context: Context) -> Saved:
        def begin(subject: Subject) -> Writing:
            return self.begin(
                Order(
                    job=context.id,
                    token=context.token,
                    user=job.user_id,
                    subject=subject,
                    stopping=lambda: context.stopping,
                )
            )

        saved = await generate(
            self.pool,
            begin,
            analysis_id=job.analysis_id,
            user_id=job.user_id,
            language=job.language,
            force=job.force,
            progress=context.progress,
            finish=context.finish,
        )
        if saved.bill.requests:
            bill = msgspec.structs.asdict(saved.bill) | {"cost": str(saved.bill.cost)}
            get_logger().info("model.billed", document=saved.document_id, stand_ins=saved.stand_ins, **bill)
        return saved
