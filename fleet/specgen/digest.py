"""Whether two documents say the same."""

import hashlib

import msgspec

from fleet.specgen.document import Document

# Part of every hash, so that a change of the encoding cannot make old and new documents equal by accident.
_ENCODING = 1


def content_hash(document: Document) -> str:
    """Hash what a reader sees; the commit, line numbers and keys may move without changing it.

    JSON keeps the ends of strings and lists apart, which joining them with any separator would not.
    """
    content = [
        _ENCODING,
        document.language,
        document.overview,
        [
            [
                domain.name,
                [
                    [
                        feature.name,
                        [[b.sentence, b.path, b.status] for b in feature.behaviours],
                        # What was hashed before there were any has the same hash as ever.
                        *(["stand-in"] if feature.stand_in else []),
                    ]
                    for feature in domain.features
                ],
            ]
            for domain in document.domains
        ],
    ]
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()
