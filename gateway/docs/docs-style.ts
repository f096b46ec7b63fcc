/** The style of the reference page. */
export const docsStyle = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --accent: #2563a8; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 6rem; }
h1 { margin: 0; } h2 { margin: 2.5rem 0 .5rem; } h4 { margin: .75rem 0 .25rem; }
nav { display: flex; flex-wrap: wrap; gap: 1rem; } a { color: var(--accent); }
code { font: .9em ui-monospace, monospace; }
details { border: 1px solid var(--line); border-radius: .5rem; padding: .4rem .8rem; margin: .4rem 0; }
summary { cursor: pointer; display: flex; flex-wrap: wrap; gap: .6rem; align-items: baseline; }
summary b { min-width: 4.2rem; font-size: .8rem; } summary span { opacity: .7; }
summary i { margin-left: auto; font-size: .8rem; font-style: normal; padding: 0 .5rem; border-radius: 1rem; background: var(--soft); }
.get { color: #2e7d4f; } .post { color: #2563a8; } .put, .patch { color: #a06400; } .delete { color: #b3372f; }
table { border-collapse: collapse; width: 100%; } td { border-top: 1px solid var(--line); padding: .2rem .5rem; vertical-align: top; }
td:first-child { width: 14rem; } td:last-child { overflow-wrap: anywhere; }
`;
