"""What a generate_spec job does: from its arguments to a document."""

import msgspec

from fleet.db import Pool
from fleet.queue.context import Context
from fleet.specgen.generate import generate
from fleet.specgen.job import GenerateSpec
from fleet.specgen.model import Model
from fleet.specgen.store import Saved


class GenerateSpecHandler(msgspec.Struct, frozen=True):
    """Runs generate_spec jobs with one *model*."""

    pool: Pool
    model: Model

    async def __call__(self, job: GenerateSpec, context: Context) -> Saved:
        return await generate(
            self.pool,
            self.model,
            analysis_id=job.analysis_id,
            user_id=job.user_id,
            language=job.language,
            force=job.force,
            progress=context.progress,
            finish=context.finish,
        )
