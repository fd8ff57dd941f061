"""The style and the script of a document's page."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --line: #e0e1e6; --ground: #fdfdfc;
  --raised: #f4f4f2; --link: #0b5cad; --warn: #9a5b00; --warn-ground: #fff3dc }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --soft: #b0b4ba; --line: #35383d; --ground: #15171a;
  --raised: #1f2226; --link: #84bdf8; --warn: #ffcf87; --warn-ground: #3a2c12 } }
* { box-sizing: border-box }
html { scroll-padding-top: 1rem }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif;
  overflow-wrap: anywhere }
a { color: var(--link); text-decoration: none }
a:hover { text-decoration: underline }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px }
code { font: .9em ui-monospace, "SF Mono", Menlo, Consolas, monospace; background: var(--raised); border-radius: 4px;
  padding: .08em .3em }
header, main, nav { max-width: 54rem; padding: 0 1.25rem }
header { padding-top: 2rem }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem }
h2 { font-size: 1.35rem; margin: 2.6rem 0 0; padding-top: .9rem; border-top: 1px solid var(--line) }
h3 { font-size: 1.02rem; margin: 1.7rem 0 .1rem }
h2 small, h3 small, nav small { font-weight: 400; color: var(--soft); font-size: .85rem; margin-left: .35rem }
.soft, .file { color: var(--soft); font-size: .9rem; margin: 0 }
ul { margin: .45rem 0 0; padding-left: 1.15rem }
li { margin: .18rem 0 }
li::marker { color: var(--soft) }
.at { color: var(--soft); font-size: .8rem; margin-left: .4rem; white-space: nowrap;
  font-variant-numeric: tabular-nums }
.mark { font-size: .75rem; color: var(--warn); background: var(--warn-ground); border-radius: 999px; padding: .1em .6em;
  margin-left: .4rem; white-space: nowrap }
.soft .mark { margin: 0; white-space: normal }
.skip { position: absolute; left: -99rem }
.skip:focus { left: 1rem; top: .5rem; background: var(--ground); padding: .3rem .6rem; z-index: 2 }
summary { cursor: pointer; padding: .5rem 0; color: var(--soft) }
nav ul { list-style: none; padding-left: 0 }
nav ul ul { padding-left: .9rem; margin: 0 }
input { font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--line); border-radius: 8px;
  padding: .45rem .7rem; width: 100%; max-width: 24rem; margin-top: 1rem }
[hidden] { display: none !important }
main { padding-bottom: 4rem }
section { content-visibility: auto; contain-intrinsic-size: auto 12rem }
@media (min-width: 75rem) { .page { display: grid; grid-template-columns: 19rem minmax(0, 1fr); max-width: 82rem;
    margin: 0 auto; grid-template-rows: auto 1fr }
  header, main { grid-column: 2 } nav { grid-column: 1; grid-row: 1 / 3 }
  nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 2rem 1rem; font-size: .9rem;
    border-right: 1px solid var(--line) } }
@media print { :root { color-scheme: light; --ink: #000; --ground: #fff; --raised: #eee; --soft: #444; --line: #bbb;
    --link: #000; --warn: #000; --warn-ground: #fff }
  nav, input, .skip { display: none } section { content-visibility: visible } h2, h3 { break-after: avoid }
  li { break-inside: avoid } body { font-size: 10.5pt } }
"""

# Opens the contents where there is room beside the text, and shows the behaviours in which all the words of the search
# occur. Without it the page is whole.
SCRIPT = """
if (matchMedia("(min-width: 75rem)").matches) document.querySelector("nav details").open = true;
const field = document.querySelector("input");
field.hidden = false;
field.addEventListener("input", () => {
  const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const domain of document.querySelectorAll("main > section")) {
    let shown = 0;
    for (const feature of domain.querySelectorAll("section")) {
      const title = domain.dataset.name + " " + feature.dataset.name;
      let here = 0;
      for (const item of feature.querySelectorAll("li")) {
        const text = (title + " " + item.textContent).toLowerCase();
        item.hidden = !words.every((word) => text.includes(word));
        here += !item.hidden;
      }
      feature.hidden = !here;
      shown += here;
    }
    domain.hidden = !shown;
  }
});
"""
