/** What the elements share: constructed once, adopted by each shadow root. Defaults are those of theme.css. */

export const shared = sheet(`
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
    display: block; height: 100%; width: var(--done, 0%); background: var(--accent); transition: width 0.25s;
  }
  .bar.good > span { background: var(--good); }
  .bar.bad > span { background: var(--bad); }
  @media (prefers-reduced-motion: reduce) {
    *, *::before, *::after { transition: none !important; animation: none !important; }
  }
  @media (forced-colors: active) { .bar > span { background: Highlight; } }
`);

export const tables = sheet(`
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
  caption { text-align: start; padding: 0.5em 0.7em; font-weight: 600; }
`);

/**
 * @param {string} text
 * @returns {CSSStyleSheet}
 */
export function sheet(text) {
  const made = new CSSStyleSheet();
  made.replaceSync(text);
  return made;
}

/**
 * The open shadow root of an element, with the shared styles and its own.
 * @param {HTMLElement} host
 * @param {...CSSStyleSheet} own
 */
export function shadow(host, ...own) {
  const root = host.attachShadow({ mode: "open", delegatesFocus: false });
  root.adoptedStyleSheets = [shared, ...own];
  return root;
}
