"""Cypress."""

from fleet.analysis.detect.framework import Facts, Rank
from fleet.analysis.detect.javascript import ECMASCRIPT
from fleet.analysis.parse.ecmascript.walk import outline
from fleet.analysis.parse.framework import Framework

CYPRESS = Framework(
    Facts(
        name="cypress",
        languages=ECMASCRIPT,
        rank=Rank.END_TO_END,
        imports=("cypress", "cypress/*"),
        suffixes=(".cy.js", ".cy.jsx", ".cy.mjs", ".cy.cjs", ".cy.ts", ".cy.tsx"),
        markers=("cy.*", "Cypress.*"),
    ),
    outline,
)
