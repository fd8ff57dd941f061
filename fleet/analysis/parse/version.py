"""Names the rules by which files are read; an analysis of another version may be done again."""

# Raise it with every change that can make the same file yield another inventory.
PARSER_VERSION = "3"
