// The style of the page, light and dark. Series have the colours of Okabe and Ito that reach 3:1 on their background; text reaches 4.5:1.

export const STYLE = `
:root { color-scheme: light dark; --back: #ffffff; --text: #1f2328; --soft: #57606a; --line: #d0d7de; --strong: #6e7781; --main: #0072b2; --baseline: #d55e00; }
@media (prefers-color-scheme: dark) { :root { --back: #0d1117; --text: #e6edf3; --soft: #9198a1; --line: #30363d; --strong: #7d8590; --main: #56b4e9; --baseline: #e69f00; } }
body { margin: 32px auto; max-width: 880px; padding: 0 16px; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 24px; margin: 0 0 8px; } h2 { font-size: 20px; margin: 40px 0 8px; }
p { margin: 8px 0; } .soft, .mark, .empty { color: var(--soft); }
.verdict { border: 2px solid var(--strong); border-radius: 8px; padding: 12px 16px; margin: 16px 0; } .verdict strong { font-size: 20px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; } th, td { padding: 4px 8px; border-bottom: 1px solid var(--line); text-align: right; } th:first-child, td:first-child { text-align: left; } th { font-weight: 600; }
code { font-family: ui-monospace, monospace; font-size: 14px; }
svg { display: block; max-width: 100%; margin: 8px 0; } svg text { font: 12px system-ui, sans-serif; font-variant-numeric: tabular-nums; fill: var(--text); } svg .mark { fill: var(--soft); }
.grid { stroke: var(--line); } .axis { stroke: var(--strong); stroke-width: 1.5; } .dot { fill: none; stroke: var(--main); stroke-width: 2; } .interval { stroke: var(--main); stroke-width: 2; } .mean { fill: var(--main); }
.main path { fill: none; stroke: var(--main); stroke-width: 2; } .main circle { fill: var(--main); } .baseline path { fill: none; stroke: var(--baseline); stroke-width: 2; stroke-dasharray: 6 4; } .baseline circle { fill: none; stroke: var(--baseline); stroke-width: 2; }
.bar, .cell { fill: var(--main); } .cell { stroke: var(--line); } .key { display: inline-block; width: 24px; margin: 0 8px 4px 0; border-bottom: 2px solid var(--main); } .key.dashed { border-bottom: 2px dashed var(--baseline); }
`;
