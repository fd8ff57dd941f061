"""Which wording of the prompts an answer was given to; a test refuses a change of theirs that leaves it alone."""

PROMPT_VERSION = "1"
