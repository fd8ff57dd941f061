"""The kinds of jobs of this project, which every migration declares."""

from fleet.analysis.job import Analyze
from fleet.specgen.job import GenerateSpec

KINDS = (Analyze, GenerateSpec)
