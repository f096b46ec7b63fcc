/** The inbox's style sheet: system fonts, no pictures, light and dark. */
export const CSS = `
:root {
  color-scheme: light dark;
  --back: light-dark(#f4f5f2, #15181a);
  --card: light-dark(#ffffff, #1d2124);
  --line: light-dark(#e1e4dd, #2e3438);
  --text: light-dark(#1d2523, #e6eae7);
  --dim: light-dark(#66716c, #94a09a);
  --accent: light-dark(#17695a, #5fd0b5);
  --soft: light-dark(#e4f1ed, #1d3531);
  --good: light-dark(#17695a, #5fd0b5);
  --good-back: light-dark(#dff2ea, #17372f);
  --bad: light-dark(#a6322d, #ff9a8f);
  --bad-back: light-dark(#fbe4e1, #442421);
  --wait: light-dark(#8a5a00, #f2c264);
  --wait-back: light-dark(#fdf0d2, #3d3117);
  --radius: 10px;
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
a:focus-visible, button:focus-visible, input:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.top { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem 2rem; padding: .7rem 1.5rem 0; background: var(--card);
  border-bottom: 1px solid var(--line); position: sticky; top: 0; z-index: 2; }
.brand { display: flex; align-items: center; gap: .6rem; font-weight: 650; color: var(--text); padding-bottom: .7rem; }
.brand:hover { text-decoration: none; }
.brand em { font-style: normal; font-weight: 400; color: var(--dim); }
.mark { width: 1.1rem; height: 1.1rem; border-radius: 5px; border: 3.5px solid var(--accent); border-top-color: transparent; }
nav { display: flex; gap: .25rem; overflow-x: auto; scrollbar-width: none; }
nav a { padding: .45rem .8rem .75rem; color: var(--dim); white-space: nowrap; border-bottom: 2px solid transparent; }
nav a:hover { color: var(--text); text-decoration: none; }
nav a[aria-current] { color: var(--text); font-weight: 600; border-bottom-color: var(--accent); }
.count { margin-left: .45rem; font-size: .75rem; font-weight: 500; color: var(--dim); background: var(--back); border-radius: 99px;
  padding: .1rem .5rem; font-variant-numeric: tabular-nums; }
main { flex: 1; width: 100%; max-width: 84rem; margin: 0 auto; padding: 1.25rem 1.5rem; }
footer { padding: .5rem 1.5rem 1.25rem; text-align: center; color: var(--dim); font-size: .8rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); overflow: hidden; }
.split { display: grid; grid-template-columns: minmax(17rem, 25rem) minmax(0, 1fr); gap: 1.25rem; align-items: start; }
.list { list-style: none; margin: 0; padding: 0; }
.list li + li { border-top: 1px solid var(--line); }
.item { display: grid; grid-template-columns: 2.4rem minmax(0, 1fr); gap: .8rem; padding: .8rem 1rem; color: inherit; }
.item:hover { background: var(--back); text-decoration: none; }
.item[aria-current] { background: var(--soft); }
.face { width: 2.4rem; height: 2.4rem; border-radius: 50%; display: grid; place-items: center; font-size: .8rem; font-weight: 600;
  background: var(--soft); color: var(--accent); }
.item[aria-current] .face { background: var(--card); }
.row { display: flex; justify-content: space-between; gap: .75rem; align-items: baseline; }
.row > :first-child, .cut { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
.strong { font-weight: 600; }
.dim, time { color: var(--dim); }
time { font-size: .8rem; white-space: nowrap; }
.small { font-size: .85rem; }
.head { padding: 1.1rem 1.25rem; border-bottom: 1px solid var(--line); }
.head h1 { margin: 0 0 .5rem; font-size: 1.2rem; line-height: 1.35; overflow-wrap: anywhere; }
dl { margin: 0; display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem 1rem; font-size: .88rem; }
dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; }
iframe { display: block; width: 100%; height: min(68vh, 52rem); border: 0; background: #fff; }
details { border-top: 1px solid var(--line); padding: .7rem 1.25rem; }
summary { cursor: pointer; color: var(--dim); font-size: .88rem; }
pre { margin: .7rem 0 .3rem; white-space: pre-wrap; overflow-wrap: anywhere; font: .82rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th { text-align: left; font-weight: 500; font-size: .78rem; color: var(--dim); padding: .6rem 1rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
td { padding: .7rem 1rem; vertical-align: top; }
tr + tr td { border-top: 1px solid var(--line); }
td.num, th.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: .85em ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.chip { display: inline-block; padding: .1rem .55rem; border-radius: 99px; font-size: .78rem; font-weight: 550; white-space: nowrap;
  background: var(--back); color: var(--dim); }
.chip.good { background: var(--good-back); color: var(--good); }
.chip.bad { background: var(--bad-back); color: var(--bad); }
.chip.wait { background: var(--wait-back); color: var(--wait); }
.texts { display: grid; gap: .9rem; max-width: 44rem; margin: 0 auto; }
.sms { padding: .9rem 1.1rem; }
.bubble { display: inline-block; max-width: 100%; margin: .5rem 0 0; padding: .55rem .9rem; border-radius: 1rem 1rem 1rem .25rem;
  background: var(--soft); white-space: pre-wrap; overflow-wrap: anywhere; }
.empty { padding: 4rem 1rem; text-align: center; }
.empty p { margin: .2rem; }
.pager { display: flex; justify-content: center; gap: 1.5rem; padding: .3rem; color: var(--dim); font-size: .88rem; }
button, .button { font: inherit; font-size: .88rem; font-weight: 550; padding: .4rem .9rem; border-radius: 7px; border: 1px solid var(--accent);
  background: var(--accent); color: var(--card); cursor: pointer; display: inline-block; }
button.plain, .button.plain { background: transparent; color: var(--accent); }
button:hover, .button:hover { filter: brightness(1.08); text-decoration: none; }
form.inline { margin-top: .45rem; display: flex; flex-wrap: wrap; align-items: center; gap: .4rem; }
form.inline input { width: 6.5rem; font: inherit; padding: .2rem .45rem; border: 1px solid var(--line); border-radius: 7px; background: var(--card); color: inherit; }
.faults { max-width: 52rem; margin: 0 auto 1.25rem; padding: 1rem 1.25rem; }
.faults p { margin: .3rem 0; }
.faults h1 { margin: 0; font-size: 1.15rem; }
.faults fieldset { display: grid; grid-template-columns: repeat(auto-fill, minmax(11.5rem, 1fr)); gap: .5rem 1rem; margin: 1rem 0 0;
  padding: .8rem 0 0; border: 0; border-top: 1px solid var(--line); }
.faults legend { float: left; width: 100%; grid-column: 1 / -1; padding: 0 0 .3rem; color: var(--dim); font-size: .82rem; }
.fields { grid-column: 1 / -1; display: grid; grid-template-columns: repeat(auto-fill, minmax(11.5rem, 1fr)); gap: .8rem 1rem; margin-top: .6rem; }
.field { display: grid; gap: .2rem; font-size: .82rem; color: var(--dim); }
.field input { font: inherit; font-size: .95rem; width: 100%; padding: .4rem .6rem; border: 1px solid var(--line); border-radius: 7px;
  background: var(--back); color: var(--text); font-variant-numeric: tabular-nums; }
.tick { display: flex; gap: .55rem; align-items: baseline; line-height: 1.3; cursor: pointer; }
.tick input { accent-color: var(--accent); margin: 0; }
.actions { padding-top: .9rem; }
.weak { font-weight: 400; }
.whole { white-space: nowrap; }
.notice { padding: .7rem 1rem; margin: 0 0 1rem; border-radius: var(--radius); background: var(--soft); }
.dialog { max-width: 26rem; margin: 8vh auto 0; padding: 1.75rem; text-align: center; }
.dialog h1 { font-size: 1.15rem; margin: 0 0 .3rem; }
.dialog .sum { font-size: 2rem; font-weight: 650; margin: .8rem 0 .2rem; font-variant-numeric: tabular-nums; }
.dialog form { display: grid; gap: .6rem; margin-top: 1.5rem; }
.dialog button { padding: .65rem; }
@media (max-width: 60rem) {
  .split { grid-template-columns: minmax(0, 1fr); }
  .split.open > .list-side, .split:not(.open) > article { display: none; }
  main { padding: 1rem .75rem; }
  .top { padding-inline: 1rem; }
}
@media (min-width: 60.01rem) { .back { display: none; } }
@media (max-width: 45rem) {
  table, tbody, tr, td { display: block; }
  thead { display: none; }
  tr { padding: .7rem 1rem; }
  tr + tr { border-top: 1px solid var(--line); }
  td, tr + tr td { padding: .1rem 0; border: 0; overflow-wrap: anywhere; }
  td.num { text-align: left; }
  td[data-head]::before { content: attr(data-head) " "; color: var(--dim); }
}
`;

/** Local times, and a fresh list every few seconds while the page is seen. */
export const SCRIPT = `
const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const today = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
function localTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const at = new Date(element.dateTime);
    element.title = format.format(at);
    element.textContent = at.toDateString() === new Date().toDateString() ? today.format(at) : format.format(at);
  }
}
async function refresh() {
  if (document.visibilityState !== "visible") return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  localTimes(fresh);
  for (const old of document.querySelectorAll("[data-live]")) {
    const next = fresh.querySelector('[data-live="' + old.dataset.live + '"]');
    if (next && next.innerHTML !== old.innerHTML && !old.contains(document.activeElement)) old.innerHTML = next.innerHTML;
  }
}
localTimes(document);
document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
setInterval(() => refresh().catch(() => {}), 4000);
`;
