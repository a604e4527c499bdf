/** How the import dialog looks. */

import { sheet } from "./styles.js";

export const dialogStyles = sheet(`
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
  .counts { display: flex; flex-wrap: wrap; gap: 0.5em; list-style: none; }
  .counts li {
    padding: 0.4em 0.8em; border-radius: var(--radius); background: var(--raised);
    border: 1px solid var(--line);
  }
  .counts li.bad strong, .wrong, .outcome .refused, .outcome .unprocessed { color: var(--bad); }
  .wrong:empty { display: none; }
  .outcome, .files { list-style: none; display: grid; gap: 0.4em; }
  .files button { text-align: start; overflow-wrap: anywhere; }
  .parameter { display: grid; gap: 0.2em; justify-items: start; }
  .parameter .field { display: grid; gap: 0.2em; font-weight: 600; }
  .parameter input {
    width: min(16rem, 100%); padding: 0.35em 0.5em; border: 1px solid var(--muted); border-radius: var(--radius);
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
    padding: 1em; border: 1px solid var(--warn); border-inline-start-width: 5px; border-radius: var(--radius);
  }
  fieldset { border: 0; display: grid; gap: 0.3em; min-width: 0; }
  legend { font-weight: 600; padding: 0; }
  .final {
    position: sticky; inset-block-end: -1.2em; background: var(--surface); padding-block: 0.8em; width: 100%;
    border-block-start: 1px solid var(--line);
  }
`);
