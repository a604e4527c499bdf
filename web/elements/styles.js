/** Style sheets of the elements, constructed once and adopted by each shadow root; the defaults are those of theme.css. */

const common = sheet(`
  :host {
    --accent: var(--sluice-accent, light-dark(#0a5c8f, #7cc4f2));
    --on-accent: var(--sluice-on-accent, light-dark(#ffffff, #06263b));
    --surface: var(--sluice-surface, light-dark(#ffffff, #14191f));
    --raised: var(--sluice-raised, light-dark(#f3f6f8, #1e252d));
    --text: var(--sluice-text, light-dark(#17212b, #e9eef2));
    --muted: var(--sluice-muted, light-dark(#52606d, #a7b4c0));
    --line: var(--sluice-line, light-dark(#c9d2da, #3a4653));
    --good: var(--sluice-good, light-dark(#1b6b3a, #7fd49f));
    --bad: var(--sluice-bad, light-dark(#a8201a, #ff9d94));
    --warn: var(--sluice-warn, light-dark(#7a4d00, #f2c063));
    --radius: var(--sluice-radius, 8px);
    --font: var(--sluice-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
    display: block;
    color: var(--text);
    font-family: var(--font);
    line-height: 1.5;
    text-align: start;
  }
  :host([hidden]), [hidden] { display: none !important; }
  *, *::before, *::after { box-sizing: border-box; }
  h2, h3, h4, p, ol, ul, dl, dd, table, fieldset { margin: 0; padding: 0; }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  button, select, input { font: inherit; color: inherit; }
  button {
    padding: 0.45em 1em; border: 1px solid var(--line); border-radius: var(--radius);
    background: var(--raised); cursor: pointer; min-height: 2.6em;
  }
  button:hover:not(:disabled) { border-color: var(--accent); }
  button.primary {
    background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600;
  }
  button.plain {
    border-color: transparent; background: none; color: var(--accent); text-decoration: underline;
  }
  button:disabled {
    cursor: default; color: var(--muted); background: var(--raised); border-color: var(--line);
  }
  .actions { display: flex; flex-wrap: wrap; gap: 0.6em; align-items: center; }
  .muted { color: var(--muted); }
  .quiet {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
  }
  .problem {
    border: 1px solid var(--bad); border-inline-start-width: 5px; border-radius: var(--radius);
    padding: 0.8em 1em; display: grid; gap: 0.4em; overflow-wrap: anywhere;
  }
  .problem .title { color: var(--bad); font-weight: 700; }
  .bar {
    height: 0.75em; border-radius: 1em; background: var(--raised); border: 1px solid var(--line);
    overflow: hidden;
  }
  .bar > span {
    display: block; height: 100%; width: var(--done, 0%); background: var(--accent);
  }
  /* the end is drawn at once, as its text is */
  .bar.moves:not([aria-valuenow="100"]) > span { transition: width 0.25s; }
  .bar.good > span { background: var(--good); }
  .bar.warn > span { background: var(--warn); }
  .bar.bad > span { background: var(--bad); }
  @media (prefers-reduced-motion: reduce) {
    *, *::before, *::after { transition: none !important; animation: none !important; }
  }
  @media (forced-colors: active) { .bar > span { background: Highlight; } }
`);

export const progressStyles = sheet(`
  .box { display: grid; gap: 0.4em; }
  .title { font-weight: 600; overflow-wrap: anywhere; }
  .facts { display: flex; justify-content: space-between; gap: 1em; font-variant-numeric: tabular-nums; }
  .lost { color: var(--warn); }
`);

export const uploadStyles = sheet(`
  .box { display: grid; gap: 0.8em; }
  .zone {
    display: grid; gap: 0.3em; justify-items: center; align-content: center; width: 100%; min-height: 9em;
    padding: 1.2em; border: 2px dashed var(--muted); border-radius: var(--radius); background: var(--raised);
    text-align: center; overflow-wrap: anywhere;
  }
  .zone strong { color: var(--accent); }
  .zone.over { border-style: solid; border-color: var(--accent); }
  .sending { display: grid; gap: 0.5em; justify-items: start; }
  .sending .bar { width: 100%; }
  .name { font-weight: 600; overflow-wrap: anywhere; }
`);

export const dialogStyles = sheet(`
  .scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: var(--radius); max-width: 100%; }
  table { border-collapse: collapse; width: 100%; font-size: 0.92em; }
  th, td {
    padding: 0.4em 0.7em; text-align: start; vertical-align: top; border-block-end: 1px solid var(--line);
    white-space: pre-wrap; overflow-wrap: break-word; min-width: 5em; max-width: 24em;
  }
  thead th { background: var(--raised); white-space: nowrap; }
  tbody tr:last-child > * { border-block-end: 0; }
  td.wrong { color: var(--bad); font-weight: 600; }
  td.number, th.number { text-align: end; font-variant-numeric: tabular-nums; min-width: 3.5em; width: 1%; }
  td.short { white-space: nowrap; }
  caption { text-align: start; padding: 0.5em 0.7em; font-weight: 600; }
  :host { display: contents; }
  dialog {
    width: min(58rem, 100vw - 1.5rem); max-width: none; max-height: min(94dvh, 60rem); padding: 0; overflow: hidden;
    border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); color: var(--text);
    font-family: var(--font); font-size: 1rem; line-height: 1.5; text-align: start;
  }
  dialog[open] { display: flex; flex-direction: column; }
  dialog::backdrop { background: rgb(0 0 0 / 0.55); }
  header {
    display: flex; gap: 1em; align-items: center; justify-content: space-between; padding: 0.8em 1.2em 0;
  }
  header h2 { font-size: 1.25rem; overflow-wrap: anywhere; }
  .steps {
    display: flex; flex-wrap: wrap; gap: 0.2em 1.4em; list-style: none; padding: 0.6em 1.2em;
    border-block-end: 1px solid var(--line);
  }
  .steps li { color: var(--muted); border-block-end: 3px solid transparent; }
  .steps li.past::before { content: "✓ " / ""; color: var(--good); }
  .steps li[aria-current] { color: var(--text); font-weight: 700; border-color: var(--accent); }
  .body {
    padding: 1.2em; overflow-y: auto; display: grid; gap: 1em; grid-template-columns: minmax(0, 1fr);
    align-content: start;
  }
  .body { min-height: min(22rem, 60dvh); }
  .body h3 { font-size: 1.15rem; }
  h4 { margin: 0; font-size: 1rem; }
  .stack { display: grid; gap: 0.7em; grid-template-columns: minmax(0, 1fr); justify-items: start; }
  .stack:empty { display: none; }
  .stack > * { max-width: 100%; }
  .stack > .scroll, .stack > section, .stack > .stack, .stack > ul, .stack > .problem { width: 100%; }
  .wide { gap: 1.3em; }
  .stack > .parts { width: 100%; }
  .verdict { font-size: 1.1em; font-weight: 650; }
  .verdict.good { color: var(--good); }
  .verdict.warn { color: var(--warn); }
  .verdict.bad { color: var(--bad); }
  .verdict.good::before { content: "✓ " / ""; }
  .verdict.warn::before { content: "! " / ""; }
  .verdict.bad::before { content: "✕ " / ""; }
  .parts { display: flex; gap: 1px; height: 0.7em; overflow: hidden; border-radius: 1em; }
  .parts span { width: var(--share); background: var(--part, var(--muted)); }
  .parts [data-part="loaded"] { --part: var(--good); }
  .parts [data-part="unchanged"] { --part: color-mix(in oklab, var(--good) 45%, var(--surface)); }
  .parts [data-part="rejected"] { --part: var(--bad); }
  .rejected .scroll { max-height: 17rem; overflow: auto; }
  .rejected thead th { position: sticky; inset-block-start: 0; }
  .changes .scroll { max-height: 17rem; overflow: auto; }
  .changes thead th { position: sticky; inset-block-start: 0; }
  .change .before, .change [role="img"] { color: var(--muted); }
  .plain-list { list-style: none; display: grid; gap: 0.2em; }
  details.stack { display: block; }
  details.stack[open] > * + * { margin-block-start: 0.7em; }
  summary { color: var(--accent); cursor: pointer; width: fit-content; }
  .counts { display: flex; flex-wrap: wrap; gap: 0.5em; list-style: none; }
  .counts li {
    padding: 0.4em 0.8em; border-radius: var(--radius); background: var(--raised);
    border: 1px solid var(--line);
  }
  .counts li.bad strong, .wrong, .outcome .rejected, .outcome .unprocessed { color: var(--bad); }
  .wrong:empty { display: none; }
  .outcome, .files { list-style: none; display: grid; gap: 0.4em; }
  .files button { text-align: start; overflow-wrap: anywhere; }
  .parameter { display: grid; gap: 0.2em; justify-items: start; }
  .parameter .field { display: grid; gap: 0.2em; font-weight: 600; }
  .parameter input, .parameter select {
    width: min(26rem, 100%); padding: 0.35em 0.5em; border: 1px solid var(--muted); border-radius: var(--radius);
    background: var(--surface); font-weight: 400;
  }
  .parameter input[aria-invalid="true"] { border-color: var(--bad); }
  .small { font-size: 0.92em; }
  .mapping {
    list-style: none; display: grid; gap: 0.5em 1.5em;
    grid-template-columns: repeat(auto-fill, minmax(min(24rem, 100%), 1fr));
  }
  .mapping li {
    display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0.6em; align-items: center;
  }
  .mapping select {
    width: 100%; padding: 0.35em; border: 1px solid var(--muted); border-radius: var(--radius);
    background: var(--surface);
  }
  .question {
    width: 100%; padding: 1em; border: 1px solid var(--warn); border-inline-start-width: 5px;
    border-radius: var(--radius);
  }
  fieldset { border: 0; display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.5em; width: 100%; min-width: 0; }
  fieldset + fieldset { padding-block-start: 1em; border-block-start: 1px solid var(--line); }
  /* the float makes it an item of the grid; else it would stand on the line above */
  legend { float: inline-start; font-weight: 600; padding: 0; }
  .question table { width: auto; }
  .question .scroll { border: 0; }
  .question td { min-width: 3.5em; }
  .question td:last-child { white-space: pre-wrap; }
  .choice label { display: flex; gap: 0.5em; align-items: baseline; }
  .choice p { padding-inline-start: 1.5em; }
  .final {
    position: sticky; inset-block-end: -1.2em; background: var(--surface); padding-block: 0.8em; width: 100%;
    border-block-start: 1px solid var(--line);
  }
`);

/**
 * The open shadow root of an element, with the common styles and its own.
 * @param {HTMLElement} host
 * @param {...CSSStyleSheet} own
 */
export function shadow(host, ...own) {
  const root = host.attachShadow({ mode: "open", delegatesFocus: false });
  root.adoptedStyleSheets = [common, ...own];
  return root;
}

function sheet(text) {
  const made = new CSSStyleSheet();
  made.replaceSync(text);
  return made;
}
